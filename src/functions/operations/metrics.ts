import { app } from '@azure/functions';
import { isLimited } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';

/** `GET metrics`: counters of the process that answers and figures of the deployment, for Prometheus. */
export const metrics = resource(broker, {
  GET: {
    scope: 'admin',
    handler: async ({ broker, caller, request }) => {
      if (isLimited(caller)) throw new BrokerError('key_limited');
      const { contentType, body } = await broker.metrics(request.headers.get('accept') ?? '');
      return { status: 200, headers: { 'Content-Type': contentType }, body };
    },
  },
});

app.http('metrics', { route: 'metrics', methods: allMethods, authLevel: 'anonymous', handler: metrics });
