import { allSettledThenThrow } from '../domain/all-settled.ts';
import type { Clock } from '../domain/clock.ts';
import type { ExpiringRows, KeyedRow, KeyedRows } from '../domain/sealing.ts';
import { type ErrorCode, isBrokerError } from '../errors.ts';
import { longestUseMs } from './reader.ts';
import { rootSecretName } from './root-keys.ts';
import type { Vault } from './types.ts';

/** What became of the rows of one kind. */
export interface ResealedKind {
  readonly kind: string;
  readonly rows: number;
  readonly renewed: number;
  /** Under an older version still: interrupted, or failed. */
  readonly left: number;
  /** Could not be moved, each with the code of the reason. */
  readonly failed: readonly { readonly id: string; readonly code: string }[];
  /** Cannot be read, or do not count, under any version. */
  readonly broken: readonly string[];
}

export interface ResealReport {
  /** Id of the newest version of the root key, and when it was made. */
  readonly version: string;
  readonly since: Date | undefined;
  readonly kinds: readonly ResealedKind[];
  /** Rows left under older versions, of all kinds. */
  readonly left: number;
  /** Values that expire, and until when they need an older version. */
  readonly expiring: readonly { readonly kind: string; readonly count: number; readonly until: Date | undefined }[];
  /** Before that, a running instance may still write under an older version: it has not heard of the newest. */
  readonly settledAt: Date;
  /** True if no row needs an older version, and none will any more: then, and only then, an older one may be disabled. */
  readonly done: boolean;
}

export interface ResealOptions {
  /** When aborted: the rows under way are finished, no other is begun. */
  readonly signal?: AbortSignal;
  readonly progress?: (kind: string, done: number, of: number) => void;
}

/**
 * Moves every row that hangs on the root key to its newest version. Each row for itself and by its ETag, so that it may be
 * interrupted and repeated at any time, beside a running broker.
 * @throws BrokerError, StoreError when vault or table cannot be used; what was moved until then stays moved
 */
export type Reseal = (options?: ResealOptions) => Promise<ResealReport>;

/** That row is lost, under a version that is disabled, or being changed all the time. Anything else concerns all rows. */
const ofOneRow: readonly ErrorCode[] = [
  'seal_broken',
  'secret_missing',
  'row_broken',
  'row_newer',
  'conflict',
  'key_invalid',
];
const atOnce = 4;
/**
 * A row that is written under an older version while we work is found by the next look; someone who keeps doing it is
 * not.
 */
const looks = 3;

export function createReseal(deps: {
  readonly vault: Pick<Vault, 'secret'>;
  readonly keyed: readonly KeyedRows[];
  readonly expiring: readonly ExpiringRows[];
  readonly clock: Pick<Clock, 'now'>;
}): Reseal {
  return async (options = {}) => {
    const begunAt = deps.clock.now();
    const { version, createdOn } = await deps.vault.secret(rootSecretName, { fresh: true });
    // A vault that does not say since when: as if it had been made this moment.
    const settledAt = new Date((createdOn?.getTime() ?? begunAt) + longestUseMs);
    const kinds: ResealedKind[] = [];
    for (const rows of deps.keyed) kinds.push(await resealKind(rows, options));
    const expiring: ResealReport['expiring'][number][] = [];
    for (const rows of deps.expiring) {
      const waiting = await rows.waiting(settledAt);
      if (waiting.count > 0) expiring.push({ kind: rows.kind, ...waiting });
    }
    const left = kinds.reduce((sum, kind) => sum + kind.left, 0);
    // What was looked at before that moment, someone may have written again since.
    const done = left === 0 && begunAt >= settledAt.getTime() && options.signal?.aborted !== true;
    return { version, since: createdOn, kinds, left, expiring, settledAt, done };
  };
}

async function resealKind(rows: KeyedRows, { signal, progress }: ResealOptions): Promise<ResealedKind> {
  const failed = new Map<string, string>();
  let renewed = 0;
  let found = await look(rows);
  for (let round = 1; round <= looks; round++) {
    const queue = found.old.filter((id) => !failed.has(id));
    if (queue.length === 0 || signal?.aborted === true) break;
    const of = queue.length;
    let done = 0;
    progress?.(rows.kind, done, of);
    const work = async () => {
      for (let id = queue.shift(); id !== undefined; id = signal?.aborted === true ? undefined : queue.shift()) {
        try {
          await rows.renew(id);
          renewed++;
        } catch (error) {
          if (!isBrokerError(error, ...ofOneRow)) throw error;
          failed.set(id, error.code);
        }
        done++;
        progress?.(rows.kind, done, of);
      }
    };
    await allSettledThenThrow(Array.from({ length: atOnce }, () => work));
    found = await look(rows);
  }
  return {
    kind: rows.kind,
    rows: found.count,
    renewed,
    left: found.old.length,
    failed: [...failed].map(([id, code]) => ({ id, code })),
    broken: found.broken,
  };
}

async function look(rows: KeyedRows): Promise<{ count: number; old: readonly string[]; broken: readonly string[] }> {
  const found: KeyedRow[] = [];
  for await (const row of rows.scan()) found.push(row);
  const ids = (state: KeyedRow['state']) => found.filter((row) => row.state === state).map(({ id }) => id);
  return { count: found.length, old: ids('old'), broken: ids('broken') };
}
