import { expect, it } from 'vitest';
import type { ShardWakeUp } from '../state/wake-up.ts';
import { lastStartMs, loneShard, runLoneShard } from './lone-shard.ts';

const wakeUp = (shard: number, cont = 0): ShardWakeUp => ({
  ...{ v: 1, kind: 'shard', shard, tick: 7, cont },
  why: cont === 0 ? 'tick' : 'continue',
});

it.each([
  ['looks after the only shard', [wakeUp(3)], false, wakeUp(3)],
  ['leaves it to the queue where bells come through it', [wakeUp(3)], true, undefined],
  ['leaves several shards to the queue, so that they run side by side', [wakeUp(0), wakeUp(1)], false, undefined],
  ['has nothing to look after without a shard', [], false, undefined],
])('the process of the timer %s', (_, wakeUps, hasBells, expected) => {
  expect(loneShard(wakeUps, hasBells)).toEqual(expected);
});

/** Runs that take so long each, and leave work until so many have run. */
function runs(count: number, ms: number) {
  let now = 0;
  const seen: number[] = [];
  const runner = {
    run: async ({ shard, cont }: ShardWakeUp) => {
      now += ms;
      seen.push(cont);
      return seen.length < count ? wakeUp(shard, cont + 1) : undefined;
    },
  };
  return { deps: { runner, clock: { monotonic: () => now } }, seen };
}

it('what a run leaves is continued in the same process until nothing is left, each time after the rest of the tick', async () => {
  const { deps, seen } = runs(3, 45_000);
  const before: number[] = [];
  const left = await runLoneShard(deps, wakeUp(0), async () => void before.push(seen.length));
  expect({ left, seen, before }).toEqual({ left: undefined, seen: [0, 1, 2], before: [0, 1, 2] });
});

it('what would outlast the function goes into the queue', async () => {
  const { deps, seen } = runs(100, 45_000);
  const left = await runLoneShard(deps, wakeUp(0), async () => {});
  expect(seen).toHaveLength(Math.ceil(lastStartMs / 45_000));
  expect(left).toEqual(wakeUp(0, seen.length));
});

it('a store that does not answer fails the invocation', async () => {
  const run = () => Promise.reject(new Error('no store'));
  const deps = { runner: { run }, clock: { monotonic: () => 0 } };
  await expect(runLoneShard(deps, wakeUp(0), async () => {})).rejects.toThrow('no store');
});
