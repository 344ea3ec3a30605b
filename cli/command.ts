import type { Command as Program } from 'commander';

/** Where a command reads and writes; passed in, so that tests can look. */
export interface CommandIo {
  /** One line of the result. */
  out(line: string): void;
  /** One line for the person who waits: progress, faults. */
  err(line: string): void;
  readonly environment: NodeJS.ProcessEnv;
  /** Folder in which local.settings.json is looked for. */
  readonly folder: string;
  /** Aborted by Ctrl-C: stop soon, and in order. */
  readonly signal: AbortSignal;
  /** Whether a person sits at a terminal and can answer. */
  readonly attended: boolean;
  /** Asks on the terminal; only where `attended`. @returns the answer, without white space around it */
  ask(question: string): Promise<string>;
}

/** How a command ends. 0 done, 1 it did not succeed, 2 it was called in a way that it does not know, 3 not done yet. */
export type ExitCode = 0 | 1 | 2 | 3;

/**
 * Adds a command to `broker`. Its action hands its exit code to `ended`; an error that it throws is printed, with exit
 * code 1.
 */
export type AddCommand = (program: Program, io: CommandIo, ended: (code: ExitCode) => void) => void;

/** The command was called in a way that it does not know; the message is one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
