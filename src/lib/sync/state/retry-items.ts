import type { DeadRow, RetryRow } from '../../store/rows/rows.ts';
import { createOrdered, type Ordered } from './ordered.ts';

/** A message that no longer blocks its folder: in the retry queue, or given up. */
export type RetryItem =
  | { readonly kind: 'retry'; readonly row: RetryRow }
  | { readonly kind: 'dead'; readonly row: DeadRow };

/** The messages of a mailbox that are tried again or were given up. Each is there once, by its key. */
export interface RetryItems {
  of(key: Uint8Array): RetryItem | undefined;
  /** Adds what the table holds. */
  found(items: readonly RetryItem[]): void;
  /** Adds an item, or puts it in the place of the one with its key. */
  put(item: RetryItem): void;
  remove(key: Uint8Array): void;
  /** Those of a folder that are tried again, those that are due longest first. */
  retriesOf(folderId: string): readonly RetryRow[];
  /** How many of a folder are tried again, and when the first of them is due. */
  summaryOf(folderId: string): { readonly count: number; readonly nextAt: Date | undefined };
  /** Those that were given up, oldest first. */
  dead(): readonly DeadRow[];
}

const keyText = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

const byDue = (a: RetryRow, b: RetryRow): number => a.nextAt.getTime() - b.nextAt.getTime() || a.uid - b.uid;
const byAge = (a: DeadRow, b: DeadRow): number => a.at.getTime() - b.at.getTime();

/** Every message that fails or is tried changes one row: the orders are maintained, not rebuilt each time. */
export function createRetryItems(): RetryItems {
  const byKey = new Map<string, RetryItem>();
  const retries = new Map<string, Ordered<RetryRow>>();
  const dead = createOrdered(byAge);

  function retriesIn(folderId: string): Ordered<RetryRow> {
    const known = retries.get(folderId) ?? createOrdered(byDue);
    retries.set(folderId, known);
    return known;
  }

  function remove(key: Uint8Array): void {
    const known = byKey.get(keyText(key));
    if (known === undefined) return;
    byKey.delete(keyText(key));
    if (known.kind === 'retry') retriesIn(known.row.folderId).remove(known.row);
    else dead.remove(known.row);
  }

  return {
    of: (key) => byKey.get(keyText(key)),
    found(items) {
      const newDead: DeadRow[] = [];
      for (const item of items) {
        remove(item.row.key);
        byKey.set(keyText(item.row.key), item);
        if (item.kind === 'retry') retriesIn(item.row.folderId).add(item.row);
        else newDead.push(item.row);
      }
      dead.addAll(newDead);
    },
    put(item) {
      remove(item.row.key);
      byKey.set(keyText(item.row.key), item);
      if (item.kind === 'retry') retriesIn(item.row.folderId).add(item.row);
      else dead.add(item.row);
    },
    remove,
    retriesOf: (folderId) => retriesIn(folderId).all(),
    summaryOf(folderId) {
      const { size, first } = retriesIn(folderId);
      return { count: size, nextAt: first?.nextAt };
    },
    dead: dead.all,
  };
}
