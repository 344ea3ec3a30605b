import { describe, expect, it } from 'vitest';
import { plantedBugs } from './bugs.ts';
import { type PlantedBug, plant } from './plant.ts';
import type { Breach } from './promises.ts';

/** Worlds that are tried where the one that was written down no longer shows the bug. */
const mostSeeds = 400;

describe('the simulator finds', () => {
  it.each(plantedBugs.map((bug) => [bug.name, bug] as const))(
    '%s',
    async (_, bug) => {
      const { seed, breach } = await findBug(bug);
      if (seed !== bug.seed) console.warn(`${bug.name}: world ${bug.seed} no longer shows it, world ${seed} does`);
      expect(breach?.promise).toBe(bug.breaks);
      // For searching many worlds on a busy machine.
    },
    900_000,
  );

  it('reports a planted bug whose source has changed', async () => {
    const change = { file: 'store/shard/committer.ts', find: 'what stands in no file', put: '' };
    await expect(plant({ name: 'none', seed: 1, breaks: 'order', changes: [change] })).rejects.toThrow(
      /stands 0 times/,
    );
  });
});

/** The world in which a bug shows: the one that was written down, or else the first of all. */
async function findBug(bug: PlantedBug): Promise<{ readonly seed: number; readonly breach: Breach | undefined }> {
  const simulate = await plant(bug);
  const without = new Set(bug.without);
  for (let tried = 0; tried <= mostSeeds; tried++) {
    const seed = tried === 0 ? bug.seed : tried;
    const [breach] = (await simulate({ seed, without })).breaches;
    if (breach?.promise === bug.breaks) return { seed, breach };
  }
  return { seed: 0, breach: undefined };
}
