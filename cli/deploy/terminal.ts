import type { Observer } from './run-steps.ts';
import type { Step } from './step.ts';

/** Where the deploy shows what it does and asks. */
export interface Terminal {
  observer(steps: readonly Step[]): Observer;
  /** A line of the result, or for the person. */
  line(text: string): void;
  /** Whether someone is there to answer. */
  readonly attended: boolean;
  /** @returns the answer, without white space around it */
  ask(question: string): Promise<string>;
}
