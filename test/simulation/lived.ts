import type { FaultKind } from './faults.ts';
import { simulate } from './simulate.ts';

/** Worlds to live through, one after the other. */
export interface Order {
  readonly from: number;
  readonly to: number;
  readonly steps: number | undefined;
  readonly without: ReadonlySet<FaultKind>;
}

/** A world in which a promise was broken. */
export interface Failed {
  readonly seed: number;
  readonly what: string;
}

export interface Lived {
  readonly from: number;
  readonly to: number;
  readonly failed: readonly Failed[];
  readonly events: number;
  readonly cpuMs: number;
}

/** Runs some worlds. An error that is thrown in one of them is its failure. */
export async function live({ from, to, steps, without }: Order): Promise<Lived> {
  const before = process.cpuUsage();
  const failed: Failed[] = [];
  let events = 0;
  for (let seed = from; seed <= to; seed++) {
    try {
      const { breaches, steps: taken } = await simulate({ seed, steps, without });
      events += taken;
      const [first] = breaches;
      if (first !== undefined) failed.push({ seed, what: `${first.promise}: ${first.detail} (step ${first.step})` });
    } catch (error) {
      failed.push({ seed, what: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  const { user, system } = process.cpuUsage(before);
  return { from, to, failed, events, cpuMs: (user + system) / 1000 };
}
