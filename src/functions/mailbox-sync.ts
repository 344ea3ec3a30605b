import { app } from '@azure/functions';
import { broker } from '../lib/broker.ts';
import { isWithinReach, mailboxJson } from '../lib/connect/mailbox-json.ts';
import { BrokerError } from '../lib/errors.ts';
import { noFields } from '../lib/http/requests/fields.ts';
import { allMethods, json, resource } from '../lib/http/resource.ts';

/** `POST mailboxes/{id}/sync`: the next run of its shard polls it, whatever its rhythm. */
export const mailboxSync = resource(broker, {
  POST: {
    scope: 'read',
    body: noFields,
    handler: async ({ broker, caller, params }) => {
      const view = await broker.registry.get(params.id ?? '');
      if (view === undefined || !isWithinReach(caller, view.row)) throw new BrokerError('not_found');
      return json(202, mailboxJson(await broker.registry.ask(view.row.id)));
    },
  },
});

app.http('mailbox-sync', {
  route: 'mailboxes/{id}/sync',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: mailboxSync,
});
