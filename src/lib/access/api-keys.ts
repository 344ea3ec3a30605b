import { createBoundedMap } from '../domain/bounded-map.ts';
import { purposeBytes, sha256 } from '../domain/bytes.ts';
import type { Clock, Random } from '../domain/clock.ts';
import { hourMs } from '../domain/duration.ts';
import { createExpiringMap } from '../domain/expiring-map.ts';
import { equalBytes, hmacSha256 } from '../domain/mac.ts';
import { scopes } from '../domain/scope.ts';
import type { KeyedRow, KeyedRows } from '../domain/sealing.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ApiKeyRow, ApiKeyRows, StoredApiKey } from '../store/deployment/api-keys.ts';
import { untilSettled } from '../store/table/modify.ts';
import { isStoreError } from '../store/table/table.ts';
import type { RootKeys, Vault } from '../vault/types.ts';
import {
  type ApiKeyParts,
  apiKeySecretHash,
  bootstrapKeyId,
  formatApiKey,
  isApiKeyId,
  looksLikeJwt,
  newApiKey,
  parseApiKey,
} from './api-key.ts';
import type { Caller, KeyVerifier } from './caller.ts';
import { expiryFaults, type NewApiKey, tokenKeyFaults } from './new-api-key.ts';

/** `invalid`: its row was not written by us, or its root key is gone; it opens nothing. */
export type ApiKeyStatus = 'active' | 'expired' | 'invalid';

/** A key as it is listed. */
export interface ApiKeyInfo extends Omit<ApiKeyRow, 'kid' | 'secretHash' | 'mac'> {
  readonly status: ApiKeyStatus;
}

export interface ApiKeys extends KeyVerifier {
  /**
   * Makes a key; `key` is its text, shown this once.
   * A key with the scope `token` must name its mailboxes and expire, except the one that the local world makes (`unrestricted`).
   * @throws BrokerError `invalid_request`
   */
  mint(
    wanted: NewApiKey,
    options: { readonly createdBy: string; readonly unrestricted?: boolean },
  ): Promise<{ readonly key: string; readonly info: ApiKeyInfo }>;
  list(): Promise<ApiKeyInfo[]>;
  get(id: string): Promise<ApiKeyInfo | undefined>;
  /** True if there was such a key. Other processes may accept it for another minute. */
  remove(id: string): Promise<boolean>;
  /** The MACs of keys, for moving them to another version of the root key. One that does not hold stays as it is. */
  readonly keyed: KeyedRows;
}

export interface ApiKeysDeps {
  readonly rows: ApiKeyRows;
  readonly rootKeys: Pick<RootKeys, 'current' | 'byId'>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: Random;
  readonly log: Log;
  /** Where the first key of a deployment lies; undefined outside Azure. */
  readonly bootstrap: Pick<Vault, 'secret'> | undefined;
}

/** Name of the first key in Key Vault. */
export const bootstrapSecretName = 'bootstrap-admin-key';

// How long a removed or changed key may still count in another process.
const cacheMs = 60_000;
// Many more than anyone makes.
const mostCached = 10_000;
const lastUseEveryMs = hourMs;
// One line a minute reports refused keys, with their number: guessing must not fill the log.
const refusalLogEveryMs = 60_000;

/** Everything that a key may do, bound to it: who can write the table can neither make a key nor widen one. */
const macInput = (row: Omit<ApiKeyRow, 'mac'>) =>
  purposeBytes(
    'apikey',
    row.id,
    row.secretHash,
    row.scopes,
    row.mailboxes ?? null,
    row.destinations ?? null,
    row.expiresAt?.getTime() ?? null,
  );

