import { dayMs } from '../domain/duration.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Deliveries } from '../store/mailboxes/deliveries.ts';
import type { Registry } from '../store/mailboxes/registry.ts';
import type { ReplayRequest } from '../store/rows/job-row.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { everyItem } from '../store/table/every-item.ts';

/** Older mail is not replayed: a job of more than a year of mail is a first import, and `syncFrom` is there for that. */
const longestMs = 366 * dayMs;

/**
 * What a request for a replay says; its schema sees to it that it names one of the two.
 * @throws BrokerError `invalid_request` for a time in the future, or more than a year back
 */
export function replayRequestOf(
  { since, force }: { readonly since?: Date | undefined; readonly force?: boolean | undefined },
  nowMs: number,
): ReplayRequest {
  if (since === undefined) return { kind: 'dead' };
  const ageMs = nowMs - since.getTime();
  const fault = ageMs < 0 ? 'Is in the future.' : ageMs > longestMs ? 'Is more than a year ago.' : undefined;
  if (fault !== undefined) throw new BrokerError('invalid_request', { fields: [{ field: 'since', message: fault }] });
  return { kind: 'since', since, force: force ?? false };
}

/** Mailboxes that are written to at the same time; the answer must come long before Azure's limit of 230 s. */
const atOnce = 16;

const limit = 200;

/**
 * Leaves the job with every mailbox that counts and has something to replay. May be repeated: one that has it already
 * keeps the one it has.
 * @returns how many mailboxes have it
 * @throws BrokerError `storage_unreachable` | `conflict` | `replays_waiting`; some mailboxes have the job then
 */
export async function replayEverywhere(
  parts: { readonly registry: Pick<Registry, 'list' | 'replay'>; readonly deliveries: Pick<Deliveries, 'list'> },
  where: (row: MailboxRow) => boolean,
  request: ReplayRequest,
): Promise<number> {
  const { registry, deliveries } = parts;
  const ids =
    request.kind === 'dead'
      ? await everyId(
          everyItem((cursor) => deliveries.list({ where, cursor, limit, state: 'dead' })),
          ({ mailbox }) => mailbox.id,
        )
      : await everyId(
          everyItem((cursor) => registry.list({ where, cursor, limit })),
          ({ row }) => row.id,
        );
  return countingEach(ids, async (id) => {
    await registry.replay(id, request);
    return true;
  });
}

/**
 * Gives up the replays of every mailbox that counts. May be repeated.
 * @returns how many mailboxes had some
 * @throws BrokerError `storage_unreachable` | `conflict`; some mailboxes have none any more then
 */
export async function stopEverywhere(
  registry: Pick<Registry, 'list' | 'stopReplays'>,
  where: (row: MailboxRow) => boolean,
): Promise<number> {
  const ids = await everyId(
    everyItem((cursor) => registry.list({ where, cursor, limit })),
    ({ row }) => row.id,
  );
  return countingEach(ids, async (id) => (await registry.stopReplays(id)).length > 0);
}

/** Does something with each mailbox, several at a time. @returns for how many it was true */
async function countingEach(ids: readonly string[], work: (id: string) => Promise<boolean>): Promise<number> {
  const todo = [...new Set(ids)];
  let count = 0;
  const lane = async () => {
    for (let id = todo.shift(); id !== undefined; id = todo.shift()) {
      try {
        if (await work(id)) count += 1;
      } catch (error) {
        // Removed since it was listed.
        if (!isBrokerError(error, 'not_found')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return count;
}

async function everyId<T>(items: AsyncIterable<T>, idOf: (item: T) => string): Promise<string[]> {
  const ids: string[] = [];
  for await (const item of items) ids.push(idOf(item));
  return ids;
}
