import type { Clock, Random } from '../../src/lib/domain/clock.ts';
import type { BrokerApi } from '../api/broker-api.ts';
import type { Azure } from '../azure/azure.ts';
import type { Program } from '../azure/program.ts';
import type { Writes } from '../azure/writes.ts';
import type { CreateEntraApp } from '../entra-app/interface.ts';
import type { Profiles } from '../profile/profiles.ts';
import type { Facts } from './facts.ts';
import type { DeployOptions } from './options.ts';
import type { Package } from './package/package.ts';

/** Everything outside that the steps use; passed in. */
export interface DeployPorts {
  readonly azure: Azure;
  /** npm, by which Core Tools are installed on request; undefined where it cannot be found. */
  readonly npm: Program | undefined;
  /** Azure Functions Core Tools; undefined where they are missing. Checked again after they were installed. */
  findFunc(): Program | undefined;
  readonly entra: CreateEntraApp;
  /** The interface of a deployed broker. */
  broker(publicUrl: string): BrokerApi;
  readonly profiles: Profiles;
  readonly package: Package;
  /** Folder of main.bicep. */
  readonly infraFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly writes: Writes;
}

export interface Run {
  readonly options: DeployOptions;
  readonly ports: DeployPorts;
  readonly facts: Facts;
  /** Nothing is changed; planned changes are reported (ports.writes). */
  readonly whatIf: boolean;
  /** Aborted by Ctrl-C: steps end at the next wait, and what is for the run only is taken back. */
  readonly signal?: AbortSignal;
  /** A line for the person who waits. */
  say(line: string): void;
}

/** Looks again and again until there is something, or the time is over. In a what-if run it looks once. */
export async function waitUntil<Found>(
  run: Run,
  wait: { readonly forMs: number; readonly everyMs: number; readonly saying: string },
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const { clock } = run.ports;
  const since = clock.monotonic();
  for (;;) {
    const found = await look();
    const waited = clock.monotonic() - since;
    if (found !== undefined || run.whatIf || waited >= wait.forMs) return found;
    run.say(`${wait.saying} (${Math.round(waited / 1000)} s of at most ${Math.round(wait.forMs / 60_000)} min)`);
    await clock.sleep(wait.everyMs, run.signal);
  }
}