/** API keys: made, checked, listed, removed. Format in api-key.ts, rows in store/deployment/api-keys.ts. */
export function createApiKeys(deps: ApiKeysDeps): ApiKeys {
  const { rows, rootKeys, clock, random, log } = deps;
  // Only rows whose MAC holds get in.
  const cache = createExpiringMap<string, StoredApiKey>(mostCached, () => clock.now());
  /** Checksums of the keys that were right. */
  const sums = createBoundedMap<string, string>(mostCached);
  let bootstrap: { readonly hash: Uint8Array | undefined; readonly until: number } | undefined;
  let refusals = { count: 0, lastLogged: Number.NEGATIVE_INFINITY };

  const macHolds = async (row: ApiKeyRow): Promise<boolean> => {
    const key = await rootKeys.byId('apikey', row.kid);
    return key !== undefined && equalBytes(hmacSha256(key, macInput(row)), row.mac);
  };

  /** The same of one row among others: where its version of the root key is disabled, that one key does not count. */
  const counts = async (row: ApiKeyRow): Promise<boolean> => {
    try {
      return await macHolds(row);
    } catch (error) {
      if (!isBrokerError(error, 'secret_missing')) throw error;
      // Without a root key no MAC can be checked.
      await rootKeys.current('apikey');
      return false;
    }
  };

  const expired = (row: ApiKeyRow): boolean => row.expiresAt !== undefined && row.expiresAt.getTime() <= clock.now();

  async function known(id: string): Promise<StoredApiKey | undefined> {
    const cached = cache.get(id);
    if (cached !== undefined) return cached;
    const stored = await rows.get(id);
    if (stored === undefined || !(await macHolds(stored.row))) return undefined;
    cache.set(id, stored, clock.now() + cacheMs);
    return stored;
  }

  /** A row whose MAC holds, under the newest version of the root key. The secret is not needed: the MAC is over its hash. */
  async function withNewestMac(row: ApiKeyRow): Promise<ApiKeyRow> {
    const { kid, key } = await rootKeys.current('apikey');
    return kid === row.kid ? row : { ...row, kid, mac: hmacSha256(key, macInput(row)) };
  }

  const keyed: KeyedRows = {
    kind: 'API keys',
    async *scan(): AsyncGenerator<KeyedRow> {
      const { kid } = await rootKeys.current('apikey');
      for (const { row } of await rows.list()) {
        yield { id: row.id, state: !(await counts(row)) ? 'broken' : row.kid === kid ? 'newest' : 'old' };
      }
    },
    async renew(id) {
      // Starts over if its use was noted meanwhile, or it was removed.
      await untilSettled(deps, async () => {
        const stored = await rows.get(id);
        if (stored === undefined) return;
        // A row that was forged or widened must not get a MAC of ours.
        if (!(await macHolds(stored.row))) throw new BrokerError('key_invalid');
        const renewed = await withNewestMac(stored.row);
        if (renewed === stored.row) return;
        await rows.replace(renewed, stored.etag);
        cache.delete(id);
      });
    },
  };

  async function isBootstrap(text: string): Promise<boolean> {
    if (deps.bootstrap === undefined) return false;
    if (bootstrap === undefined || bootstrap.until <= clock.now()) {
      bootstrap = { hash: await readBootstrap(deps.bootstrap), until: clock.now() + cacheMs };
    }
    return bootstrap.hash !== undefined && equalBytes(bootstrap.hash, sha256(text));
  }

  async function noteUse(stored: StoredApiKey): Promise<void> {
    const now = clock.now();
    if (now - (stored.row.lastUsedAt?.getTime() ?? 0) < lastUseEveryMs) return;
    const row = { ...stored.row, lastUsedAt: new Date(now) };
    try {
      await rows.replace(await withNewestMac(row), stored.etag);
    } catch (error) {
      // Another process noted the use, or the key was removed: the next look at the row tells. Not to be able to note
      // it is no reason to refuse a key that is good.
      if (isStoreError(error, 'unreachable')) log.error('auth.last_use_not_saved', error, { keyId: row.id });
      else if (!isStoreError(error, 'conflict', 'missing')) throw error;
    }
    cache.delete(row.id);
  }

  function refuse(code: 'key_missing' | 'key_invalid' | 'nocobase_session_token'): BrokerError {
    refusals = { ...refusals, count: refusals.count + 1 };
    if (clock.now() - refusals.lastLogged >= refusalLogEveryMs) {
      log.warn('auth.refused', { code, count: refusals.count });
      refusals = { count: 0, lastLogged: clock.now() };
    }
    return new BrokerError(code);
  }

  async function info(row: ApiKeyRow): Promise<ApiKeyInfo> {
    const { kid: _kid, secretHash: _hash, mac: _mac, ...shown } = row;
    const status = !(await counts(row)) ? 'invalid' : expired(row) ? 'expired' : 'active';
    return { ...shown, status };
  }

  return {
    async verify(authorization) {
      const text = /^Bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1];
      if (text === undefined) throw refuse('key_missing');
      if (looksLikeJwt(text)) throw refuse('nocobase_session_token');
      const parts = parseApiKey(text, sums.get);
      if (parts === undefined) throw refuse('key_invalid');
      if (parts.id === bootstrapKeyId) {
        if (await isBootstrap(text)) return bootstrapCaller;
        throw refuse('key_invalid');
      }
      const stored = await known(parts.id);
      if (stored === undefined || !equalBytes(apiKeySecretHash(parts.secret), stored.row.secretHash)) {
        throw refuse('key_invalid');
      }
      sums.set(parts.id, parts.sum);
      if (expired(stored.row)) throw refuse('key_invalid');
      await noteUse(stored);
      const { id, scopes: granted, mailboxes, destinations, expiresAt } = stored.row;
      return { keyId: id, scopes: granted, mailboxes, destinations, expiresAt, bootstrap: false };
    },

    async mint(wanted, options) {
      const faults = [
        ...(options.unrestricted === true ? [] : tokenKeyFaults(wanted)),
        ...expiryFaults(wanted, clock.now()),
      ];
      if (faults.length > 0) throw new BrokerError('invalid_request', { fields: faults });
      const parts: ApiKeyParts = newApiKey(random);
      const { kid, key } = await rootKeys.current('apikey');
      const row = {
        id: parts.id,
        kid,
        secretHash: apiKeySecretHash(parts.secret),
        // In one fixed order, so that the same rights are the same bytes.
        scopes: scopes.filter((scope) => wanted.scopes.includes(scope)),
        mailboxes: wanted.mailboxes,
        destinations: wanted.destinations,
        expiresAt: wanted.expiresAt,
        label: wanted.label,
        createdAt: new Date(clock.now()),
        createdBy: options.createdBy,
        lastUsedAt: undefined,
      };
      const whole = { ...row, mac: hmacSha256(key, macInput(row)) };
      // Everything that may fail comes before the insert: the text of a key is shown only once.
      const minted = { key: formatApiKey(parts), info: await info(whole) };
      await rows.insert(whole);
      return minted;
    },

    async list() {
      return Promise.all((await rows.list()).map((stored) => info(stored.row)));
    },

    async get(id) {
      // What has not the form of an id may hold characters that Table Storage does not take in a key.
      const stored = isApiKeyId(id) ? await rows.get(id) : undefined;
      return stored && info(stored.row);
    },

    async remove(id) {
      cache.delete(id);
      // Its row changes when its use is noted; then it is read again and removed all the same.
      return untilSettled(deps, () => rows.remove(id));
    },
    keyed,
  };
}

const bootstrapCaller: Caller = {
  keyId: bootstrapKeyId,
  scopes: ['admin'],
  mailboxes: undefined,
  destinations: undefined,
  expiresAt: undefined,
  bootstrap: true,
};

async function readBootstrap(vault: Pick<Vault, 'secret'>): Promise<Uint8Array | undefined> {
  try {
    return sha256((await vault.secret(bootstrapSecretName)).value.trim());
  } catch (error) {
    // Removed once real keys exist, as it should be.
    if (isBrokerError(error, 'secret_missing')) return undefined;
    throw error;
  }
}
