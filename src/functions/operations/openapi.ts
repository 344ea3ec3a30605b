import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';

/** `GET openapi.json`: every address of the API, what it takes and what it answers. Recorded by openapi.test.ts. */
export const openApi = resource(broker, {
  GET: {
    scope: 'none',
    handler: async () => {
      // Read at first use: no cold start waits for it.
      const { openApiText } = await import('./openapi-document.ts');
      return { status: 200, headers: { 'Content-Type': 'application/json' }, body: openApiText };
    },
  },
});

app.http('openapi', { route: 'openapi.json', methods: allMethods, authLevel: 'anonymous', handler: openApi });
