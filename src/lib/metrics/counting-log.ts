import type { Log, LogFields } from '../log.ts';

/** What this process has logged since it started. */
export interface LogCounts {
  /** Lines by level and event, as `level event`. */
  readonly lines: ReadonlyMap<string, number>;
  /** Sums over the runs of shards, by the field of their line. */
  readonly runs: ReadonlyMap<string, number>;
}

/** The line that tells what a run of a shard did (sync/state/run-counts.ts), and those of its fields that add up. */
const runEvent = 'shard.finished';
export const runFields = ['polled', 'failed', 'delivered', 'timely', 'lagSeconds', 'retried', 'dead'] as const;

/**
 * A log that also counts. Metrics come from the lines that are logged anyway, so that a dashboard over the log and one
 * over the metrics cannot disagree.
 */
export function createCountingLog(log: Log): { readonly log: Log; readonly counts: LogCounts } {
  const lines = new Map<string, number>();
  const runs = new Map<string, number>(runFields.map((field) => [field, 0]));
  const add = (sums: Map<string, number>, key: string, more: number) => sums.set(key, (sums.get(key) ?? 0) + more);
  const note = (level: 'info' | 'warn' | 'error', event: string, fields: LogFields = {}) => {
    add(lines, `${level} ${event}`, 1);
    if (event !== runEvent) return;
    add(runs, 'runs', 1);
    for (const field of runFields) add(runs, field, Number(fields[field] ?? 0));
  };
  return {
    log: {
      info: (event, fields) => {
        note('info', event, fields);
        log.info(event, fields);
      },
      warn: (event, fields) => {
        note('warn', event, fields);
        log.warn(event, fields);
      },
      error: (event, error, fields) => {
        note('error', event, fields);
        log.error(event, error, fields);
      },
    },
    counts: { lines, runs },
  };
}
