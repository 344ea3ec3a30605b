import { app } from '@azure/functions';
import { isNoWider } from '../../lib/access/key-limits.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { allMethods, noContent, resource } from '../../lib/http/resource.ts';

/** `DELETE keys/{id}`: the key opens nothing any more; other instances notice within a minute. */
export const key = resource(broker, {
  DELETE: {
    scope: 'admin',
    takesBootstrapKey: true,
    handler: async ({ broker, caller, params }) => {
      const info = await broker.apiKeys.get(params.id ?? '');
      if (info === undefined || !isNoWider(info, caller)) throw new BrokerError('not_found');
      await broker.audit.audited({ actor: caller.keyId, action: 'key.remove', subject: info.id }, async () => {
        if (!(await broker.apiKeys.remove(info.id))) throw new BrokerError('not_found');
      });
      return noContent;
    },
  },
});

app.http('key', { route: 'keys/{id}', methods: allMethods, authLevel: 'anonymous', handler: key });
