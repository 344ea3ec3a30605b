import { AzureProblem, isProblem } from '../azure/problem.ts';
import { type Run, waitUntil } from './run.ts';
import type { Step, Verdict } from './step.ts';

/** Progress that is shown while steps run. */
export interface Observer {
  looking(step: Step): void;
  doing(step: Step, note: string | undefined): void;
  /** A line of the step that is under way: for what it waits. */
  saying(line: string): void;
  /** `did`: it was to do, and now it is done. */
  ended(step: Step, how: Ending, note: string | undefined): void;
  /** The step that everything stops at; or one that could not take back what it should. */
  failed(step: Step, error: unknown): void;
  /** No step is left; waits until all is shown. */
  closed(): Promise<void>;
}

export type Ending = 'done' | 'skip' | 'did' | 'would';

/** Why a run stopped at a step without an error of Azure. */
export class StepBlocked extends Error {
  override readonly name = 'StepBlocked';
  readonly step: string;
  readonly remedy: string;
  readonly paper: string | undefined;

  constructor(step: string, { sentence, remedy, paper }: Verdict & { readonly state: 'blocked' }) {
    super(sentence);
    this.step = step;
    this.remedy = remedy;
    this.paper = paper;
  }
}

/** Whether Azure may have acted though no answer came: what is there has to be looked at again. */
const isLost = (error: unknown): boolean => isProblem(error, 'answer_lost', 'unreachable', 'azure_down');

// A connection that broke twice in the same step is no accident.
const mostApplies = 3;
const pauseMs = 5_000;

async function perform(step: Step, run: Run, observer: Observer): Promise<void> {
  observer.looking(step);
  let verdict = await step.check(run);
  if (verdict.state === 'blocked') throw new StepBlocked(step.name, verdict);
  if (verdict.state !== 'todo') return observer.ended(step, verdict.state, verdict.note);
  const { apply } = step;
  if (apply === undefined) throw new Error(`The step ${step.name} has something to do and no way to do it.`);
  for (let applies = 1; ; applies += 1) {
    observer.doing(step, verdict.note);
    try {
      const note = await apply(run);
      if (run.whatIf) return observer.ended(step, 'would', note);
      if (step.everyRun !== true) await assertHolds(step, run);
      return observer.ended(step, 'did', note);
    } catch (error) {
      if (!isLost(error) || applies === mostApplies) throw error;
      await run.ports.clock.sleep(pauseMs, run.signal);
      verdict = await step.check(run);
      if (verdict.state === 'blocked') throw new StepBlocked(step.name, verdict);
      if (verdict.state !== 'todo') return observer.ended(step, 'did', verdict.note);
    }
  }
}

// A list of ARM may be some seconds behind what was written.
const settle = { forMs: 60_000, everyMs: 5_000, saying: 'Waiting until Azure shows the result' };

/** Looks once more, so that "done" is Azure's word and not ours. */
async function assertHolds(step: Step, run: Run): Promise<void> {
  let last: Verdict = { state: 'todo' };
  const holds = await waitUntil(run, settle, async () => {
    last = await step.check(run);
    if (last.state === 'blocked') throw new StepBlocked(step.name, last);
    return last.state === 'todo' ? undefined : true;
  });
  if (holds === true) return;
  throw new AzureProblem(
    'did_not_hold',
    `Azure accepted the step "${step.title}" but does not show its result.`,
    'Run this command again. If it stops here again, look at the activity log of the resource group.',
    last.note === undefined ? {} : { said: last.note },
  );
}

/**
 * Runs steps in order, and stops at the first that cannot continue. Then everything temporary is removed: the steps of
 * kind `cleanup`, as far as possible.
 * @throws StepBlocked, AzureProblem
 */
export async function runSteps(steps: readonly Step[], run: Run, observer: Observer): Promise<void> {
  try {
    await runInOrder(steps, run, observer);
  } finally {
    await observer.closed();
  }
}

async function runInOrder(steps: readonly Step[], run: Run, observer: Observer): Promise<void> {
  for (const [place, step] of steps.entries()) {
    try {
      run.signal?.throwIfAborted();
      await perform(step, run, observer);
    } catch (error) {
      observer.failed(step, error);
      // Ctrl-C ends the run, not what tidies up behind it.
      const { signal: _over, ...tidying } = run;
      for (const later of steps.slice(place + 1)) {
        if (later.cleanup !== true) continue;
        await perform(later, tidying, observer).catch((second: unknown) => observer.failed(later, second));
      }
      throw error;
    }
  }
}
