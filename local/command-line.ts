import { parseArgs } from 'node:util';

/** The arguments are wrong; the message is one sentence. */
export class ArgumentFault extends Error {
  override readonly name = 'ArgumentFault';
}

/** What a script of package.json takes. */
export interface CommandLine {
  /** As it is typed: `npm start`. */
  readonly script: string;
  /** Options without a value, as they are written after the dashes: `auto-sign-in`, `no-demo`. */
  readonly flags: readonly string[];
  /** Options with one. */
  readonly values: readonly string[];
  /** All of them in a row, for anyone who mistyped one. */
  readonly known: string;
  /** Whether words that are no options mean something. */
  readonly takesWords?: boolean;
}

export interface Options {
  readonly has: (flag: string) => boolean;
  readonly value: (name: string) => string | undefined;
  readonly words: readonly string[];
  readonly isHelp: boolean;
}

/**
 * Reads the arguments of a script that npm runs.
 * @param env the process's environment, in which npm leaves what it took for its own options
 * @throws ArgumentFault with one sentence that says what to type
 */
export function readCommandLine(
  line: CommandLine,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Options {
  const kept = keptByNpm(line, argv, env);
  if (kept !== undefined) throw new ArgumentFault(kept);
  const options = Object.fromEntries([
    ['help', { type: 'boolean', short: 'h' } as const],
    ...line.flags.map((name) => [name, { type: 'boolean' } as const] as const),
    ...line.values.map((name) => [name, { type: 'string' } as const] as const),
  ]);
  const { values, tokens, positionals } = parseArgs({ args: [...argv], strict: false, tokens: true, options });
  for (const token of tokens) {
    if (token.kind === 'positional' && line.takesWords !== true) {
      throw new ArgumentFault(`"${token.value}" is not understood; it takes ${line.known}.`);
    }
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (options[name] === undefined) {
      throw new ArgumentFault(`${rawName} is not an option; it takes ${line.known}.`);
    }
    const wantsValue = line.values.includes(name);
    if (!wantsValue && value !== undefined) throw new ArgumentFault(`${rawName} takes no value.`);
    if (wantsValue && value === undefined) throw new ArgumentFault(`${rawName} takes a value; it takes ${line.known}.`);
  }
  return {
    has: (flag) => values[flag] === true,
    value: (name) => {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    },
    words: positionals,
    isHelp: values.help === true,
  };
}

/**
 * npm takes what stands before `--` for options of its own: `npm start --port 7085` reaches the script as the word `7085`,
 * beside npm_config_port in the environment. Answers a sentence that says what to type, if that has happened.
 * https://docs.npmjs.com/cli/commands/npm-run-script
 */
export function keptByNpm(
  { script, flags, values }: Pick<CommandLine, 'script' | 'flags' | 'values'>,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  // Outside of npm its settings are not options.
  if (env.npm_lifecycle_event === undefined) return undefined;
  const [word, ...further] = argv.filter((text) => !text.startsWith('-'));
  const setting = (name: string) => env[`npm_config_${name.replaceAll('-', '_')}`];
  const asTyped = [
    // `--no-demo` is to npm its setting `demo`, switched off.
    ...flags
      .filter((name) => (name.startsWith('no-') ? setting(name.slice('no-'.length)) === '' : setting(name) === 'true'))
      .map((name) => `--${name}`),
    ...values.flatMap((name) => {
      const value = setting(name);
      if (value === undefined || value === '') return [];
      // With several words it is unclear which belongs to which.
      return [`--${name} ${value !== 'true' ? value : further.length > 0 ? '…' : (word ?? '…')}`];
    }),
  ];
  if (asTyped.length === 0) return undefined;
  const options = asTyped.map((option) => option.split(' ')[0]).join(' and ');
  return `npm kept ${options} for itself: options of this script come after --. Type: ${script} -- ${asTyped.join(' ')}`;
}

/** {@link readCommandLine} for a script: what is wrong is one sentence, and the end with code 2. */
export function commandLine(line: CommandLine): Options {
  try {
    return readCommandLine(line, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ArgumentFault)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}
