import { z } from 'zod';
import type { Clock } from '../domain/clock.ts';
import type { GrantKey, GrantStatus } from '../domain/grant.ts';
import type { Sealer } from '../domain/sealing.ts';
import { BrokerError } from '../errors.ts';
import { count, instant, json, readColumns, text, columns as writeColumns } from './columns.ts';
import { isStoreError, type Row, type Store, type StoredRow, type Table, type Values } from './table.ts';

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
  readonly etag: string;
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

/** Grants and their sealed caches. Every write goes by ETag. @throws StoreError where the table cannot be used */
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
  /** Grants that list no mailbox and were last touched before `before`: what half-finished connects leave behind. */
  withoutMailbox(before: Date): Promise<readonly Grant[]>;
}

const column = 'cache';
/** A binary property holds at most 64 KiB (Table service data model). */
const chunkBytes = 64 * 1024;
/** From the grant stored to the mailbox listed takes seconds; a browser, a slow server and a retry fit in this. */
const connectingMs = 15 * 60_000;
/** Two instances and a connect may meet at one row; more than this many lost races in a row is a fault. */
const attempts = 8;

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

export function createGrants(deps: { readonly store: Store; readonly sealer: Sealer; readonly clock: Clock }): Grants {
  const { sealer, clock } = deps;
  const table: Table = deps.store.table('grants');
  const now = () => new Date(clock.now());
  const placeOf = (key: GrantKey) => ({ table: 'grants', partitionKey: key.tid, rowKey: key.oid, column });
  const seal = (key: GrantKey, cache: string) => sealer.seal(placeOf(key), new TextEncoder().encode(cache));

  const find = (key: GrantKey): Promise<StoredRow | undefined> => table.get(key.tid, key.oid);

  /** Reads, decides, replaces by ETag, and starts over when somebody else was faster. Undefined when `decide` wants no write. */
  const change = async <T>(
    key: GrantKey,
    decide: (row: StoredRow | undefined) => Promise<{ readonly parts: Parts; readonly result: T } | undefined>,
  ): Promise<{ readonly result: T; readonly etag: string } | undefined> => {
    for (let attempt = 1; ; attempt++) {
      const row = await find(key);
      const decided = await decide(row);
      if (decided === undefined) return undefined;
      const next = join(key, decided.parts);
      try {
        const etag = row === undefined ? await table.insert(next) : await table.replace(next, row.etag);
        return { result: decided.result, etag };
      } catch (error) {
        if (!isStoreError(error, 'conflict', 'exists', 'missing') || attempt === attempts) throw error;
      }
    }
  };

  const eraseIfUnused = async (key: GrantKey): Promise<boolean> => {
    for (let attempt = 1; ; attempt++) {
      const row = await find(key);
      if (row === undefined) return true;
      const { mailboxes, connectingUntil } = split(row).columns;
      if (mailboxes.length > 0 || (connectingUntil?.getTime() ?? 0) > clock.now()) return false;
      try {
        await table.delete(key.tid, key.oid, row.etag);
        return true;
      } catch (error) {
        if (!isStoreError(error, 'conflict') || attempt === attempts) throw error;
      }
    }
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
      const key = { tid, oid };
      const sealed = await seal(key, cache);
      await change(key, async (row) => {
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
        return { parts: { columns, sealed }, result: undefined };
      });
    },

    async renewed(grant, cache) {
      const { key } = grant;
      const sealed = await seal(key, cache);
      const changed = await change(key, async (row) => {
        if (row === undefined) throw new BrokerError('grant_missing');
        const { columns } = split(row);
        if (columns.generation !== grant.generation) return undefined;
        const { retryAt: _retryAt, doubtSince: _doubtSince, ...rest } = columns;
        const next: Columns = {
          ...rest,
          status: 'ok',
          code: '',
          since: columns.status === 'ok' ? columns.since : now(),
          lastUsed: now(),
          generation: columns.generation + 1,
        };
        return { parts: { columns: next, sealed }, result: next };
      });
      return changed === undefined ? undefined : { ...grantOf(key, changed.result, changed.etag), cache };
    },

    async note(grant, note) {
      const changed = await change(grant.key, async (row) => {
        if (row === undefined) return undefined;
        const { columns, sealed } = split(row);
        if (columns.generation !== grant.generation) return undefined;
        const { retryAt, doubtSince, ...rest } = columns;
        const status = note.status ?? columns.status;
        const next: Columns = {
          ...rest,
          status,
          code: note.code ?? columns.code,
          since: status === columns.status ? columns.since : now(),
          retryAt: kept(note.retryAt, retryAt),
          doubtSince: kept(note.doubtSince, doubtSince),
        };
        return { parts: { columns: next, sealed }, result: true };
      });
      return changed !== undefined;
    },

    async mailboxesOf(key) {
      const row = await find(key);
      return row === undefined ? [] : split(row).columns.mailboxes;
    },
    async addMailbox(key, id) {
      await change(key, async (row) => {
        if (row === undefined) throw new BrokerError('grant_missing');
        const { columns, sealed } = split(row);
        const { connectingUntil, mailboxes, ...rest } = columns;
        // What is so already is not written again.
        if (mailboxes.includes(id) && connectingUntil === undefined) return undefined;
        const listed = mailboxes.includes(id) ? mailboxes : [...mailboxes, id];
        return { parts: { columns: { ...rest, mailboxes: listed, touched: now() }, sealed }, result: undefined };
      });
    },
    async removeMailbox(key, id) {
      await change(key, async (row) => {
        if (row === undefined) return undefined;
        const { columns, sealed } = split(row);
        if (!columns.mailboxes.includes(id)) return undefined;
        const mailboxes = columns.mailboxes.filter((other) => other !== id);
        return { parts: { columns: { ...columns, mailboxes, touched: now() }, sealed }, result: undefined };
      });
      await eraseIfUnused(key);
    },
    eraseIfUnused,

    async withoutMailbox(before) {
      const found: Grant[] = [];
      for await (const row of table.scan()) {
        const { columns } = split(row);
        if (columns.mailboxes.length === 0 && columns.touched < before) found.push(toGrant(row));
      }
      return found;
    },
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

function join(key: GrantKey, { columns, sealed }: Parts): Row {
  const values: Record<string, Values[string]> = { ...columns, mailboxes: JSON.stringify(columns.mailboxes) };
  for (let at = 0, index = 0; at < sealed.length; at += chunkBytes, index++) {
    values[`${column}${index}`] = sealed.subarray(at, at + chunkBytes);
  }
  return { partitionKey: key.tid, rowKey: key.oid, values: writeColumns(values) };
}

const toGrant = (row: StoredRow): Grant =>
  grantOf({ tid: row.partitionKey, oid: row.rowKey }, split(row).columns, row.etag);

function grantOf(key: GrantKey, columns: Columns, etag: string): Grant {
  const { touched: _touched, retryAt, doubtSince, connectingUntil, ...rest } = columns;
  return { key, ...rest, retryAt, doubtSince, connectingUntil, etag };
}
