import type { Run } from './run.ts';

/** What a step found in Azure. */
export type Verdict =
  | { readonly state: 'done'; readonly note?: string }
  /** It needs no doing here, such as a network that was not asked for. */
  | { readonly state: 'skip'; readonly note?: string }
  | { readonly state: 'todo'; readonly note?: string }
  /** Nothing that this command does helps. `paper` is longer text for the person: a script, a link. */
  | { readonly state: 'blocked'; readonly sentence: string; readonly remedy: string; readonly paper?: string };

/**
 * One step of the deploy. What is left to do is derived from Azure alone, so that any machine can continue where
 * another stopped.
 */
export interface Step {
  /** Stable: programs read it. */
  readonly name: string;
  /** What it does, for people, in a few words. */
  readonly title: string;
  /** Looks, and puts what it found into `run.facts`. Changes nothing. */
  check(run: Run): Promise<Verdict>;
  /**
   * Does what is to do; may be called again after its answer was lost. Absent: the step only looks.
   * @returns a note for the person
   */
  apply?(run: Run): Promise<string | undefined>;
  /** Done at every run (a deployment repairs what drifted): the check afterwards does not say "done". */
  readonly everyRun?: boolean;
  /** Takes back what is there for the run only; done after a failure, too. */
  readonly cleanup?: boolean;
}

export const done = (note?: string): Verdict => (note === undefined ? { state: 'done' } : { state: 'done', note });
export const todo = (note?: string): Verdict => (note === undefined ? { state: 'todo' } : { state: 'todo', note });
export const skip = (note?: string): Verdict => (note === undefined ? { state: 'skip' } : { state: 'skip', note });
export const blocked = (sentence: string, remedy: string, paper?: string): Verdict => ({
  state: 'blocked',
  sentence,
  remedy,
  ...(paper === undefined ? {} : { paper }),
});
