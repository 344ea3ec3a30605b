import { SettingsError } from '../src/lib/config.ts';
import { BrokerError } from '../src/lib/errors.ts';
import { redact } from '../src/lib/log.ts';
import { isStoreError } from '../src/lib/store/table.ts';
import { bootstrapKey } from './bootstrap-key.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { reseal } from './reseal.ts';

/** Every command by its name. */
const commands: Readonly<Record<string, Command>> = { 'bootstrap-key': bootstrapKey, reseal };

const usage = (): string[] => [
  'Usage: broker <command> [options]',
  '',
  ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(16)}${summary}`),
  '',
  'broker <command> --help tells more. Settings come from the environment and from local.settings.json.',
];

/** Exit codes: 0 done, 1 it did not succeed, 2 it was called in a way that it does not know, 3 not done yet. */
export async function main(args: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    for (const line of usage()) (name === undefined ? io.err : io.out)(line);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    io.err(`There is no command ${JSON.stringify(name)}; broker --help lists them.`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(command.help);
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    for (const line of explain(error)) io.err(line);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** A failure in the words of whoever has to mend it. */
function explain(error: unknown): string[] {
  if (error instanceof UsageError || error instanceof SettingsError) return [error.message];
  if (error instanceof BrokerError) return [error.message, error.remedy];
  if (isStoreError(error)) {
    const { message, remedy } = new BrokerError(error.kind === 'unreachable' ? 'storage_unreachable' : 'conflict');
    return [message, remedy];
  }
  return [redact(error instanceof Error ? error.message : String(error))];
}

if (import.meta.main) {
  const interrupted = new AbortController();
  // The second Ctrl-C ends the process as usual.
  process.once('SIGINT', () => interrupted.abort());
  process.exitCode = await main(process.argv.slice(2), {
    out: (line) => console.log(line),
    err: (line) => console.error(line),
    environment: process.env,
    folder: process.cwd(),
    signal: interrupted.signal,
  });
}
