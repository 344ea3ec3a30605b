import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { messageList } from '../../lib/http/requests/messages.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** `GET mailboxes/{id}/messages`: one folder, the newest UID first, or what is looked for in it. */
export const messages = resource(broker, {
  GET: {
    scope: 'read',
    query: messageList,
    handler: async ({ broker, caller, params, query }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      return json(200, await broker.reading.messages(readerOf(view), query));
    },
  },
});

app.http('mailbox-messages', {
  route: 'mailboxes/{id}/messages',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: messages,
});
