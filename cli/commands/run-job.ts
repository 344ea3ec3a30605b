import type { CommandIo, ExitCode } from '../command.ts';
import type { Deploying } from '../deploy/deploy.ts';
import type { DeployOptions } from '../deploy/options.ts';
import type { Job } from '../rotate/jobs.ts';
import { work } from '../rotate/work.ts';
import { type PortParts, prepare, stopped } from './run-deploy.ts';

const codes = { done: 0, nothing: 0, would: 0, declined: 1, later: 3 } as const satisfies Record<string, ExitCode>;

/** Runs a job on a broker that is deployed, to its end, and tells how that was. Exit code 3: it has to be run again. */
export async function runJob(
  job: Job,
  options: DeployOptions,
  io: CommandIo,
  parts: Omit<PortParts, 'writes'>,
): Promise<ExitCode> {
  const { deploying, calls } = prepare(options, io, parts);
  return finishJob(job, deploying, io, calls);
}

/** Runs it to its end with the given ports, and prints the outcome. */
export async function finishJob(
  job: Job,
  deploying: Deploying,
  io: CommandIo,
  calls: () => readonly string[],
): Promise<ExitCode> {
  const { options } = deploying;
  try {
    const { how, sentence, facts } = await work(deploying, job);
    if (options.json) {
      io.out(JSON.stringify({ state: how, sentence, calls: calls(), warnings: facts.warnings }));
    } else {
      for (const call of calls()) io.out(call);
      for (const line of ['', ...facts.warnings.map((warning) => `! ${warning}`), sentence]) io.err(line);
    }
    return codes[how];
  } catch (error) {
    return stopped(error, options.json, io);
  }
}
