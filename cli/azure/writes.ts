/** Whether what would change something is done, or only told. */
export interface Writes {
  /** `--what-if`: nothing is changed; each change is reported and answered with the caller's `instead`. */
  readonly whatIf: boolean;
  /**
   * Told of each change before it is made, as one line that could be run in a shell, secrets replaced by what they are
   * in angle brackets.
   */
  readonly told: (line: string) => void;
}

const plain = /^[\w@%+=:,./-]+$/;

/** One argument as a POSIX shell takes it. */
export const quoted = (argument: string): string =>
  plain.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

/** A command line that can be pasted into bash (Cloud Shell's too). For reading only: nothing of ours runs it. */
export const shellLine = (program: string, args: readonly string[]): string => [program, ...args].map(quoted).join(' ');
