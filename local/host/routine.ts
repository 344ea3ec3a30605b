/** Counts in a `shard.finished` line that say that a poll came to something. */
const counts = ['delivered', 'retried', 'dead', 'failed', 'held'] as const;

/**
 * Whether a line of the app's own log is routine without a result: a timer that fired, a poll without mail, a chore
 * that was done. Pure.
 * @param line undefined where it is no JSON with an event
 */
export function isRoutine(line: Readonly<Record<string, unknown>> | undefined): boolean {
  if (line === undefined || line.level !== 'info') return false;
  if (line.event === 'dispatch.finished' || line.event === 'housekeeping.done') return true;
  return line.event === 'shard.finished' && counts.every((name) => Number(line[name] ?? 0) === 0);
}
