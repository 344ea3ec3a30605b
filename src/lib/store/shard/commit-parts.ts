import { wireBytes } from '../table/row-size.ts';
import { type BatchOperation, batchLimits, type StoreError } from '../table/table.ts';

/**
 * Rows that belong together: the operations that it returns at one time are never split between two batches. There is
 * one for each mailbox, so that a cursor, its recent messages, their events, and a message that moves between folders
 * stay together.
 */
export interface CommitUnit {
  readonly id: string;
  /** Every row that differs from what is stored, as it is now. Each row at most once; asked when the batch is built. */
  pending(): readonly BatchOperation[];
  /** What {@link pending} answered just now is on its way; from here on only later changes are pending. */
  sent(): void;
  /**
   * The rows handed out last were refused for their content, and nothing of them was stored: memory and table have
   * parted, and nothing more of this unit is asked for.
   */
  refused(error: StoreError): void;
}

/** Someone who waits for a commit. */
export interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A unit as it goes into a batch. */
export interface Part {
  readonly unit: CommitUnit;
  readonly operations: readonly BatchOperation[];
  readonly waiters: readonly Waiter[];
}

/** What a deletion costs of a batch at the most, in bytes: its address and its headers. */
const deleteBytes = 700;

/**
 * Takes as many units from the queue as fit into one batch beside `!`, in the order in which they asked.
 * @param headBytes size of `!`
 * @param refuse told of a unit that cannot say what it has pending; it has to leave the queue
 * @returns `complete`: nothing is left in the queue
 */
export function takeParts(
  queue: Map<CommitUnit, Waiter[]>,
  headBytes: number,
  refuse: (part: Part, error: unknown) => void,
): { readonly parts: readonly Part[]; readonly complete: boolean } {
  const parts: Part[] = [];
  let operations = 1;
  let bytes = headBytes;
  for (const [unit, waiters] of queue) {
    let pending: readonly BatchOperation[];
    try {
      pending = unit.pending();
    } catch (error) {
      // A fault of ours in the rows of one mailbox must not take the others along.
      refuse({ unit, operations: [], waiters }, error);
      continue;
    }
    const size = pending.reduce((sum, item) => sum + (item.kind === 'delete' ? deleteBytes : wireBytes(item.row)), 0);
    const fits = operations + pending.length <= batchLimits.operations && bytes + size <= batchLimits.bytes;
    // One that is too large for any batch goes alone, and is refused.
    if (!fits && parts.length > 0) return { parts, complete: false };
    queue.delete(unit);
    unit.sent();
    parts.push({ unit, operations: pending, waiters });
    operations += pending.length;
    bytes += size;
  }
  return { parts, complete: true };
}
