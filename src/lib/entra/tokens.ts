import type { AuthenticationResult } from '@azure/msal-node';
import type { Config } from '../config.ts';
import type { Clock, Random } from '../domain/clock.ts';
import { isErrorCode } from '../error-codes.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Grant, GrantNote, Grants, OpenGrant } from '../store/grants.ts';
import { failureClass, grantStatusFor } from './classify.ts';
import type { EntraClient } from './client.ts';
import { createPauses } from './pauses.ts';
import { isGranted, neededScope, tokenScopes } from './scopes.ts';
import { accessTokensIn, prune } from './token-cache.ts';
import type { AccessToken, GrantKey, Resource, Tokens } from './types.ts';

export interface TokensDeps {
  readonly client: EntraClient;
  readonly grants: Grants;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What is handed out lasts at least this long: longer than a poll, a delivery and a large attachment take. */
const minimumLeftMs = 10 * 60_000;
/** Personal accounts live in this tenant and refresh at `consumers`. */
const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad';
/** Somebody else renewed the grant while we did; more often than this in a row it is a fault. */
const attempts = 4;
/** Tries within one call, when Microsoft's service stumbles; then the next tick. */
const tries = [0, 400, 1_600] as const;
/** No further try after this long: the caller has a time-out of its own. */
const triesWithinMs = 8_000;
const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
const doubtMs = 60_000;

/**
 * Access tokens of stored grants: from memory while they last, else from the grant's sealed cache, else from Microsoft.
 * A renewed refresh token is stored before its access token is handed out.
 */
export function createTokens(config: Config['entra'], deps: TokensDeps): Tokens {
  const { client, grants, clock, random, log } = deps;
  const memory = new Map<string, AccessToken>();
  const flights = new Map<string, Promise<AccessToken>>();
  const tails = new Map<string, Promise<unknown>>();
  const pauses = createPauses(clock);

  const left = (token: AccessToken): number => token.expiresAt.getTime() - clock.now();

  const remember = (id: string, token: AccessToken): void => {
    for (const [other, held] of memory) if (left(held) < minimumLeftMs) memory.delete(other);
    if (left(token) >= minimumLeftMs) memory.set(id, token);
  };

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
  const ask = (grant: OpenGrant, resource: Resource, avoid: ReadonlySet<string>, gate: () => Promise<void>) => {
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
        const scopes = tokenScopes(config, resource);
        let result = await app.acquireTokenSilent({ account, scopes });
        // MSAL hands out what has five minutes left.
        const lasts = (result.expiresOn?.getTime() ?? 0) - clock.now() >= minimumLeftMs;
        if (result.fromCache && (!lasts || avoid.has(result.accessToken))) {
          result = await app.acquireTokenSilent({ account, scopes, forceRefresh: true });
        }
        const after = cache.serialize();
        return { token: readResult(result), changed: after !== before, cache: after };
      },
    });
  };

  const askPatiently: typeof ask = async (grant, resource, avoid, gate) => {
    const startedAt = clock.monotonic();
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask(grant, resource, avoid, gate);
      } catch (error) {
        const pauseMs = tries[attempt];
        const passes = error instanceof BrokerError && error.code === 'entra_unavailable' && error.retry === undefined;
        if (!passes || pauseMs === undefined || clock.monotonic() - startedAt + pauseMs > triesWithinMs) throw error;
        await clock.sleep(jitter(pauseMs, random));
      }
    }
  };

  const acquire = async (key: GrantKey, resource: Resource, force: boolean): Promise<AccessToken> => {
    let avoid: ReadonlySet<string> | undefined;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      let grant = await grants.open(key);
      if (grant === undefined) throw new BrokerError('grant_missing');
      checkStatus(grant, clock.now());
      // By force: any token but those that were there to begin with. What another instance stored since will do.
      avoid ??= force ? accessTokensIn(grant.cache) : new Set();
      const gate = createGate(grant);
      try {
        const { token, changed, cache } = await askPatiently(grant, resource, avoid, gate.pass);
        if (changed) {
          grant = await grants.renewed(grant, prune(cache, clock.now()));
          if (grant === undefined) continue;
        }
        if (!isGranted(token.scopes, neededScope[resource])) throw new BrokerError('grant_scope_missing');
        pauses.clear(idOf(key));
        return token;
      } catch (error) {
        if (!(error instanceof BrokerError) || error === gate.held() || grant === undefined) throw error;
        const told = await noteFailure(grant, resource, error);
        if (told === undefined) continue;
        throw told;
      }
    }
    throw new BrokerError('conflict');
  };

  /** Lets no token request out while the grant rests; tells such a refusal of our own from one of Microsoft's. */
  const createGate = (grant: Grant) => {
    let held: unknown;
    return {
      async pass() {
        try {
          pauses.check(idOf(grant.key));
          checkRest(grant, clock.now());
        } catch (error) {
          held = error;
          throw error;
        }
      },
      held: () => held,
    };
  };

  /** Notes on the grant what the failure means for it. Undefined if somebody else has stored a newer cache: try that one. */
  const noteFailure = async (
    grant: Grant,
    resource: Resource,
    error: BrokerError,
  ): Promise<BrokerError | undefined> => {
    const kind = failureClass(error.code);
    const { tid, oid } = grant.key;
    if (kind === 'throttled' || (kind === 'retry' && error.retry !== undefined)) {
      return pauses.pause(idOf(grant.key), error);
    }
    if (error.code === 'entra_refused') log.error('entra_refused', error, { tid, oid, resource });
    const note = noteFor(error.code, grant, resource, clock.now());
    if (note === undefined) return error;
    if (!(await grants.note(grant, note))) return undefined;
    log.error('grant_failed', error, { tid, oid, resource, status: note.status ?? grant.status });
    const { retryAt } = note;
    const failed = note.status === 'reconnect_required' && kind === 'doubt' ? 'reconnect_required' : error.code;
    return new BrokerError(failed, {
      cause: error.cause,
      ...(retryAt == null ? {} : { retry: { afterMs: retryAt.getTime() - clock.now() } }),
    });
  };

  return {
    async get({ tid, oid }, resource, { force = false } = {}) {
      const key = { tid: tid.toLowerCase(), oid: oid.toLowerCase() };
      const id = `${idOf(key)}|${resource}`;
      const held = memory.get(id);
      if (!force && held !== undefined && left(held) >= minimumLeftMs) return held;
      const flightId = `${id}|${force ? 'force' : 'any'}`;
      const under = flights.get(`${id}|force`) ?? flights.get(flightId);
      if (under !== undefined) return under;
      const flight = inTurn(idOf(key), () => acquire(key, resource, force))
        .then((token) => {
          remember(id, token);
          return token;
        })
        .catch((error: unknown) => {
          // What Microsoft refuses now must not go on being served from memory.
          if (force) memory.delete(id);
          throw error;
        })
        .finally(() => flights.delete(flightId));
      flights.set(flightId, flight);
      return flight;
    },
  };
}

