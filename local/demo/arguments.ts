import { ArgumentFault, type CommandLine, readCommandLine } from '../command-line.ts';

export interface StartArguments {
  readonly demo: boolean;
  readonly autoSignIn: boolean;
  /** Every invocation is shown, polls that find nothing included. */
  readonly verbose: boolean;
  readonly imap: 'embedded' | 'dovecot';
  /** 0: a free one. */
  readonly port: number;
}

export const usage = `npm start -- [--no-demo] [--auto-sign-in] [--imap embedded|dovecot] [--port N] [--verbose]

  --no-demo       connects nobody and sends no mail; only prints the link
  --auto-sign-in  the Microsoft stand-in signs a known person in without showing its page
  --imap          embedded (default) needs nothing; dovecot starts the Dovecot that is installed on this machine
  --port          where the broker listens: 7071 unless given, 0 for any free port
  --verbose       shows every run of a timer and of the queue, also those that find nothing to do`;

const line: CommandLine = {
  script: 'npm start',
  flags: ['no-demo', 'auto-sign-in', 'verbose'],
  values: ['imap', 'port'],
  known: '--no-demo, --auto-sign-in, --imap embedded|dovecot, --port N and --verbose',
};

/**
 * @returns undefined where only the usage is asked for
 * @throws ArgumentFault
 */
export function readStartArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): StartArguments | undefined {
  const options = readCommandLine(line, argv, env);
  if (options.isHelp) return undefined;
  const imap = options.value('imap') ?? 'embedded';
  const port = options.value('port') ?? '7071';
  if (imap !== 'embedded' && imap !== 'dovecot') throw new ArgumentFault('--imap takes embedded or dovecot.');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new ArgumentFault('--port takes a number from 0 to 65535.');
  }
  return {
    demo: !options.has('no-demo'),
    autoSignIn: options.has('auto-sign-in'),
    verbose: options.has('verbose'),
    imap,
    port: Number(port),
  };
}
