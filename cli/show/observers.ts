import type { Observer } from '../deploy/run-steps.ts';
import type { Step } from '../deploy/step.ts';

const signs = { done: 'ok', skip: '--', did: 'did', would: 'would' } as const;

/** One line for each step, where there is no terminal: the log of a pipeline. */
export function lineObserver(line: (text: string) => void): Observer {
  let said = '';
  return {
    looking() {},
    doing: (step, note) => line(`      ${step.title}${note === undefined ? '' : `: ${note}`} …`),
    saying(text) {
      // A wait counts its seconds in parentheses; a log needs to hear of it once.
      const what = text.replace(/ \(\d+ s\b.*/, '');
      if (what !== said) line(`      ${what}`);
      said = what;
    },
    ended: (step, how, note) => line(`${signs[how].padEnd(5)} ${step.title}${note === undefined ? '' : `: ${note}`}`),
    failed: (step) => line(`FAIL  ${step.title}`),
    closed: async () => undefined,
  };
}

/** One JSON object a line, for programs: `{"step", "state", "note"?}`. States: looking, doing, done, skip, did, would, failed. */
export function jsonObserver(line: (text: string) => void): Observer {
  const tell = (step: Step, state: string, note?: string): void =>
    line(JSON.stringify({ step: step.name, state, ...(note === undefined ? {} : { note }) }));
  return {
    looking: (step) => tell(step, 'looking'),
    doing: (step, note) => tell(step, 'doing', note),
    saying: (text) => line(JSON.stringify({ state: 'waiting', note: text })),
    ended: (step, how, note) => tell(step, how, note),
    failed: (step, error) => tell(step, 'failed', error instanceof Error ? error.message : String(error)),
    closed: async () => undefined,
  };
}
