import type { Clock, Random } from '../../domain/clock.ts';
import { retrying } from '../../domain/schedule.ts';
import { BrokerError } from '../../errors.ts';
import { isStoreError, type StoredRow, type Table, type Values } from './table.ts';
import { whyUnreachable } from './unreachable.ts';

export interface RetryParts {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Random;
}

/** What to do with a row that has just been read. */
export type Decision<T> =
  | { readonly kind: 'keep'; readonly result: T }
  /** Makes the row, or replaces it whole. */
  | { readonly kind: 'write'; readonly values: Values; readonly result: T }
  | { readonly kind: 'delete'; readonly result: T };

// Pauses are random up to these. Every lost race means that another writer won: eight losses in a row are a fault, not
// contention.
const waitsMs = [40, 80, 160, 320, 640, 1000, 1000];

/**
 * Reads a row, decides, and writes under the ETag that was read; all of it again when someone else wrote in between.
 * @throws BrokerError `conflict` after 8 lost races, `storage_unreachable`
 */
export function modify<T>(
  parts: RetryParts,
  table: Table,
  key: { readonly partitionKey: string; readonly rowKey: string },
  decide: (row: StoredRow | undefined) => Decision<T> | Promise<Decision<T>>,
): Promise<T> {
  return untilSettled(parts, async () => {
    const row = await table.get(key.partitionKey, key.rowKey);
    const decision = await decide(row);
    if (decision.kind === 'write') {
      const next = { ...key, values: decision.values };
      await (row === undefined ? table.insert(next) : table.replace(next, row.etag));
    } else if (decision.kind === 'delete' && row !== undefined) {
      await table.delete(key.partitionKey, key.rowKey, row.etag);
    }
    return decision.result;
  });
}

/**
 * Runs `attempt`, which reads before it writes, until it loses no race: a StoreError `conflict`, `exists` or `missing` starts
 * it over after a short random pause.
 * @throws BrokerError `conflict` after 8 lost races, `storage_unreachable`
 */
export async function untilSettled<T>(parts: RetryParts, attempt: () => Promise<T>): Promise<T> {
  const mayPass = (error: unknown) => isStoreError(error, 'conflict', 'exists', 'missing');
  const pause = (ms: number) => parts.clock.sleep(ms * ((parts.random.bytes(1)[0] ?? 0) / 256));
  try {
    return await retrying({ waitsMs, mayPass, pause }, attempt);
  } catch (error) {
    throw asBrokerError(error);
  }
}

/**
 * Runs a write after which something is shown that is shown only once. Where its answer is lost, a look tells whether it
 * arrived all the same.
 * @param isThere whether the table holds what was to be written
 */
export async function writeOrFind(write: () => Promise<unknown>, isThere: () => Promise<boolean>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isStoreError(error, 'unreachable') || !(await isThere())) throw error;
  }
}

/** What a person may meet in place of a StoreError; any other error comes back unchanged. */
export function asBrokerError(error: unknown): unknown {
  if (!isStoreError(error)) return error;
  switch (error.kind) {
    case 'unreachable': {
      const detail = whyUnreachable(error.cause);
      const told = detail === undefined ? {} : { detail };
      return new BrokerError('storage_unreachable', { cause: error, retry: { afterMs: 60_000 }, ...told });
    }
    case 'refused':
      return new BrokerError('internal_error', { cause: error });
    default:
      return new BrokerError('conflict', { cause: error });
  }
}

/** Runs `request`, and throws what {@link asBrokerError} makes of its errors. */
export async function reachingStore<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw asBrokerError(error);
  }
}
