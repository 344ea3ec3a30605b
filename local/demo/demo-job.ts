import { setTimeout as delay } from 'node:timers/promises';
import type { DemoUser } from '../entra/stand-in.ts';
import type { StandIns } from '../world.ts';
import { type BrokerClient, StepFailed } from './broker-client.ts';
import type { Terminal } from './terminal.ts';

/** What a part of the demo works with. */
export interface DemoJob {
  readonly client: BrokerClient;
  readonly standIns: Partial<StandIns>;
  /** Whose mailbox is connected. */
  readonly user: DemoUser;
  /** Who writes to her, and gets her answer. */
  readonly sender: DemoUser;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

// A poll comes every 5 s; a machine under load gets several of them.
const withinMs = 60_000;

/** Looks until there is something. @throws StepFailed that says `failure`, after a minute */
export async function eventually<T>(
  { signal }: Pick<DemoJob, 'signal'>,
  failure: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  for (const until = performance.now() + withinMs; performance.now() < until; ) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(100, undefined, { signal });
  }
  throw new StepFailed(`${failure} within ${withinMs / 1000} s.`);
}

/** `3.3 s` since `since` of performance.now(). */
export const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
