import { app } from '@azure/functions';
import { endsNoLater, isNoWider } from '../../lib/access/key-limits.ts';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { pageOf } from '../../lib/http/page-of.ts';
import { keyFilter, newKey } from '../../lib/http/requests/keys.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';

/** `GET keys`: all that the caller could have made. `POST keys`: a new one, whose text is shown this once. */
export const keys = resource(broker, {
  GET: {
    scope: 'admin',
    takesBootstrapKey: true,
    query: keyFilter,
    handler: async ({ broker, caller, query }) => {
      const all = await broker.apiKeys.list();
      return json(
        200,
        pageOf(
          all.filter((key) => isNoWider(key, caller)),
          query,
        ),
      );
    },
  },
  POST: {
    scope: 'admin',
    takesBootstrapKey: true,
    body: newKey,
    handler: async ({ broker, caller, body }) => {
      if (!isNoWider(body, caller)) throw new BrokerError('key_limited');
      if (!endsNoLater(body.expiresAt, caller)) {
        throw new BrokerError('key_limited', {
          detail: 'This API key expires, so the keys it creates must expire no later than it does (expiresAt).',
        });
      }
      const { key, info } = await broker.audit.audited(
        { actor: caller.keyId, action: 'key.create' },
        () => broker.apiKeys.mint(body, { createdBy: caller.keyId }),
        ({ info }) => ({ subject: info.id }),
      );
      return json(201, { ...info, key });
    },
  },
});

app.http('keys', { route: 'keys', methods: allMethods, authLevel: 'anonymous', handler: keys });
