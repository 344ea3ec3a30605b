import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { changesQuery } from '../../lib/http/requests/messages.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { readerOf } from '../../lib/reading/reader-of.ts';

/** `GET mailboxes/{id}/changes`: flags of one folder that changed since the last call. */
export const mailboxChanges = resource(broker, {
  GET: {
    scope: 'read',
    query: changesQuery,
    handler: async ({ broker, caller, params, query }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      return json(200, await broker.reading.changes(readerOf(view), query));
    },
  },
});

app.http('mailbox-changes', {
  route: 'mailboxes/{id}/changes',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: mailboxChanges,
});
