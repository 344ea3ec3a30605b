import type { Config } from '../config.ts';
import type { Clock, Random } from '../domain/clock.ts';
import { appGrantKey } from '../domain/grant.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Grants, OpenGrant } from '../store/grants/grants.ts';
import { createAppTokens } from './app-tokens.ts';
import { createBackoff } from './backoff.ts';
import type { EntraClient } from './client.ts';
import { checkStatus, createGrantNoter, idOf } from './grant-notes.ts';
import { personalTenant } from './personal-tenant.ts';
import { readToken } from './read-token.ts';
import { withRetries } from './retry.ts';
import { graphMailScopes, isGranted, neededScope, tokenScopes } from './scopes.ts';
import { accessTokensIn, prune } from './token-cache.ts';
import { createTokenMemory, minimumLeftMs } from './token-memory.ts';
import type { AccessToken, GrantKey, Resource, Tokens } from './types.ts';

export interface TokensDeps {
  readonly client: EntraClient;
  readonly grants: Grants;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** One token of the app serves many mailboxes: where one of them refuses it, a new one each time would not help. */
const appTokenYoungMs = 60_000;
/** Someone else renewed the grant while we did; more often than this in a row it is a fault. */
const attempts = 4;

/** What a token is asked for. */
interface Wanted {
  readonly resource: Resource;
  readonly scopes: readonly string[];
}

/**
 * Access tokens of stored grants: from memory while they last, else from the grant's sealed cache, else from Microsoft.
 * A renewed refresh token is stored before its access token is handed out.
 */
export function createTokens(config: Config['entra'], deps: TokensDeps): Tokens {
  const { client, grants, clock } = deps;
  const memory = createTokenMemory(clock);
  const tails = new Map<string, Promise<unknown>>();
  const backoff = createBackoff(clock);
  const noter = createGrantNoter({ ...deps, backoff });
  const askForApp = createAppTokens(config, { ...deps, noter, backoff });

  /** One operation at a time on a grant: both resources live in one row. */
  const inTurn = <T>(grantId: string, run: () => Promise<T>): Promise<T> => {
    const turn = (tails.get(grantId) ?? Promise.resolve()).then(run, run);
    const tail = turn.then(
      () => {},
      () => {},
    );
    tails.set(grantId, tail);
    void tail.then(() => {
      if (tails.get(grantId) === tail) tails.delete(grantId);
    });
    return turn;
  };

  /**
   * Asks MSAL with the grant's own cache; answers the token and the cache as it is afterwards. A cached token is taken
   * if it lasts and is not one of those to `avoid`.
   */
  const ask = (
    grant: OpenGrant,
    { resource, scopes }: Wanted,
    avoid: ReadonlySet<string>,
    gate: () => Promise<void>,
  ) => {
    const { tid, oid } = grant.key;
    return client.run({
      phase: 'renew',
      isDecisive: resource === 'outlook',
      tenant: tid === personalTenant ? 'consumers' : tid,
      gate,
      async run(app) {
        const cache = app.getTokenCache();
        cache.deserialize(grant.cache);
        // Compared as text: MSAL calls a cache changed that was only filled or read.
        const before = cache.serialize();
        const account = (await cache.getAllAccounts()).find(
          (known) => known.homeAccountId.toLowerCase() === `${oid}.${tid}`,
        );
        if (account === undefined) throw new BrokerError('reconnect_required');
        let result = await app.acquireTokenSilent({ account, scopes: [...scopes] });
        // MSAL hands out what has five minutes left.
        const lasts = (result.expiresOn?.getTime() ?? 0) - clock.now() >= minimumLeftMs;
        if (result.fromCache && (!lasts || avoid.has(result.accessToken))) {
          result = await app.acquireTokenSilent({ account, scopes: [...scopes], forceRefresh: true });
        }
        const after = cache.serialize();
        return { token: readToken(result), changed: after !== before, cache: after };
      },
    });
  };

  const acquire = async (key: GrantKey, wanted: Wanted, force: boolean): Promise<AccessToken> => {
    const { resource } = wanted;
    let avoid: ReadonlySet<string> | undefined;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      let grant = await grants.open(key);
      if (grant === undefined) throw new BrokerError('grant_missing');
      checkStatus(grant, clock.now());
      // By force: any token but those that were there to begin with. What another instance stored since will do.
      avoid ??= force ? accessTokensIn(grant.cache) : new Set();
      const gate = noter.gate(grant);
      try {
        const [from, unwanted] = [grant, avoid];
        const { token, changed, cache } = await withRetries(deps, () => ask(from, wanted, unwanted, gate.pass));
        if (changed) {
          grant = await grants.renewed(grant, prune(cache, clock.now()));
          if (grant === undefined) continue;
          deps.log.info('token.renewed', { kind: 'user', resource });
        }
        const needed = neededScope[resource];
        if (needed !== undefined && !isGranted(token.scopes, needed)) throw new BrokerError('grant_scope_missing');
        backoff.clear(idOf(key));
        return token;
      } catch (error) {
        if (!isBrokerError(error) || error === gate.held() || grant === undefined) throw error;
        const told = await noter.failed(grant, resource, error);
        if (told === undefined) continue;
        throw told;
      }
    }
    throw new BrokerError('conflict');
  };

  const get: Tokens['get'] = async ({ tid, oid }, resource, { force = false, permissions = [] } = {}) => {
    const key = { tid: tid.toLowerCase(), oid: oid.toLowerCase() };
    const scopes = resource === 'graph_mail' ? graphMailScopes(config, permissions) : tokenScopes(config, resource);
    if (scopes === undefined) throw new BrokerError('consent_missing');
    return memory.get([idOf(key), resource, ...permissions].join('|'), { force }, () =>
      inTurn(idOf(key), () => acquire(key, { resource, scopes }, force)),
    );
  };

  return {
    get,
    async of(grant, resource, options = {}) {
      if (grant.kind === 'user') return get(grant, resource, options);
      const key = appGrantKey(grant.tid);
      const wanted = { force: options.force ?? false, youngMs: appTokenYoungMs };
      return memory.get(`${idOf(key)}|${resource}`, wanted, () => askForApp(key.tid, resource));
    },
  };
}
