import { app } from '@azure/functions';
import { type Caller, mayUseDestination } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { destinationPatch } from '../../lib/http/requests/destinations.ts';
import { allMethods, json, noContent, resource } from '../../lib/http/resource.ts';

/** The id of the route, if the key may know of it. @throws BrokerError `not_found` */
function reachable(caller: Caller, id: string | undefined): string {
  if (id === undefined || !mayUseDestination(caller, id)) throw new BrokerError('not_found');
  return id;
}

/** `GET`, `PATCH` and `DELETE destinations/{id}`. */
export const destination = resource(broker, {
  GET: {
    scope: 'admin',
    handler: async ({ broker, caller, params }) => {
      const view = await broker.destinations.get(reachable(caller, params.id));
      if (view === undefined) throw new BrokerError('not_found');
      return json(200, view);
    },
  },
  PATCH: {
    scope: 'admin',
    body: destinationPatch,
    handler: async ({ broker, caller, params, body }) => {
      const id = reachable(caller, params.id);
      const change = await broker.audit.audited(
        { actor: caller.keyId, action: 'destination.change', subject: id },
        async () => {
          const changed = await broker.destinations.patch(id, body);
          if (changed === undefined) throw new BrokerError('not_found');
          return changed;
        },
      );
      return json(200, { ...change.destination, signingSecret: change.signingSecret });
    },
  },
  DELETE: {
    scope: 'admin',
    handler: async ({ broker, caller, params }) => {
      const id = reachable(caller, params.id);
      await broker.audit.audited({ actor: caller.keyId, action: 'destination.remove', subject: id }, async () => {
        if (!(await broker.destinations.remove(id))) throw new BrokerError('not_found');
      });
      return noContent;
    },
  },
});

app.http('destination', {
  route: 'destinations/{id}',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: destination,
});
