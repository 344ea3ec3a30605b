import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { fileAnswer } from '../../lib/http/file-answer.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { referenceIn } from '../../lib/reading/find-referenced.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** `GET …/messages/{messageRef}/raw`: the message as it lies in the mailbox, whole or a range of it. */
export const messageRaw = resource(broker, {
  GET: {
    scope: 'read',
    handler: async ({ broker, caller, params, request }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      const file = await broker.reading.file(readerOf(view), referenceIn(params.messageRef), undefined);
      return fileAnswer(request, file);
    },
  },
});

app.http('mailbox-message-raw', {
  route: 'mailboxes/{id}/messages/{messageRef}/raw',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: messageRaw,
});
