import { app } from '@azure/functions';
import { mayUseDestination } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { noFields } from '../../lib/http/requests/fields.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

// The request to the destination has its own limit of 20 s; this one covers what comes before and after it.
const longestMs = 30_000;

/** `POST destinations/{id}/test`: sends a test event now and tells what came of it. */
export const destinationTest = resource(broker, {
  POST: {
    scope: 'admin',
    body: noFields,
    handler: async ({ broker, caller, params }) => {
      const id = params.id ?? '';
      if (!mayUseDestination(caller, id)) throw new BrokerError('not_found');
      const result = await broker.audit.audited(
        { actor: caller.keyId, action: 'destination.test', subject: id },
        async () => {
          const tested = await broker.destinations.test(id, AbortSignal.timeout(longestMs));
          if (tested === undefined) throw new BrokerError('not_found');
          return tested;
        },
        ({ code = 'ok' }) => ({ result: code }),
      );
      return json(200, result);
    },
  },
});

app.http('destination-test', {
  route: 'destinations/{id}/test',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: destinationTest,
});
