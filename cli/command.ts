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
}

/** A command of `broker`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it says for --help. */
  readonly help: string;
  /**
   * @param args what follows the command's name
   * @returns the exit code
   * @throws UsageError for arguments that it does not take
   */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

/** The command was called in a way that it does not know; the message is one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
