import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Nocobase } from './nocobase.ts';

const page = resolve(import.meta.dirname, '../../../docs/nocobase.md');

/** A heading of docs/nocobase.md, without its #. */
export type Heading =
  | 'Your values'
  | '1. The collections'
  | '2. A role and an API key'
  | '`collection`'
  | '`workflow`'
  | '`webhook` (commercial)';

/** What the page's commands need of the world around them. */
export interface Values {
  readonly nocobase: Nocobase;
  /** Address of the broker without /api, and a key of it; where the commands talk to it. */
  readonly broker?: { readonly url: string; readonly key: string };
  /** Commands that match this are left out: from the line that begins them to the end of their block. */
  readonly skip?: RegExp;
  /** Blocks of another page, which build on these; they come last. */
  readonly also?: readonly string[];
  /** Variables that commands run before have set. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** What is left after the commands. */
export interface Ran {
  readonly variables: { readonly API_KEY: string; readonly BROKER_PASSWORD: string } & Readonly<Record<string, string>>;
  /** Everything that they printed. */
  readonly output: string;
}

/** The shell commands under a heading, as a reader copies them. */
async function commandsUnder(heading: Heading): Promise<string[]> {
  const text = await readFile(page, 'utf8');
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/nocobase.md has no heading "${heading}"`);
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
}

const kept = ['API_KEY', 'BROKER_PASSWORD'];

/**
 * Runs the commands that docs/nocobase.md gives under these headings, in order, as one shell session: the page is how
 * the suites prepare their NocoBase, so that it cannot say what does not work.
 * @throws Error with what a command printed, if one fails
 */
export async function runDocumented(values: Values, ...headings: Heading[]): Promise<Ran> {
  // The first block of the page holds the values themselves, which are ours here.
  const [, ...helpers] = await commandsUnder('Your values');
  const { nocobase, broker, variables = {}, skip, also = [] } = values;
  const blocks = (await Promise.all(headings.map(commandsUnder)))
    .flat()
    .map((block) => (skip === undefined ? block : untilSkipped(block, skip)));
  const marker = '--- variables ---';
  const show = `echo; echo '${marker}'; for name in ${kept.join(' ')}; do echo "$name=\${!name:-}"; done`;
  const script = ['set -e', 'shopt -s inherit_errexit', ...helpers, ...blocks, ...also, show].join('\n');
  const env = {
    PATH: process.env.PATH ?? '',
    NOCOBASE: nocobase.url,
    ROOT_ACCOUNT: nocobase.root.account,
    ROOT_PASSWORD: nocobase.root.password,
    BROKER: broker?.url ?? '',
    BROKER_KEY: broker?.key ?? '',
    ...variables,
  };
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env }).catch((error: unknown) => {
    const { stdout: said = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`A command of docs/nocobase.md failed:\n${said.slice(-1500)}\n${stderr.slice(-1500)}`);
  });
  const [output = '', shown = ''] = stdout.split(marker);
  const found = Object.fromEntries(
    shown
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const { API_KEY = '', BROKER_PASSWORD = '' } = found;
  return { variables: { ...found, API_KEY, BROKER_PASSWORD }, output };
}

function untilSkipped(block: string, skip: RegExp): string {
  const lines = block.split('\n');
  const first = lines.findIndex((line) => skip.test(line));
  return first === -1 ? block : lines.slice(0, first).join('\n');
}
