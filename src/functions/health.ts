import { app } from '@azure/functions';
import { broker } from '../lib/broker.ts';
import { allMethods, json, resource } from '../lib/http/resource.ts';

/** `GET health`: 200 while the settings hold, else 503, naming none. It asks nobody: anybody may call it. */
export const health = resource(broker, {
  GET: { scope: 'none', handler: async () => json(200, { status: 'ok' }) },
});

app.http('health', { route: 'health', methods: allMethods, authLevel: 'anonymous', handler: health });
