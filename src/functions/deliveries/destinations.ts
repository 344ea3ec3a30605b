import { app } from '@azure/functions';
import { isLimited, mayUseDestination } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { pageOf } from '../../lib/http/page-of.ts';
import { destinationFilter, newDestination } from '../../lib/http/requests/destinations.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

/** `GET destinations`: those within the key's reach. `POST destinations`: a new one, whose signing secret is shown this once. */
export const destinations = resource(broker, {
  GET: {
    scope: 'admin',
    query: destinationFilter,
    handler: async ({ broker, caller, query }) => {
      const all = await broker.destinations.list();
      return json(
        200,
        pageOf(
          all.filter(({ id }) => mayUseDestination(caller, id)),
          query,
        ),
      );
    },
  },
  POST: {
    scope: 'admin',
    body: newDestination,
    handler: async ({ broker, caller, body }) => {
      // A limited key could make one, and then not see it.
      if (isLimited(caller)) throw new BrokerError('key_limited');
      const { destination, signingSecret } = await broker.audit.audited(
        { actor: caller.keyId, action: 'destination.create' },
        () => broker.destinations.create(body),
        ({ destination }) => ({ subject: destination.id }),
      );
      return json(201, { ...destination, signingSecret });
    },
  },
});

app.http('destinations', {
  route: 'destinations',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: destinations,
});
