import { AzureProblem } from './problem.ts';
import type { Program } from './program.ts';
import { isKnownCode, problemOf } from './sentences.ts';
import { shellLine, type Writes } from './writes.ts';

export interface AzWrite {
  /** Written to standard input; `--parameters @-` reads it. */
  readonly input?: string;
  /** What a what-if run takes for the answer. */
  readonly instead?: unknown;
  /** The arguments as they are shown, where a person would write them differently. */
  readonly told?: readonly string[];
}

/** The Azure CLI. All answers are JSON, already parsed; an empty one is undefined. */
export interface Az {
  /** A command that changes nothing. @throws AzureProblem */
  read(args: readonly string[]): Promise<unknown>;
  /** A command that changes something: told before, and left out in a what-if run. @throws AzureProblem */
  write(args: readonly string[], options?: AzWrite): Promise<unknown>;
  /** A command that talks to the person at the terminal, such as `login`. @returns whether it succeeded */
  talk(args: readonly string[]): Promise<boolean>;
}

// Without it az asks whether to send telemetry or to install an extension, and waits for an answer.
const always = ['--only-show-errors', '--output', 'json'];

/** Azure's own code and sentence in what az wrote to stderr: `ERROR: (Code) Sentence`, or JSON with `code`. */
export function readStderr(stderr: string): { azureCode?: string; claims?: string; tenant?: string } {
  // A deployment names its own failure first, and what failed in it further inside.
  const codes = [...stderr.matchAll(/\((\w+)\)|"code":\s*"(\w+)"|(AADSTS\d+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
  const code = codes.findLast(isKnownCode) ?? codes[0];
  // az prints the command to log in with (aad_error_handler in azure-cli-core/azure/cli/core/auth/util.py).
  const claims = /--claims-challenge "?([\w+/=-]+)"?/.exec(stderr)?.[1];
  const tenant = /--tenant "?([\w.-]+)"?/.exec(stderr)?.[1];
  return {
    ...(code === undefined ? {} : { azureCode: code }),
    ...(claims === undefined ? {} : { claims }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

/**
 * Where the answer begins. az installs the Bicep compiler automatically, and some releases say so on standard output
 * (https://github.com/Azure/azure-cli/issues/27855).
 */
function startOfJson(printed: string): number {
  const begin = /^[[{]/m.exec(printed)?.index;
  return begin ?? 0;
}

export function createAz(program: Program, writes: Writes, signal?: AbortSignal): Az {
  async function run(args: readonly string[], input?: string): Promise<unknown> {
    const call = shellLine('az', args);
    const answer = await program({
      args: [...args, ...always],
      ...(input === undefined ? {} : { input }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.code !== 0) {
      const text = answer.stderr.trim() || answer.stdout.trim();
      throw problemOf({ text, call, ...readStderr(text) });
    }
    const printed = answer.stdout.trim();
    if (printed === '') return undefined;
    try {
      return JSON.parse(printed.slice(startOfJson(printed)));
    } catch (error) {
      throw new AzureProblem(
        'az_unreadable',
        'The Azure CLI answered with something that is not JSON.',
        'Run the command below by hand and look at what it prints; an update of az may be due (az upgrade).',
        { call },
        error,
      );
    }
  }
  return {
    read: (args) => run(args),
    async write(args, { input, instead, told = args } = {}) {
      writes.told(shellLine('az', told));
      return writes.whatIf ? instead : await run(args, input);
    },
    talk: async (args) => (await program({ args, interactive: true })).code === 0,
  };
}
