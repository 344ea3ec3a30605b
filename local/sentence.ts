import { isBrokerError } from '../src/lib/errors.ts';

/** Faults that a person can fix are plain or named errors with one sentence. */
const known = ['Error', 'ArgumentFault', 'PortTaken', 'SettingsError', 'StateFolderFault', 'StepFailed'];

/** What to tell the person who started the local world: a sentence where the fault is one that we foresaw, else its stack. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Something failed that is not an Error.';
  if (isBrokerError(error)) return `${error.message} ${error.remedy}`;
  return known.includes(error.name) ? error.message : (error.stack ?? error.message);
}
