import { app } from '@azure/functions';
import { maySeeMailbox } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { deliveryFilter } from '../../lib/http/requests/deliveries.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { deliveryJson } from '../../lib/mailboxes/delivery-json.ts';

/** `GET deliveries`: the mail that did not go through, tried again or given up, within the key's reach. */
export const deliveries = resource(broker, {
  GET: {
    scope: 'admin',
    query: deliveryFilter,
    handler: async ({ broker, caller, query }) => {
      const { destinationId } = query;
      const page = await broker.deliveries.list({
        ...query,
        where: (row) =>
          maySeeMailbox(caller, row) && (destinationId === undefined || row.destinationId === destinationId),
      });
      return json(200, { items: page.items.map(deliveryJson), cursor: page.cursor });
    },
  },
});

app.http('deliveries', { route: 'deliveries', methods: allMethods, authLevel: 'anonymous', handler: deliveries });
