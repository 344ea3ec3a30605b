import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { problem } from '../../lib/http/problem.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

/**
 * `GET health`: 200 while the settings hold and nothing that the broker needs of Key Vault was missing at its last look,
 * else 503, naming no setting and no secret. It needs no key and calls nothing.
 */
export const health = resource(broker, {
  GET: {
    scope: 'none',
    handler: async ({ broker: { trouble }, requestId }) => {
      const found = trouble();
      // Only its code, and without the failure log: anonymous callers must not fill it.
      return found === undefined ? json(200, { status: 'ok' }) : problem(new BrokerError(found.code), requestId);
    },
  },
});

app.http('health', { route: 'health', methods: allMethods, authLevel: 'anonymous', handler: health });