const idOf = (key: GrantKey): string => `${key.tid}|${key.oid}`;

/** What a failure means for the grant's row; undefined if nothing is to be noted. */
export function noteFor(code: ErrorCode, grant: Grant, resource: Resource, now: number): GrantNote | undefined {
  const status = grantStatusFor(code);
  const kind = failureClass(code);
  // A consent or a policy may be lacking for Graph alone; whether the grant still reads mail, mail tells.
  if (resource === 'graph' && (status !== undefined || kind === 'doubt')) return undefined;
  if (status === 'consent_required') return { status, code, retryAt: new Date(now + dayMs), doubtSince: null };
  if (status !== undefined) return { status, code, retryAt: null, doubtSince: null };
  switch (kind) {
    case 'loop':
    case 'locked':
      return { code, retryAt: new Date(now + hourMs) };
    case 'doubt':
      return grant.doubtSince !== undefined && now - grant.doubtSince.getTime() >= doubtMs
        ? { status: 'reconnect_required', code: 'reconnect_required', retryAt: null, doubtSince: null }
        : { code, retryAt: new Date(now + doubtMs), doubtSince: grant.doubtSince ?? new Date(now) };
    default:
      return undefined;
  }
}

/** @throws BrokerError the code that the grant's status stands for; `consent_required` is tried again once a day */
function checkStatus(grant: Grant, now: number): void {
  if (grant.status === 'ok') return;
  if (grant.status === 'consent_required' && (grant.retryAt?.getTime() ?? 0) <= now) return;
  throw new BrokerError(codeOf(grant, 'reconnect_required'));
}

/** @throws BrokerError while Microsoft is to be left alone with this grant */
function checkRest(grant: Grant, now: number): void {
  const restMs = (grant.retryAt?.getTime() ?? 0) - now;
  if (restMs > 0) throw new BrokerError(codeOf(grant, 'entra_unavailable'), { retry: { afterMs: restMs } });
}

const codeOf = (grant: Grant, otherwise: ErrorCode): ErrorCode => (isErrorCode(grant.code) ? grant.code : otherwise);

/** Half to one and a half times `ms`, so that a crowd does not come back as one. */
function jitter(ms: number, random: Random): number {
  return Math.round(ms * (0.5 + (random.bytes(1)[0] ?? 0) / 255));
}

function readResult(result: AuthenticationResult): AccessToken {
  const { accessToken, expiresOn, scopes, account } = result;
  if (accessToken === '' || expiresOn === null) {
    throw new BrokerError('entra_unavailable', { cause: new Error('An answer without an access token.') });
  }
  return { accessToken, expiresAt: expiresOn, scopes, username: account?.username ?? '' };
}
