import { app } from '@azure/functions';
import { maySeeMailbox } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { mailboxFilter, newMailbox } from '../../lib/http/requests/mailboxes.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { mailboxJson } from '../../lib/mailboxes/mailbox-json.ts';

/**
 * `GET mailboxes`: those within the key's reach, by state, address or ownerRef. `POST mailboxes`: adds one without a
 * sign-in.
 */
export const mailboxes = resource(broker, {
  GET: {
    scope: 'read',
    query: mailboxFilter,
    handler: async ({ broker, caller, query }) => {
      const page = await broker.registry.list({ ...query, where: (row) => maySeeMailbox(caller, row) });
      return json(200, { items: page.items.map(mailboxJson), cursor: page.cursor });
    },
  },
  POST: {
    scope: 'admin',
    body: newMailbox,
    handler: async ({ broker, caller, body }) => {
      const { outcome, view, warnings } = await broker.addMailbox(body, caller);
      return json(outcome === 'connected' ? 201 : 200, { ...mailboxJson(view), warnings });
    },
  },
});

app.http('mailboxes', { route: 'mailboxes', methods: allMethods, authLevel: 'anonymous', handler: mailboxes });
