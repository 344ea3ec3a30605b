import { base64url, fromBase64url } from '../../domain/bytes.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import { eventId, isMailboxId, shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { grantKeyOf } from '../grants/grant-row.ts';
import { decodeCursor } from '../rows/cursor-row.ts';
import { decodeJob, encodeJob, idOfReplay, newJob, replaysAmong, stopJob } from '../rows/job-row.ts';
import { addressKey, mailboxRowKey, parseRowKey, rowsOf, settingsRowKey, stateRowKey } from '../rows/keys.ts';
import { decodeMailbox, encodeMailbox, partitionOf } from '../rows/mailbox-row.ts';
import { encodeOutbox, outboxRow } from '../rows/outbox-row.ts';
import type { JobRow, MailboxRow, StateRow } from '../rows/rows.ts';
import { filterIn } from '../rows/settings-row.ts';
import { decodeState } from '../rows/state-row.ts';
import { createDirectory } from '../shard/directory.ts';
import { unlessUnreadable } from '../table/columns.ts';
import { reachingStore, untilSettled } from '../table/modify.ts';
import type { BatchOperation, Store, StoredRow } from '../table/table.ts';
import { createAddressIndex } from './address-index.ts';
import { firstSyncOf } from './first-sync.ts';
import { readMailbox, replaceMailbox, type StoredMailbox } from './mailboxes.ts';
import { patchedMailbox, rowsOfPatch } from './patch-mailbox.ts';
import { deliveryFacts } from './poll-facts.ts';
import { createRecent } from './recent.ts';
import type { GrantMailboxes, MailboxPage, MailboxQuery, MailboxView, Registry } from './registry.ts';
import { createUpsertMailbox } from './upsert-mailbox.ts';

export interface RegistryDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly grants: GrantMailboxes;
  readonly log: Log;
}

/** Jobs of one mailbox that wait at a time. A worker reads them all, and one job does for every message that was given up. */
const mostJobs = 100;

