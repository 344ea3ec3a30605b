import type { Config } from '../config.ts';
import type { Clock, Random } from '../domain/clock.ts';
import type { Log } from '../log.ts';

/** What every part of the broker stands on. */
export interface Base {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
}
