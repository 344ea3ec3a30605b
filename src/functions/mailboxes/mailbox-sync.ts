import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { noFields } from '../../lib/http/requests/fields.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { mailboxJson } from '../../lib/mailboxes/mailbox-json.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';

/** `POST mailboxes/{id}/sync`: the next run of its shard polls it, regardless of its interval. */
export const mailboxSync = resource(broker, {
  POST: {
    scope: 'read',
    body: noFields,
    handler: async ({ broker, caller, params }) => {
      const { row } = await visibleMailbox(broker.registry, caller, params.id);
      return json(202, mailboxJson(await broker.registry.ask(row.id)));
    },
  },
});

app.http('mailbox-sync', {
  route: 'mailboxes/{id}/sync',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: mailboxSync,
});
