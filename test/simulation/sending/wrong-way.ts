import type { Submission } from '../../../src/lib/domain/submission.ts';
import type { Lives } from '../lives.ts';

/** A run reads once how its mailboxes send; no attempt begins so long after that. */
const readBeforeMs = 10 * 60_000;

/** What is wrong with the way that an attempt has just been marked with; undefined: nothing, or there is no new mark. */
export function wrongWay(
  before: Submission | undefined,
  next: Submission,
  lives: Lives,
  now: number,
): string | undefined {
  if (before?.way !== undefined && before.way !== next.way) return `went by ${before.way}, and goes by ${next.way}`;
  const { mark } = next;
  if (mark === undefined || before?.mark !== undefined) return undefined;
  const vias = lives.byId(next.mailboxId)?.vias ?? [];
  const inForce = vias.filter((_, at) => now - (vias[at + 1]?.from ?? now) < readBeforeMs).map(({ via }) => via);
  const own = mark.way === 'smtp' ? 'smtp' : 'graph';
  return inForce.includes('auto') || inForce.includes(own)
    ? undefined
    : `goes by ${mark.way}, not by ${inForce.join()}`;
}
