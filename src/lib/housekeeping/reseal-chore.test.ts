import { beforeEach, describe, expect, it } from 'vitest';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { settled, virtualClock } from '../../../test/support/virtual-clock.ts';
import { systemRandom } from '../domain/system.ts';
import { createResealProgress } from '../store/deployment/reseal-progress.ts';
import type { Reseal, ResealReport } from '../vault/reseal.ts';
import { resealChore, resealNow } from './reseal-chore.ts';

const settledAt = new Date('2026-11-22T11:05:00Z');
const report = (change: Partial<ResealReport> = {}): ResealReport => ({
  version: 'b'.repeat(32),
  since: undefined,
  kinds: [{ kind: 'grants', rows: 3, renewed: 2, left: 0, failed: [], broken: ['x'] }],
  left: 0,
  expiring: [{ kind: 'links', count: 2, until: new Date('2026-11-23T00:00:00Z') }],
  settledAt,
  done: true,
  ...change,
});

describe('re-sealing by housekeeping', () => {
  let clock: ReturnType<typeof virtualClock>;
  let version: string;
  let runs: number;
  let answer: Reseal;
  let progress: ReturnType<typeof createResealProgress>;
  beforeEach(() => {
    clock = virtualClock();
    progress = createResealProgress({ store: memoryStore(clock), clock, random: systemRandom });
    version = 'b'.repeat(32);
    runs = 0;
    answer = async () => report();
  });
  const deps = () => ({
    vault: { secret: async () => ({ value: '', version }) },
    reseal: async (options?: Parameters<Reseal>[0]) => {
      runs += 1;
      return answer(options);
    },
    progress,
    clock,
  });
  it('moves what lies under an older version, and rests when none is needed any more', async () => {
    answer = async () => report({ left: 4, done: false });
    const chore = resealChore(deps());
    expect(await chore.run()).toEqual({ left: 4, done: 0 });
    answer = async () => report();
    expect(await chore.run()).toEqual({ left: 0, done: 1 });
    expect(await chore.run()).toBeUndefined();
    expect(runs).toBe(2);
    version = 'c'.repeat(32);
    answer = async () => report({ version });
    expect(await chore.run()).toEqual({ left: 0, done: 1 });
  });

  it('leaves what it reached for everybody to see', async () => {
    await resealNow(deps());
    expect(await progress.read()).toEqual({
      version,
      at: new Date(clock.now()),
      left: 0,
      kinds: [{ kind: 'grants', rows: 3, left: 0, failed: 0, broken: 1 }],
      expiring: [{ kind: 'links', count: 2, until: new Date('2026-11-23T00:00:00Z') }],
      settledAt,
      done: true,
    });
  });

  it('stops in good time before the invocation would end', async () => {
    answer = async (options) => {
      await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
      return report({ left: 7, done: false });
    };
    const work = resealNow(deps());
    await settled();
    await clock.advance(90_000);
    expect(await work).toMatchObject({ left: 7, done: false });
  });

  it('notes nothing where the vault is away', async () => {
    answer = async () => {
      throw new Error('no vault');
    };
    await expect(resealNow(deps())).rejects.toThrow('no vault');
    expect(await progress.read()).toBeUndefined();
  });
});
