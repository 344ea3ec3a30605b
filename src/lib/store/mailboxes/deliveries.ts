import { base64url, fromBase64url, sameBytes } from '../../domain/bytes.ts';
import type { Clock } from '../../domain/clock.ts';
import { parseDeliveryId, shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { BrokerError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { decodeJob, isMeant, replaysAmong } from '../rows/job-row.ts';
import { rowsOf, rowsOfKind } from '../rows/keys.ts';
import { decodeMailbox } from '../rows/mailbox-row.ts';
import { deadKeptMs, decodeDead, decodeRetry } from '../rows/retry-row.ts';
import type { DeadRow, MailboxRow, ReplayJob, RetryRow } from '../rows/rows.ts';
import type { Directory } from '../shard/directory.ts';
import { unlessUnreadable } from '../table/columns.ts';
import { reachingStore } from '../table/modify.ts';
import type { Store, StoredRow } from '../table/table.ts';
import { readMailbox } from './mailboxes.ts';

/** A message that did not go through at once: it is tried again, or was given up. */
export type Delivery = (
  | { readonly state: 'retrying'; readonly row: RetryRow }
  | { readonly state: 'dead'; readonly row: DeadRow }
) & {
  readonly mailbox: MailboxRow;
  /** `waiting`: a replay of it was asked for. `trying`: it is tried again for that. */
  readonly replay: 'waiting' | 'trying' | undefined;
};

export interface DeliveryQuery {
  readonly state?: Delivery['state'] | undefined;
  readonly mailboxId?: string | undefined;
  /** Which mailboxes count, such as what an API key may see. */
  readonly where?: ((mailbox: MailboxRow) => boolean) | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface DeliveryPage {
  readonly items: readonly Delivery[];
  /** Present if there may be more. */
  readonly cursor: string | undefined;
}

/** What did not go through, as the rows of the worker tell it; nothing else is stored of it. */
export interface Deliveries {
  /** In order of their rows: what is tried again before what was given up. @throws BrokerError `invalid_request` for a cursor that is none */
  list(query: DeliveryQuery): Promise<DeliveryPage>;
  /** By its id; undefined if it has gone through, or is not kept any more. */
  find(id: string): Promise<Delivery | undefined>;
}

interface Position {
  readonly shard: number;
  readonly rowKey: string;
}

const kinds = { retrying: 'd', dead: 'x' } as const;

export function createDeliveries(deps: {
  readonly store: Store;
  readonly directory: Pick<Directory, 'shards'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): Deliveries {
  const { store, directory, clock, log } = deps;
  const mail = store.table('mail');

  /** Decodes, or logs which row is broken and continues without it. */
  const lenient = <T>(decode: (row: StoredRow) => T, row: StoredRow): T | undefined =>
    unlessUnreadable(
      () => decode(row),
      (error) => log.error('delivery.row_broken', error),
    );
  const all = <T>(decode: (row: StoredRow) => T, rows: readonly StoredRow[]): T[] =>
    rows.flatMap((row) => lenient(decode, row) ?? []);

  // The row of one whose time is over goes with the next mail of its mailbox; until then it must not be counted on.
  const isKept = ({ at }: DeadRow) => clock.now() - at.getTime() < deadKeptMs;

  function delivery(stored: StoredRow, mailbox: MailboxRow, jobs: readonly ReplayJob[]): Delivery | undefined {
    if (stored.rowKey.startsWith('d')) {
      const row = lenient(decodeRetry, stored);
      if (row === undefined) return undefined;
      return { state: 'retrying', row, mailbox, replay: row.replay === undefined ? undefined : 'trying' };
    }
    const row = lenient(decodeDead, stored);
    if (row === undefined || !isKept(row)) return undefined;
    const isAsked = jobs.some((job) => isMeant(job, row));
    return { state: 'dead', row, mailbox, replay: isAsked ? 'waiting' : undefined };
  }

  async function* inShard(shard: number, query: DeliveryQuery, after: string): AsyncGenerator<[string, Delivery]> {
    const partition = shardKey(shard);
    const wanted = query.state === undefined ? (['retrying', 'dead'] as const) : [query.state];
    const found = await Promise.all(
      wanted.map(async (state) => {
        const kind = kinds[state];
        const range = query.mailboxId === undefined ? rowsOfKind(kind) : rowsOf(kind, query.mailboxId);
        // Nothing lies between a key and the same with one more `!`.
        const from = after >= range.from ? `${after}!` : range.from;
        return from >= range.below ? [] : mail.list(partition, { ...range, from });
      }),
    );
    const rows = found.flat();
    if (rows.length === 0) return;
    const [accounts, jobRows] = await Promise.all([
      mail.list(partition, rowsOfKind('a')),
      mail.list(partition, rowsOfKind('e')),
    ]);
    const mailboxes = new Map(all(decodeMailbox, accounts).map((row) => [row.id, row]));
    const jobs = all(decodeJob, jobRows);
    for (const stored of rows) {
      const mailboxId = stored.rowKey.split('!')[1] ?? '';
      const mailbox = mailboxes.get(mailboxId);
      if (mailbox === undefined || mailbox.deletedAt !== undefined || query.where?.(mailbox) === false) continue;
      const own = replaysAmong(jobs.filter((job) => job.mailboxId === mailboxId));
      const read = delivery(stored, mailbox, own);
      if (read !== undefined) yield [stored.rowKey, read];
    }
  }

  return {
    list: (query) =>
      reachingStore(async () => {
        const start = readCursor(query.cursor);
        const items: Delivery[] = [];
        let last: Position = start;
        const only = query.mailboxId === undefined ? undefined : shardOfMailbox(query.mailboxId);
        const shards = only === undefined ? (await directory.shards()).map(({ shard }) => shard) : [only];
        for (const shard of shards) {
          if (shard < start.shard) continue;
          const after = shard === start.shard ? start.rowKey : '';
          for await (const [rowKey, item] of inShard(shard, query, after)) {
            if (items.length === query.limit) return { items, cursor: writeCursor(last) };
            items.push(item);
            last = { shard, rowKey };
          }
        }
        return { items, cursor: undefined };
      }),

    find: (id) =>
      reachingStore(async () => {
        const wanted = parseDeliveryId(id);
        if (wanted === undefined) return undefined;
        const { mailboxId } = wanted;
        const partition = shardKey(shardOfMailbox(mailboxId) ?? 0);
        const list = (kind: string) => mail.list(partition, rowsOf(kind, mailboxId));
        const [stored, retries, dead, jobs] = await Promise.all([
          readMailbox(mail, mailboxId),
          list('d'),
          list('x'),
          list('e'),
        ]);
        if (stored === undefined || stored.row.deletedAt !== undefined) return undefined;
        const replays = replaysAmong(all(decodeJob, jobs));
        for (const row of [...retries, ...dead]) {
          const found = delivery(row, stored.row, replays);
          if (found !== undefined && sameBytes(found.row.key, wanted.key)) return found;
        }
        return undefined;
      }),
  };
}

const writeCursor = ({ shard, rowKey }: Position): string =>
  base64url(new TextEncoder().encode(`${shardKey(shard)} ${rowKey}`));

function readCursor(cursor: string | undefined): Position {
  if (cursor === undefined) return { shard: 0, rowKey: '' };
  const text = new TextDecoder().decode(fromBase64url(cursor));
  const [, shard, rowKey] = /^s(\d{4}) ([dx]![\w!-]{1,200})$/.exec(text) ?? [];
  if (shard !== undefined && rowKey !== undefined) return { shard: Number(shard), rowKey };
  throw new BrokerError('invalid_request', {
    fields: [{ field: 'cursor', message: 'Is not a cursor from an earlier page.' }],
  });
}
