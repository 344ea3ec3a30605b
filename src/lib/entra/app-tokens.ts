import type { Config } from '../config.ts';
import type { Clock, Random } from '../domain/clock.ts';
import { appGrantKey } from '../domain/grant.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Grants } from '../store/grants/grants.ts';
import type { Backoff } from './backoff.ts';
import type { EntraClient } from './client.ts';
import { checkStatus, type GrantNoter, idOf } from './grant-notes.ts';
import { readToken } from './read-token.ts';
import { withRetries } from './retry.ts';
import { appScope } from './scopes.ts';
import type { AccessToken, Resource } from './types.ts';

export interface AppTokensDeps {
  readonly client: EntraClient;
  readonly grants: Pick<Grants, 'read' | 'used'>;
  readonly noter: GrantNoter;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Asks for a token of the app itself in a tenant (client credentials). There is nothing to renew, and so nothing to
 * store: the row says whether the permission holds, and rests where Microsoft asked for it.
 * Which permissions the token carries is not for us to read; a mail server that refuses it says so.
 * https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#use-client-credentials-grant-flow
 */
export function createAppTokens(
  config: Pick<Config['entra'], 'outlookAppResource' | 'graphResource'>,
  deps: AppTokensDeps,
): (tid: string, resource: Resource) => Promise<AccessToken> {
  const { client, grants, noter, backoff, clock, log } = deps;

  return async (tid, resource) => {
    const key = appGrantKey(tid);
    const grant = await grants.read(key);
    if (grant === undefined) throw new BrokerError('grant_missing');
    checkStatus(grant, clock.now());
    const gate = noter.gate(grant);
    try {
      const token = await withRetries(deps, () =>
        client.run({
          phase: 'app',
          // Other mailboxes are read by their owners' consent, independent of this permission.
          isDecisive: false,
          tenant: key.tid,
          gate: gate.pass,
          async run(app) {
            const result = await app.acquireTokenByClientCredential({ scopes: [appScope(config, resource)] });
            if (result === null) throw new BrokerError('entra_unavailable');
            return readToken(result);
          },
        }),
      );
      await grants.used(grant);
      backoff.clear(idOf(key));
      log.info('token.renewed', { kind: 'app', resource });
      return token;
    } catch (error) {
      if (!isBrokerError(error) || error === gate.held()) throw error;
      // There is no newer cache of it: undefined means that the row is gone.
      throw (await noter.failed(grant, resource, error)) ?? new BrokerError('grant_missing');
    }
  };
}