export function createRegistry(deps: RegistryDeps): Registry {
  const { store, clock, random, grants, log } = deps;
  const mail = store.table('mail');
  const index = createAddressIndex(deps);
  const directory = createDirectory(deps);
  const upsertMailbox = createUpsertMailbox({ ...deps, index, directory });
  const settle = <T>(attempt: () => Promise<T>): Promise<T> => untilSettled(deps, attempt);

  /** Decodes, or logs which row is broken and continues without it. */
  const lenient = <T>(decode: (row: StoredRow) => T, row: StoredRow | undefined): T | undefined =>
    row &&
    unlessUnreadable(
      () => decode(row),
      (error) => log.error('mailbox.row_broken', error),
    );

  const stateOf = async (id: string): Promise<StateRow | undefined> =>
    lenient(decodeState, await mail.get(partitionOf(id), stateRowKey(id)));

  /** The filter of a mailbox; `unreadable` for one that cannot be read. */
  const filterOf = async ({ id, filterRevision }: MailboxRow): Promise<MailboxView['filter']> => {
    if (filterRevision === undefined) return undefined;
    const stored = await mail.get(partitionOf(id), settingsRowKey(id));
    try {
      return filterIn(stored, id, filterRevision).filter;
    } catch (error) {
      if (!isBrokerError(error, 'row_broken', 'row_newer')) throw error;
      log.error('mailbox.row_broken', error);
      return 'unreadable';
    }
  };

  const whole = async (row: MailboxRow, state: StateRow | undefined): Promise<MailboxView> => ({
    ...view(row, state),
    filter: await filterOf(row),
  });

  const live = async (id: string): Promise<StoredMailbox | undefined> => {
    const found = await readMailbox(mail, id);
    return found?.row.deletedAt === undefined ? found : undefined;
  };

  const get = async (id: string): Promise<MailboxView | undefined> => {
    if (!isMailboxId(id)) return undefined;
    const [found, state] = await Promise.all([live(id), stateOf(id)]);
    return found === undefined ? undefined : whole(found.row, state);
  };

  const recent = createRecent<MailboxRow>(clock);
  /** Runs what changes a mailbox, and does not go by what was read before it. */
  const changing = async <T>(id: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } finally {
      recent.forget(id);
    }
  };

  const change = (
    id: string,
    how: (row: MailboxRow) => MailboxRow,
    /** What is written with it, in the same batch. */
    along: (before: MailboxRow, after: MailboxRow) => readonly BatchOperation[] = () => [],
  ): Promise<MailboxView> =>
    changing(id, () =>
      settle(async () => {
        const found = await live(id);
        if (found === undefined) throw new BrokerError('not_found');
        const row = how(found.row);
        const others = along(found.row, row);
        if (others.length === 0) await replaceMailbox(mail, found, row);
        else {
          await mail.batch(partitionOf(id), [
            { kind: 'replace', row: encodeMailbox(row), etag: found.etag },
            ...others,
          ]);
        }
        return whole(row, await stateOf(id));
      }),
    );

  const jobsOf = async (id: string): Promise<JobRow[]> =>
    (await mail.list(partitionOf(id), rowsOf('e', id)))
      .flatMap((row) => lenient(decodeJob, row) ?? [])
      .sort((a, b) => a.number - b.number);

  /** The mailboxes of a shard, in order of their ids. */
  const inShard = async (shard: number, after: string): Promise<MailboxView[]> => {
    const from = after === '' ? 'a!' : `${mailboxRowKey(after)}!`;
    const rows = await mail.list(shardKey(shard), { from, below: 'c' });
    const states = new Map(rows.map((row) => [row.rowKey, row]));
    return rows.flatMap((stored) => {
      if (parseRowKey(stored.rowKey)?.kind !== 'mailbox') return [];
      const row = lenient(decodeMailbox, stored);
      if (row === undefined || row.deletedAt !== undefined) return [];
      return [view(row, lenient(decodeState, states.get(stateRowKey(row.id))))];
    });
  };

  return {
    async upsert(input) {
      const placed = await upsertMailbox(input);
      recent.forget(placed.mailbox.id);
      return placed;
    },
    get: (id) => reachingStore(() => get(id)),
    glance: (id) =>
      recent.get(id, async () => (isMailboxId(id) ? (await reachingStore(() => live(id)))?.row : undefined)),

    find: (tid, address) =>
      reachingStore(async () => {
        const entry = await index.read(tid, address);
        const found = entry === undefined ? undefined : await get(entry.mailboxId);
        return found !== undefined && addressKey(found.row.address) === entry?.key ? found : undefined;
      }),

    list: (query) =>
      reachingStore(async (): Promise<MailboxPage> => {
        const after = readCursor(query.cursor);
        const items: MailboxView[] = [];
        for (const { shard } of await directory.shards()) {
          const behind = shardOfMailbox(after) ?? -1;
          if (shard < behind) continue;
          for (const found of await inShard(shard, shard === behind ? after : '')) {
            if (!matches(found, query)) continue;
            if (items.length === query.limit) return { items, cursor: writeCursor(items.at(-1)?.row.id ?? after) };
            items.push(found);
          }
        }
        return { items, cursor: undefined };
      }),

    patch: (id, wanted) =>
      change(
        id,
        (row) => patchedMailbox(row, wanted, random),
        (before, after) => rowsOfPatch(before, after, { filter: wanted.filter, now: new Date(clock.now()) }),
      ),
    progress: ({ row, shown }) =>
      reachingStore(async () => {
        const rows = await mail.list(partitionOf(row.id), rowsOf('c', row.id));
        const cursors = rows.flatMap((stored) => lenient(decodeCursor, stored) ?? []);
        return {
          firstSync: firstSyncOf(row, shown, cursors, new Date(clock.now())),
          lastDelivery: deliveryFacts(cursors).lastDelivery,
        };
      }),
    ask: (id) => change(id, (row) => ({ ...row, asked: row.asked + 1 })),

    replay: (id, request) =>
      changing(id, () =>
        settle(async () => {
          const found = await live(id);
          if (found === undefined) throw new BrokerError('not_found');
          const waiting = await jobsOf(id);
          const wanted = idOfReplay(request);
          const same = replaysAmong(waiting).find((job) => job.id === wanted);
          if (same !== undefined) return same;
          // It was given up just now, and makes room with the next run.
          if (waiting.some((job) => job.id === wanted)) throw new BrokerError('conflict');
          if (waiting.length >= mostJobs) throw new BrokerError('replays_waiting');
          const row = { ...found.row, asked: found.row.asked + 1 };
          const job = newJob(id, request, row.asked, new Date(clock.now()));
          await mail.batch(partitionOf(id), [
            { kind: 'replace', row: encodeMailbox(row), etag: found.etag },
            { kind: 'insert', row: encodeJob(job) },
          ]);
          return job;
        }),
      ),
    stopReplays: (id) =>
      changing(id, () =>
        settle(async () => {
          const found = await live(id);
          if (found === undefined) throw new BrokerError('not_found');
          const replays = replaysAmong(await jobsOf(id));
          if (replays.length === 0) return [];
          const row = { ...found.row, asked: found.row.asked + 1 };
          await mail.batch(partitionOf(id), [
            { kind: 'replace', row: encodeMailbox(row), etag: found.etag },
            { kind: 'insert', row: encodeJob(stopJob(id, row.asked, new Date(clock.now()))) },
          ]);
          return replays;
        }),
      ),
    jobs: (id) => reachingStore(async () => (isMailboxId(id) ? replaysAmong(await jobsOf(id)) : [])),

    remove: (id) =>
      changing(id, () =>
        settle(async () => {
          const found = await live(id);
          if (found === undefined) return false;
          const now = new Date(clock.now());
          const row: MailboxRow = { ...found.row, deletedAt: now, asked: found.row.asked + 1 };
          const type = 'mailbox.removed';
          const event = outboxRow({ mailboxId: id, id: eventId(id, type, row.asked), type, at: now, data: {} });
          await mail.batch(partitionOf(id), [
            { kind: 'replace', row: encodeMailbox(row), etag: found.etag },
            { kind: 'insert', row: encodeOutbox(event) },
          ]);
          return true;
        }),
      ),

    forget: (mailbox) =>
      settle(async () => {
        const key = grantKeyOf(mailbox.grant);
        await index.deleteIfNames(key.tid, mailbox.address, mailbox.id);
        await index.deletePersonIfNames(key, mailbox.id);
        await grants.removeMailbox(key, mailbox.id);
      }),
  };
}

const view = (row: MailboxRow, state: StateRow | undefined): MailboxView => ({
  row,
  state,
  shown: row.paused ? 'paused' : (state?.state ?? 'connecting'),
});

function matches({ row, shown }: MailboxView, query: MailboxQuery): boolean {
  return (
    (query.state === undefined || shown === query.state) &&
    (query.address === undefined || addressKey(row.address) === addressKey(query.address)) &&
    (query.ownerRef === undefined || String(row.ownerRef ?? '') === String(query.ownerRef)) &&
    (query.where === undefined || query.where(row))
  );
}

const writeCursor = (id: string): string => base64url(new TextEncoder().encode(id));

function readCursor(cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const id = new TextDecoder().decode(fromBase64url(cursor));
  if (isMailboxId(id)) return id;
  throw new BrokerError('invalid_request', {
    fields: [{ field: 'cursor', message: 'Is not a cursor from an earlier page.' }],
  });
}
