import { app } from '@azure/functions';
import { isLimited } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { noFields } from '../../lib/http/requests/fields.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

/**
 * `GET reseal`: how far the move to the newest version of the root key has come; `progress` is null before the first.
 * `POST reseal`: continues with it now, for at most 90 seconds, instead of with the next housekeeping.
 */
export const reseal = resource(broker, {
  GET: {
    scope: 'admin',
    handler: async ({ broker, caller }) => {
      if (isLimited(caller)) throw new BrokerError('key_limited');
      return json(200, { progress: (await broker.resealing.progress()) ?? null });
    },
  },
  POST: {
    scope: 'admin',
    body: noFields,
    handler: async ({ broker, caller }) => {
      if (isLimited(caller)) throw new BrokerError('key_limited');
      const progress = await broker.audit.audited(
        { actor: caller.keyId, action: 'root.reseal' },
        () => broker.resealing.now(),
        ({ version }) => ({ subject: version }),
      );
      return json(200, { progress });
    },
  },
});

app.http('reseal', { route: 'reseal', methods: allMethods, authLevel: 'anonymous', handler: reseal });
