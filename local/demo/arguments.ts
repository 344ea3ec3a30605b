import { parseArgs } from 'node:util';

export interface StartArguments {
  readonly demo: boolean;
  readonly autoSignIn: boolean;
  readonly imap: 'embedded' | 'dovecot';
  /** 0: a free one. */
  readonly port: number;
}

/** The arguments are wrong; the message is one sentence. */
export class ArgumentFault extends Error {
  override readonly name = 'ArgumentFault';
}

export const usage = `npm start -- [--no-demo] [--auto-sign-in] [--imap embedded|dovecot] [--port N]

  --no-demo       connects nobody and sends no mail; only prints the link
  --auto-sign-in  the Microsoft stand-in signs a known person in without showing its page
  --imap          embedded (default) needs nothing; dovecot starts the Dovecot that is installed on this machine
  --port          where the broker listens: 7071 unless given, 0 for any free port`;

const known = '--no-demo, --auto-sign-in, --imap embedded|dovecot and --port N';

/**
 * @returns undefined where only the usage is asked for
 * @throws ArgumentFault
 */
export function readStartArguments(argv: readonly string[]): StartArguments | undefined {
  const { values, tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      'no-demo': { type: 'boolean' },
      'auto-sign-in': { type: 'boolean' },
      imap: { type: 'string' },
      port: { type: 'string' },
    },
  });
  for (const token of tokens) {
    if (token.kind === 'positional') throw new ArgumentFault(`"${token.value}" is not understood; it takes ${known}.`);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!['help', 'no-demo', 'auto-sign-in', 'imap', 'port'].includes(name)) {
      throw new ArgumentFault(`${rawName} is not an option; it takes ${known}.`);
    }
    const wantsValue = name === 'imap' || name === 'port';
    if (!wantsValue && value !== undefined) throw new ArgumentFault(`${rawName} takes no value.`);
  }
  if (values.help === true) return undefined;
  const { imap = 'embedded', port = '7071' } = values;
  if (imap !== 'embedded' && imap !== 'dovecot') throw new ArgumentFault('--imap takes embedded or dovecot.');
  if (typeof port !== 'string' || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new ArgumentFault('--port takes a number from 0 to 65535.');
  }
  return {
    demo: values['no-demo'] !== true,
    autoSignIn: values['auto-sign-in'] === true,
    imap,
    port: Number(port),
  };
}
