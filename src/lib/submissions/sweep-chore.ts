import { hourMs } from '../domain/duration.ts';
import { type SweepParts, sweepSubmissions } from './sweep.ts';

/** The sweep of submissions as a chore of housekeeping: what it deletes is days old, so that an hour more does not matter. */
export const sweepSubmissionsChore = (parts: SweepParts) => ({
  name: 'sweep-submissions' as const,
  everyMs: hourMs,
  async run() {
    const swept = await sweepSubmissions(parts);
    return Object.values(swept).some((count) => count > 0) ? { ...swept } : undefined;
  },
});
