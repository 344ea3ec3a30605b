import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

/** `GET openapi.json`: every address of the API, what it takes and what it answers. Recorded by openapi.test.ts. */
export const openApi = resource(broker, {
  GET: {
    scope: 'none',
    handler: async () => {
      // Read at first use: no cold start waits for it.
      const { default: document } = await import('./openapi.json', { with: { type: 'json' } });
      return json(200, document);
    },
  },
});

app.http('openapi', { route: 'openapi.json', methods: allMethods, authLevel: 'anonymous', handler: openApi });
