import { z } from 'zod';
import type { Clock, Random } from '../domain/clock.ts';
import type { GrantKey, GrantStatus } from '../domain/grant.ts';
import type { Sealer } from '../domain/sealing.ts';
import { BrokerError } from '../errors.ts';
import { count, instant, json, readColumns, text, columns as writeColumns } from './columns.ts';
import { modify, reachingStore } from './modify.ts';
import type { Store, StoredRow, Values } from './table.ts';

/** One person's consent, as its row in the table `grants` holds it (PartitionKey tid, RowKey oid). */
export interface Grant {
  readonly key: GrantKey;
  readonly status: GrantStatus;
  /** The error code behind a status other than `ok` or behind `retryAt`; '' when all is well. */
  readonly code: string;
  /** Since when it has this status. */
  readonly since: Date;
  /** Ids of the mailboxes that are read through it. */
  readonly mailboxes: readonly string[];
  /** When its tokens were last renewed. */
  readonly lastUsed: Date;
  /** Not to be used before: Microsoft asked for rest. */
  readonly retryAt: Date | undefined;
  /** Since when Microsoft has been refusing it without a reason that we know. */
  readonly doubtSince: Date | undefined;
  /** Until then a connect is under way that will add its mailbox: an empty list does not mean that nobody needs the grant. */
  readonly connectingUntil: Date | undefined;
  /** Rises with every new cache, so that one can tell whether somebody else has renewed or reconnected it meanwhile. */
  readonly generation: number;
}

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
  /** Notes what became of it. False, and nothing written, if another cache was stored since `grant` was read, or it is gone. */
  note(grant: Grant, note: GrantNote): Promise<boolean>;
  /** Empty if there is no such grant. */
  mailboxesOf(key: GrantKey): Promise<readonly string[]>;
  /** May be repeated. @throws BrokerError `grant_missing` */
  addMailbox(key: GrantKey, id: string): Promise<void>;
  /** May be repeated. Erases the grant with its last mailbox, unless a connect is under way. */
  removeMailbox(key: GrantKey, id: string): Promise<void>;
  /** Deletes the grant if no mailbox uses it and no connect is under way. True if there is no such grant afterwards. */
  eraseIfUnused(key: GrantKey): Promise<boolean>;
  /** Grants whose list of mailboxes was last touched before `before`: among them is what half-finished connects leave behind. */
  untouchedSince(before: Date): Promise<readonly Grant[]>;
}

const column = 'cache';
/** A binary property holds at most 64 KiB (Table service data model). */
const chunkBytes = 64 * 1024;
/** From the grant stored to the mailbox listed takes seconds; a browser, a slow server and a retry fit in this. */
const connectingMs = 15 * 60_000;

const statuses = ['ok', 'reconnect_required', 'consent_required', 'revoked'] as const satisfies readonly GrantStatus[];

const schema = z.object({
  status: z.enum(statuses),
  code: text,
  since: instant,
  mailboxes: json(z.array(text)),
  lastUsed: instant,
  touched: instant,
  retryAt: instant.optional(),
  doubtSince: instant.optional(),
  connectingUntil: instant.optional(),
  generation: count,
});

type Columns = z.output<typeof schema>;

/** A row taken apart: its columns, and the sealed cache as it lies there. */
interface Parts {
  readonly columns: Columns;
  readonly sealed: Uint8Array;
}

export interface GrantsDeps {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
}

