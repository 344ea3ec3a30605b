import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { resultJson } from '../../lib/changing/result-json.ts';
import { messagesChange } from '../../lib/http/requests/changes.ts';
import { messageList } from '../../lib/http/requests/messages.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { mailboxToChange, visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** `GET mailboxes/{id}/messages`: one folder, the newest UID first, or what is looked for in it. `PATCH`: changes up to 100 messages. */
export const messages = resource(broker, {
  GET: {
    scope: 'read',
    query: messageList,
    handler: async ({ broker, caller, params, query }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      return json(200, await broker.reading.messages(readerOf(view), query));
    },
  },
  PATCH: {
    scope: 'write',
    body: messagesChange,
    handler: async ({ broker, caller, params, body, requestId }) => {
      const view = await mailboxToChange(broker.registry, caller, params.id);
      const { messageRefs, ...change } = body;
      const results = await broker.audit.audited(
        { actor: caller.keyId, action: 'message.change', mailboxId: view.row.id },
        () => broker.reading.change(readerOf(view), { requestId, messageRefs, change }),
      );
      return json(200, { results: results.map(resultJson), requestId });
    },
  },
});

app.http('mailbox-messages', {
  route: 'mailboxes/{id}/messages',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: messages,
});
