import { type Deploying, Unattended, watched, withLogins } from '../deploy/deploy.ts';
import type { Facts } from '../deploy/facts.ts';
import { runSteps } from '../deploy/run-steps.ts';
import type { Job } from './jobs.ts';

/** How a job ended, when nothing failed. */
export interface JobEnd {
  /** `nothing`: there is nothing to do; `later`: it has to be run again; `would`: a what-if run. */
  readonly how: 'done' | 'nothing' | 'later' | 'declined' | 'would';
  readonly sentence: string;
  readonly facts: Facts;
}

/** Does a job on a broker that runs; what is left to do comes from Azure and from the broker at every run. @throws StepBlocked, AzureProblem, Unattended */
export async function work(deploying: Deploying, job: Job): Promise<JobEnd> {
  const { options, terminal } = deploying;
  let agreed = options.yes || options.whatIf;
  return withLogins(deploying, async (run): Promise<JobEnd> => {
    const { facts } = run;
    await runSteps(job.look, ...watched(run, terminal, job.look));
    const nothing = job.nothing?.(run);
    if (nothing !== undefined) return { how: 'nothing', sentence: nothing, facts };
    for (const line of job.summary(run)) terminal.line(line);
    if (!agreed) {
      if (!terminal.attended) throw new Unattended('This is not a terminal: add --yes, or --what-if to only look.');
      agreed = /^y(es)?$/i.test(await terminal.ask('Go on? [y/N] '));
      if (!agreed) return { how: 'declined', sentence: 'Nothing was changed.', facts };
    }
    await runSteps(job.act, ...watched(run, terminal, job.act));
    if (run.whatIf) return { how: 'would', sentence: 'Nothing was changed.', facts };
    if (facts.later !== undefined) return { how: 'later', sentence: facts.later, facts };
    return { how: 'done', sentence: job.end, facts };
  });
}
