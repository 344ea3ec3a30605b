import { createInterface } from 'node:readline/promises';
import { CommanderError, Command as Program } from 'commander';
import { SettingsError } from '../src/lib/config.ts';
import { BrokerError, isBrokerError } from '../src/lib/errors.ts';
import { redact } from '../src/lib/log.ts';
import { isStoreError } from '../src/lib/store/table/table.ts';
import { ApiProblem } from './api/refusal.ts';
import { addBootstrapKey } from './bootstrap-key.ts';
import { type AddCommand, type CommandIo, type ExitCode, UsageError } from './command.ts';
import { addApi } from './commands/api/api.ts';
import { addDeliveries } from './commands/api/deliveries.ts';
import { addDestinations } from './commands/api/destinations.ts';

import { addKeys } from './commands/api/keys.ts';
import { addMailboxes } from './commands/api/mailboxes.ts';
import { addSubmissions } from './commands/api/submissions.ts';
import { addBackup, addRestore } from './commands/backup.ts';
import { addCompletion } from './commands/completion.ts';
import { addCost } from './commands/cost.ts';
import { addDeploy } from './commands/deploy.ts';
import { addDoctor } from './commands/doctor.ts';
import { addProfileKey } from './commands/profile-key.ts';
import { addRotate } from './commands/rotate.ts';
import { createEntraApp } from './entra-app/entra-app.ts';
import { addReseal } from './reseal.ts';

const commands: readonly AddCommand[] = [
  addDeploy(createEntraApp),
  addRotate(createEntraApp),
  addDoctor(createEntraApp),
  addMailboxes,
  addDestinations,
  addDeliveries,
  addSubmissions,
  addKeys,
  addApi,
  addReseal,
  addBackup,
  addRestore,
  addCost,
  addProfileKey,
  addBootstrapKey,
  addCompletion,
];

const lines = (text: string): string[] => text.replace(/\n+$/, '').split('\n');

/** @returns the exit code (command.ts) */
export async function main(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = new Program('broker')
    .usage('<command> [options]')
    .description('Commands for running the mail broker.')
    .addHelpText('after', '\nbroker <command> --help shows the details.')
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
  strict(program);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return 2;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return usageFault(error, program, args, io);
    tell(error, args, io);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** commander would end the process, and ignore unexpected arguments. */
function strict(program: Program): void {
  for (const command of program.commands) strict(command.exitOverride().allowExcessArguments(false));
}

/** What commander found wrong with the arguments, in our words. */
function usageFault(error: CommanderError, program: Program, args: readonly string[], io: CommandIo): ExitCode {
  if (error.exitCode === 0) return 0;
  const name = args[0] ?? '';
  const isKnown = program.commands.some((one) => one.name() === name);
  const said = error.message.replace(/^error: /, '');
  const fault = isKnown
    ? `${said.charAt(0).toUpperCase()}${said.slice(1)}; broker ${name} --help lists what it takes.`
    : `There is no command ${JSON.stringify(name)}; broker --help lists them.`;
  tell(new UsageError(fault), args, io);
  return 2;
}

/** Tells a failure: to programs on the output, to people beside it. */
function tell(error: unknown, args: readonly string[], io: CommandIo): void {
  if (args.includes('--json')) io.out(JSON.stringify({ error: asJson(error) }));
  else for (const line of explain(error)) io.err(line);
}

/** A failure for programs. */
function asJson(error: unknown) {
  const [sentence = '', ...remedies] = explain(error);
  const code = error instanceof ApiProblem || isBrokerError(error) ? error.code : undefined;
  if (error instanceof UsageError) return { code: 'usage', sentence, remedy: 'Fix the command; --help shows how.' };
  return { code: code ?? 'failed', sentence, remedy: remedies.join(' ') };
}

/** A failure in the words of the person who has to fix it. */
function explain(error: unknown): string[] {
  if (error instanceof UsageError || error instanceof SettingsError) return [error.message];
  if (isBrokerError(error)) return [error.message, error.remedy];
  if (error instanceof ApiProblem) {
    return [error.message, ...error.fields.map(({ field, message }) => `  ${field}: ${message}`), error.remedy];
  }
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
