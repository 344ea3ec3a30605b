import type { Submission } from '../../../src/lib/domain/submission.ts';
import type { Lives } from '../lives.ts';

/**
 * What is wrong with the way that an attempt has just been marked with; undefined: nothing, or there is no new mark.
 * @param since when the run began, which reads once how its mailboxes send
 */
export function wrongWay(
  before: Submission | undefined,
  next: Submission,
  lives: Lives,
  since: number,
): string | undefined {
  // Whatever was chosen since: after the first attempt it stays.
  if (before?.way !== undefined)
    return before.way === next.way ? undefined : `went by ${before.way}, and goes by ${next.way}`;
  const { mark } = next;
  if (mark === undefined || before?.mark !== undefined) return undefined;
  const vias = lives.byId(next.mailboxId)?.vias ?? [];
  const inForce = vias.filter((_, at) => (vias[at + 1]?.from ?? since) >= since).map(({ via }) => via);
  const own = mark.way === 'smtp' ? 'smtp' : 'graph';
  return inForce.includes('auto') || inForce.includes(own)
    ? undefined
    : `goes by ${mark.way}, not by ${inForce.join()}`;
}
