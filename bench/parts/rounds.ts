/** What is measured beside its floor. Each call answers one round. */
export interface Contest<F, O> {
  readonly rounds: number;
  /** `isWarming`: a round that is thrown away, for which less will do. */
  readonly floor: (round: number, isWarming: boolean) => Promise<F>;
  readonly ours: (round: number, isWarming: boolean) => Promise<O>;
  /** What of a round of ours tells whether it still becomes faster: a time or a rate. */
  readonly steady: (ours: O) => number;
}

/** Two rounds that differ by less are no longer those of a process that is getting warm. */
const steadyWithin = 0.08;

/** Rounds that are thrown away at most: a machine with other work is never steady. */
const mostWarming = 5;

/**
 * Measures rounds of both, turn by turn. Code is loaded and compiled in the first rounds: they are thrown away until two in a
 * row are alike. Then the two take turns in beginning, so that neither always comes after what the other left in caches.
 */
export async function measured<F, O>(contest: Contest<F, O>): Promise<{ readonly floor: F[]; readonly ours: O[] }> {
  const { rounds, floor, ours, steady } = contest;
  let warming = 0;
  let before = Number.NaN;
  for (; warming < mostWarming; warming++) {
    await floor(warming, true);
    const now = steady(await ours(warming, true));
    const isSteady = Math.abs(now - before) <= steadyWithin * now;
    before = now;
    if (isSteady) break;
  }
  const found = { floor: [] as F[], ours: [] as O[] };
  for (let round = warming + 1; found.ours.length < rounds; round++) {
    const takeTurns = [
      async () => void found.floor.push(await floor(round, false)),
      async () => void found.ours.push(await ours(round, false)),
    ];
    if (found.ours.length % 2 === 1) takeTurns.reverse();
    for (const take of takeTurns) await take();
  }
  return found;
}
