import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { referenceIn } from '../../lib/reading/find-referenced.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** `GET mailboxes/{id}/messages/{messageRef}`: one message, wherever it is now. */
export const message = resource(broker, {
  GET: {
    scope: 'read',
    handler: async ({ broker, caller, params }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      return json(200, await broker.reading.message(readerOf(view), referenceIn(params.messageRef)));
    },
  },
});

app.http('mailbox-message', {
  route: 'mailboxes/{id}/messages/{messageRef}',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: message,
});
