import type { Clock, Random } from '../../domain/clock.ts';
import { dayMs } from '../../domain/duration.ts';
import { appGrantKey, type GrantKey, type GrantStatus } from '../../domain/grant.ts';
import type { KeyedRows, Sealer } from '../../domain/sealing.ts';
import { BrokerError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { modify, reachingStore } from '../table/modify.ts';
import type { Store } from '../table/table.ts';
import {
  type Grant,
  type GrantColumns,
  type GrantParts,
  grantOf,
  grantValues,
  keyOfRow,
  readGrantRow,
  toGrant,
} from './grant-row.ts';
import { createGrantSeals, placeOfCache, readableRows } from './grant-seals.ts';

export { type Grant, grantKeyOf } from './grant-row.ts';

/** A grant with its opened cache (MSAL's JSON, which holds the refresh token). */
export interface OpenGrant extends Grant {
  readonly cache: string;
}

/** What may be noted about a grant; what is left out stays, null clears. */
export interface GrantNote {
  readonly status?: GrantStatus;
  readonly code?: string;
  readonly retryAt?: Date | null;
  readonly doubtSince?: Date | null;
  readonly claims?: string | null;
}

/**
 * Grants and their sealed caches. Every write goes by ETag.
 * @throws BrokerError `storage_unreachable` | `conflict` | `row_broken`
 */
export interface Grants {
  read(key: GrantKey): Promise<Grant | undefined>;
  /** The grant with its cache opened. @throws BrokerError `seal_broken` */
  open(key: GrantKey): Promise<OpenGrant | undefined>;
  /** Stores what a sign-in brought: status `ok`, a new cache; the list of mailboxes stays as it is. */
  connected(signedIn: GrantKey & { readonly cache: string }): Promise<void>;
  /**
   * Stores a renewed cache and status `ok`. Undefined if another cache was stored since `grant` was read: then
   * read again and use that one, which is as good (Microsoft does not revoke a refresh token when it gives a newer one).
   * @throws BrokerError `grant_missing` if the row is gone
   */
  renewed(grant: OpenGrant, cache: string): Promise<OpenGrant | undefined>;
  /**
   * Makes the row of the app's own permission in a tenant if it is not there, and says that a connect is under way. Its
   * status stays as it is: whether the permission holds, the next token tells.
   */
  openApp(tid: string): Promise<void>;
  /** Notes that the app's own permission gave a token: status `ok`. Nothing is written if `grant` said so already today. */
  used(grant: Grant): Promise<void>;
  /** Notes what became of it. False, and nothing written, if another cache was stored since `grant` was read, or it is gone. */
  note(grant: Grant, note: GrantNote): Promise<boolean>;
  /** Empty if there is no such grant. */
  mailboxesOf(key: GrantKey): Promise<readonly string[]>;
  /** @throws BrokerError `grant_full` if another mailbox would be one too many */
  expectRoom(key: GrantKey): Promise<void>;
  /** May be repeated. @throws BrokerError `grant_missing` | `grant_full` */
  addMailbox(key: GrantKey, id: string): Promise<void>;
  /** May be repeated. Erases the grant with its last mailbox, unless a connect is under way. */
  removeMailbox(key: GrantKey, id: string): Promise<void>;
  /** Deletes the grant if no mailbox uses it and no connect is under way. True if there is no such grant afterwards. */
  eraseIfUnused(key: GrantKey): Promise<boolean>;
  /** Grants whose list of mailboxes was last touched before `before`: among them is what half-finished connects leave behind. */
  untouchedSince(before: Date): Promise<readonly Grant[]>;
  /** Every grant, for housekeeping. Rows that cannot be read are logged and skipped, here and above. */
  all(): AsyncIterable<Grant>;
  /** The sealed caches, for moving them to another version of the root key. */
  readonly keyed: KeyedRows;
}

/**
 * The list is one column, which holds 32,768 characters (Table service data model); an id takes 28 with its quotes. The
 * sentence of `grant_full` names the number.
 */
export const mostMailboxes = 1_000;

/** From the grant stored to the mailbox listed takes seconds; a browser, a slow server and a retry fit in this. */
const connectingMs = 15 * 60_000;

export interface GrantsDeps {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** That a permission of the app still works is noted no more often than this. */
const noteUseEveryMs = dayMs;

export function createGrants(deps: GrantsDeps): Grants {
  const { clock, log } = deps;
  const table = deps.store.table('grants');
  const now = () => new Date(clock.now());
  const seals = createGrantSeals(deps);
  const seal = (key: GrantKey, cache: string) => deps.sealer.seal(placeOfCache(key), new TextEncoder().encode(cache));
  const find = (key: GrantKey) => reachingStore(() => table.get(key.tid, key.oid));

  /** Changes a row that exists, by its ETag. What `edit` answers without `parts` is not written. */
  const change = <T>(
    key: GrantKey,
    absent: () => T,
    edit: (parts: GrantParts) => { readonly parts: GrantParts; readonly result: T } | { readonly result: T },
  ): Promise<T> =>
    modify<T>(deps, table, { partitionKey: key.tid, rowKey: key.oid }, async (row) => {
      if (row === undefined) return { kind: 'keep', result: absent() };
      const before = readGrantRow(row);
      const edited = edit(before);
      if (!('parts' in edited)) return { kind: 'keep', result: edited.result };
      const { columns, sealed } = edited.parts;
      const kept = sealed === before.sealed ? await seals.forWrite(key, sealed) : sealed;
      return { kind: 'write', values: grantValues({ columns, sealed: kept }), result: edited.result };
    });

  const eraseIfUnused = (key: GrantKey): Promise<boolean> =>
    modify<boolean>(deps, table, { partitionKey: key.tid, rowKey: key.oid }, (row) => {
      if (row === undefined) return { kind: 'keep', result: true };
      const { mailboxes, connectingUntil } = readGrantRow(row).columns;
      const isUsed = mailboxes.length > 0 || (connectingUntil?.getTime() ?? 0) > clock.now();
      return isUsed ? { kind: 'keep', result: false } : { kind: 'delete', result: true };
    });

  const missing = (): never => {
    throw new BrokerError('grant_missing');
  };

  return {
    async read(key) {
      const row = await find(key);
      return row === undefined ? undefined : toGrant(row);
    },

    async open(key) {
      const row = await find(key);
      if (row === undefined) return undefined;
      const cache = await deps.sealer.open(placeOfCache(key), readGrantRow(row).sealed);
      return { ...toGrant(row), cache: new TextDecoder().decode(cache) };
    },

    async connected({ tid, oid, cache }) {
      const sealed = await seal({ tid, oid }, cache);
      await modify(deps, table, { partitionKey: tid, rowKey: oid }, (row) => {
        const before = row === undefined ? undefined : readGrantRow(row).columns;
        const columns: GrantColumns = {
          status: 'ok',
          code: '',
          since: before?.status === 'ok' ? before.since : now(),
          mailboxes: before?.mailboxes ?? [],
          lastUsed: now(),
          touched: now(),
          connectingUntil: new Date(clock.now() + connectingMs),
          generation: (before?.generation ?? 0) + 1,
        };
        return { kind: 'write', values: grantValues({ columns, sealed }), result: undefined };
      });
    },

    async renewed({ key, generation }, cache) {
      const sealed = await seal(key, cache);
      return change<OpenGrant | undefined>(key, missing, ({ columns: before }) => {
        if (before.generation !== generation) return { result: undefined };
        const { retryAt: _retryAt, doubtSince: _doubtSince, claims: _claims, ...rest } = before;
        const columns: GrantColumns = {
          ...rest,
          status: 'ok',
          code: '',
          since: before.status === 'ok' ? before.since : now(),
          lastUsed: now(),
          generation: generation + 1,
        };
        return { parts: { columns, sealed }, result: { ...grantOf(key, columns), cache } };
      });
    },

    openApp: (tid) => {
      const key = appGrantKey(tid);
      return modify<void>(deps, table, { partitionKey: key.tid, rowKey: key.oid }, (row) => {
        const fresh = { touched: now(), connectingUntil: new Date(clock.now() + connectingMs) };
        const made = { status: 'ok' as const, code: '', since: now(), mailboxes: [], lastUsed: now(), generation: 1 };
        const columns: GrantColumns = { ...(row === undefined ? made : readGrantRow(row).columns), ...fresh };
        return { kind: 'write', values: grantValues({ columns, sealed: noCache }), result: undefined };
      });
    },

    async used(grant) {
      const isFresh = clock.now() - grant.lastUsed.getTime() < noteUseEveryMs;
      if (grant.status === 'ok' && grant.retryAt === undefined && isFresh) return;
      await change<void>(
        grant.key,
        () => {},
        ({ columns: { retryAt: _retryAt, ...before }, sealed }) => {
          const since = before.status === 'ok' ? before.since : now();
          return {
            parts: { columns: { ...before, status: 'ok', code: '', since, lastUsed: now() }, sealed },
            result: undefined,
          };
        },
      );
    },

    note: ({ key, generation }, note) =>
      change(
        key,
        () => false,
        ({ columns: before, sealed }) => {
          if (before.generation !== generation) return { result: false };
          const status = note.status ?? before.status;
          const columns: GrantColumns = {
            ...before,
            status,
            code: note.code ?? before.code,
            since: status === before.status ? before.since : now(),
            retryAt: kept(note.retryAt, before.retryAt),
            doubtSince: kept(note.doubtSince, before.doubtSince),
            claims: kept(note.claims, before.claims),
          };
          return { parts: { columns, sealed }, result: true };
        },
      ),

    async mailboxesOf(key) {
      const row = await find(key);
      return row === undefined ? [] : readGrantRow(row).columns.mailboxes;
    },

    async expectRoom(key) {
      const row = await find(key);
      if (row !== undefined) checkRoom(readGrantRow(row).columns.mailboxes);
    },

    addMailbox: (key, id) =>
      change<void>(key, missing, ({ columns, sealed }) => {
        const { connectingUntil, mailboxes, ...rest } = columns;
        // What is so already is not written again.
        if (mailboxes.includes(id) && connectingUntil === undefined) return { result: undefined };
        if (!mailboxes.includes(id)) checkRoom(mailboxes);
        const listed = mailboxes.includes(id) ? mailboxes : [...mailboxes, id];
        return { parts: { columns: { ...rest, mailboxes: listed, touched: now() }, sealed }, result: undefined };
      }),

    async removeMailbox(key, id) {
      await change<void>(
        key,
        () => {},
        ({ columns, sealed }) => {
          if (!columns.mailboxes.includes(id)) return { result: undefined };
          const mailboxes = columns.mailboxes.filter((other) => other !== id);
          return { parts: { columns: { ...columns, mailboxes, touched: now() }, sealed }, result: undefined };
        },
      );
      await eraseIfUnused(key);
    },
    eraseIfUnused,

    untouchedSince: (before) =>
      reachingStore(async () => {
        const found: Grant[] = [];
        for await (const { row, parts } of readableRows(table, log)) {
          if (parts.columns.touched < before) found.push(grantOf(keyOfRow(row), parts.columns));
        }
        return found;
      }),

    async *all() {
      for await (const { row, parts } of readableRows(table, log)) yield grantOf(keyOfRow(row), parts.columns);
    },
    keyed: seals.keyed,
  };
}

const noCache = new Uint8Array();

function checkRoom(mailboxes: readonly string[]): void {
  if (mailboxes.length >= mostMailboxes) throw new BrokerError('grant_full');
}

/** A column that is set, cleared (null) or left as it is (undefined). */
const kept = <T>(given: T | null | undefined, before: T | undefined): T | undefined =>
  given === undefined ? before : (given ?? undefined);