export function createGrants(deps: GrantsDeps): Grants {
  const { sealer, clock } = deps;
  const table = deps.store.table('grants');
  const now = () => new Date(clock.now());
  const placeOf = (key: GrantKey) => ({ table: 'grants', partitionKey: key.tid, rowKey: key.oid, column });
  const seal = (key: GrantKey, cache: string) => sealer.seal(placeOf(key), new TextEncoder().encode(cache));
  const find = (key: GrantKey) => reachingStore(() => table.get(key.tid, key.oid));

  /** Changes a row that exists, by its ETag. What `edit` answers without `parts` is not written. */
  const change = <T>(
    key: GrantKey,
    absent: () => T,
    edit: (parts: Parts) => { readonly parts: Parts; readonly result: T } | { readonly result: T },
  ): Promise<T> =>
    modify<T>(deps, table, { partitionKey: key.tid, rowKey: key.oid }, (row) => {
      if (row === undefined) return { kind: 'keep', result: absent() };
      const edited = edit(split(row));
      if (!('parts' in edited)) return { kind: 'keep', result: edited.result };
      return { kind: 'write', values: join(edited.parts), result: edited.result };
    });

  const eraseIfUnused = (key: GrantKey): Promise<boolean> =>
    modify<boolean>(deps, table, { partitionKey: key.tid, rowKey: key.oid }, (row) => {
      if (row === undefined) return { kind: 'keep', result: true };
      const { mailboxes, connectingUntil } = split(row).columns;
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
      const cache = await sealer.open(placeOf(key), split(row).sealed);
      return { ...toGrant(row), cache: new TextDecoder().decode(cache) };
    },

    async connected({ tid, oid, cache }) {
      const sealed = await seal({ tid, oid }, cache);
      await modify(deps, table, { partitionKey: tid, rowKey: oid }, (row) => {
        const before = row === undefined ? undefined : split(row).columns;
        const columns: Columns = {
          status: 'ok',
          code: '',
          since: before?.status === 'ok' ? before.since : now(),
          mailboxes: before?.mailboxes ?? [],
          lastUsed: now(),
          touched: now(),
          connectingUntil: new Date(clock.now() + connectingMs),
          generation: (before?.generation ?? 0) + 1,
        };
        return { kind: 'write', values: join({ columns, sealed }), result: undefined };
      });
    },

    async renewed({ key, generation }, cache) {
      const sealed = await seal(key, cache);
      return change<OpenGrant | undefined>(key, missing, ({ columns: before }) => {
        if (before.generation !== generation) return { result: undefined };
        const { retryAt: _retryAt, doubtSince: _doubtSince, ...rest } = before;
        const columns: Columns = {
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

    note: ({ key, generation }, note) =>
      change(
        key,
        () => false,
        ({ columns: before, sealed }) => {
          if (before.generation !== generation) return { result: false };
          const status = note.status ?? before.status;
          const columns: Columns = {
            ...before,
            status,
            code: note.code ?? before.code,
            since: status === before.status ? before.since : now(),
            retryAt: kept(note.retryAt, before.retryAt),
            doubtSince: kept(note.doubtSince, before.doubtSince),
          };
          return { parts: { columns, sealed }, result: true };
        },
      ),

    async mailboxesOf(key) {
      const row = await find(key);
      return row === undefined ? [] : split(row).columns.mailboxes;
    },

    addMailbox: (key, id) =>
      change<void>(key, missing, ({ columns, sealed }) => {
        const { connectingUntil, mailboxes, ...rest } = columns;
        // What is so already is not written again.
        if (mailboxes.includes(id) && connectingUntil === undefined) return { result: undefined };
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
        for await (const row of table.scan()) {
          if (split(row).columns.touched < before) found.push(toGrant(row));
        }
        return found;
      }),
  };
}

/** A column that is set, cleared (null) or left as it is (undefined). */
const kept = (given: Date | null | undefined, before: Date | undefined): Date | undefined =>
  given === undefined ? before : (given ?? undefined);

function split(row: StoredRow): Parts {
  const chunks: Uint8Array[] = [];
  for (let index = 0; ; index++) {
    const chunk = row.values[`${column}${index}`];
    if (!(chunk instanceof Uint8Array)) break;
    chunks.push(chunk);
  }
  return { columns: readColumns(row, schema), sealed: new Uint8Array(Buffer.concat(chunks)) };
}

function join({ columns, sealed }: Parts): Values {
  const values: Record<string, Values[string]> = { ...columns, mailboxes: JSON.stringify(columns.mailboxes) };
  for (let at = 0, index = 0; at < sealed.length; at += chunkBytes, index++) {
    values[`${column}${index}`] = sealed.subarray(at, at + chunkBytes);
  }
  return writeColumns(values);
}

const toGrant = (row: StoredRow): Grant => grantOf({ tid: row.partitionKey, oid: row.rowKey }, split(row).columns);

function grantOf(key: GrantKey, columns: Columns): Grant {
  const { touched: _touched, retryAt, doubtSince, connectingUntil, ...rest } = columns;
  return { key, ...rest, retryAt, doubtSince, connectingUntil };
}
