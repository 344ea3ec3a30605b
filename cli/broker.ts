import { createInterface } from 'node:readline/promises';
import { CommanderError, Command as Program } from 'commander';
import { SettingsError } from '../src/lib/config.ts';
import { BrokerError } from '../src/lib/errors.ts';
import { redact } from '../src/lib/log.ts';
import { isStoreError } from '../src/lib/store/table.ts';
import { addBootstrapKey } from './bootstrap-key.ts';
import { type AddCommand, type CommandIo, type ExitCode, UsageError } from './command.ts';
import { addProfileKey } from './commands/profile-key.ts';
import { addReseal } from './reseal.ts';

const commands: readonly AddCommand[] = [addProfileKey, addBootstrapKey, addReseal];

const lines = (text: string): string[] => text.replace(/\n+$/, '').split('\n');

/** @returns the exit code (command.ts) */
export async function main(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = new Program('broker')
    .usage('<command> [options]')
    .description('Commands for whoever runs the mail broker.')
    .addHelpText('after', '\nbroker <command> --help tells more.')
    .helpCommand('help [command]', 'show what a command does')
    .configureOutput({
      writeOut(text) {
        for (const line of lines(text)) io.out(line);
      },
      writeErr(text) {
        for (const line of lines(text)) io.err(line);
      },
      outputError: () => undefined,
    })
    .exitOverride();
  for (const add of commands) {
    add(program, io, (ended) => {
      code = ended;
    });
  }
  for (const command of program.commands) command.exitOverride().allowExcessArguments(false);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return 2;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return usageFault(error, program, args, io);
    for (const line of explain(error)) io.err(line);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** What commander found wrong with the arguments, in our words. */
function usageFault(error: CommanderError, program: Program, args: readonly string[], io: CommandIo): ExitCode {
  if (error.exitCode === 0) return 0;
  const name = args[0] ?? '';
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) io.err(`There is no command ${JSON.stringify(name)}; broker --help lists them.`);
  else if (command.options.length === 0 && command.registeredArguments.length === 0) {
    io.err(`broker ${name} takes no arguments.`);
  } else {
    const said = error.message.replace(/^error: /, '');
    io.err(`${said.charAt(0).toUpperCase()}${said.slice(1)}; broker ${name} --help lists what it takes.`);
  }
  return 2;
}

/** A failure in the words of whoever has to fix it. */
function explain(error: unknown): string[] {
  if (error instanceof UsageError || error instanceof SettingsError) return [error.message];
  if (error instanceof BrokerError) return [error.message, error.remedy];
  if (isStoreError(error)) {
    const { message, remedy } = new BrokerError(error.kind === 'unreachable' ? 'storage_unreachable' : 'conflict');
    return [message, remedy];
  }
  return [redact(error instanceof Error ? error.message : String(error))];
}

async function askOnTerminal(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await reader.question(question)).trim();
  } finally {
    reader.close();
  }
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
    attended: process.stdin.isTTY === true && process.stdout.isTTY === true,
    ask: askOnTerminal,
  });
}
