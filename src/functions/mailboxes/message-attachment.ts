import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { fileAnswer } from '../../lib/http/file-answer.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { partIn, referenceIn } from '../../lib/reading/find-referenced.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** `GET …/messages/{messageRef}/attachments/{part}`: a file of a message, whole or a range of it. */
export const messageAttachment = resource(broker, {
  GET: {
    scope: 'read',
    handler: async ({ broker, caller, params, request }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      const file = await broker.reading.file(readerOf(view), referenceIn(params.messageRef), partIn(params.part));
      return fileAnswer(request, file);
    },
  },
});

app.http('mailbox-message-attachment', {
  route: 'mailboxes/{id}/messages/{messageRef}/attachments/{part}',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: messageAttachment,
});
