/**
 * `npm start`: the whole world on one machine. Starts the stand-ins and the host, does the main job before your eyes,
 * prints the link for the next person and one line `READY {json}`, and serves until SIGINT or SIGTERM.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ArgumentFault, readStartArguments, type StartArguments, usage } from './demo/arguments.ts';
import { createBrokerClient, StepFailed } from './demo/broker-client.ts';
import { freshBundle } from './demo/bundle-age.ts';
import { readGivenSettings } from './demo/given-settings.ts';
import { showMainJob } from './demo/main-job.ts';
import { choosePort } from './demo/port.ts';
import { makeStateFolder, StateFolderFault } from './demo/state-folder.ts';
import { createTerminal } from './demo/terminal.ts';
import { startHost } from './host/host.ts';
import { startServices, writeStack } from './services.ts';
import type { Stack } from './stack.ts';
import type { Running, Services } from './world.ts';

const root = join(import.meta.dirname, '..');
// npm runs it in the project's folder; a test runs it in one of its own.
const workFolder = process.cwd();
const stateDir = join(workFolder, '.local');
// The host waits up to 10 s for what is under way, the emulator as long for its disk; then patience ends.
const endWithinMs = 25_000;

const terminal = createTerminal(process.stdout);
const stopping = new AbortController();
const started: Running[] = [];

async function run(args: StartArguments): Promise<void> {
  const port = await choosePort(args.port);
  makeStateFolder(stateDir);
  terminal.title('NocoBase Mail Broker, with everything around it on this machine');
  const bundle = await freshBundle(root);
  const services = await startServices({
    imap: args.imap,
    autoSignIn: args.autoSignIn,
    brokerPort: port,
    stateDir,
    given: readGivenSettings(workFolder),
  });
  started.push(services);
  stopping.signal.throwIfAborted();

  const host = await startHost({
    bundle,
    settings: services.settings,
    port,
    queueConnectionString: services.storageConnectionString,
    out: (line) => terminal.faint(line),
  });
  started.push(host);
  stopping.signal.throwIfAborted();
  tellWhatIsThere(services, host.functions.length);

  const client = createBrokerClient(services.stack.broker, services.stack.adminKey);
  const [first, second] = services.users;
  const demo = args.demo && first !== undefined && second !== undefined;
  if (demo) {
    const { standIns } = services;
    await showMainJob({ client, standIns, user: first, sender: second, terminal, signal: stopping.signal });
  }
  const next = demo ? second : first;
  const stack: Stack = { ...services.stack, connectUrl: await client.connectLink(next?.address) };
  if (next === undefined) {
    terminal.step('Now you: connect a mailbox');
    terminal.link('open', stack.connectUrl ?? '');
    terminal.detail('Press the button and sign in at Microsoft.');
  } else {
    terminal.step(`Now you: connect ${demo ? 'the next' : 'a'} mailbox, as ${next.name} (${next.address})`);
    terminal.link('open', stack.connectUrl ?? '');
    terminal.detail('Press the button and sign in with that name; no password is asked for.');
  }
  terminal.link('received', services.stack.nocobase);
  terminal.detail('Ctrl+C ends everything.');
  terminal.blank();
  await writeStack(stack, stateDir);
  console.log(`READY ${JSON.stringify(stack)}`);
}

function tellWhatIsThere(services: Services, functions: number): void {
  const { stack, standIns } = services;
  const real = 'real, by local.settings.json';
  const { imap } = stack;
  terminal.ready('broker', `${stack.broker}, ${functions} functions`);
  terminal.ready('Microsoft', standIns.entra === undefined ? real : `stand-in at ${stack.entra}`);
  terminal.ready('Key Vault', standIns.vault === undefined ? real : `stand-in at ${standIns.vault.url}`);
  terminal.ready('mailboxes', standIns.imap === undefined ? real : `stand-in at ${imap.host}:${imap.port}`);
  terminal.ready('NocoBase', `stand-in at ${stack.nocobase}`);
  terminal.blank();
}

let ended: Promise<never> | undefined;

/** Ends everything that was started, the last first, and then this process. */
function end(code: number, starting: Promise<unknown>): Promise<never> {
  ended ??= (async () => {
    stopping.abort();
    const patience = setTimeout(() => process.exit(1), endWithinMs);
    // Whatever is just starting has to be there before it can be stopped.
    await Promise.race([starting.catch(() => undefined), delay(endWithinMs / 2)]);
    for (const part of started.reverse()) {
      await part.stop().catch((error: unknown) => console.error(sentenceOf(error)));
    }
    clearTimeout(patience);
    process.exit(code);
  })();
  return ended;
}

/** Faults that a person can mend are told in their one sentence; anything else with its stack, for whoever mends us. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Something failed that is not an Error.';
  const expected = error instanceof ArgumentFault || error instanceof StateFolderFault || error instanceof StepFailed;
  return expected || error.constructor === Error || error.name === 'PortTaken'
    ? error.message
    : (error.stack ?? error.message);
}

async function main(): Promise<void> {
  let args: StartArguments | undefined;
  try {
    args = readStartArguments(process.argv.slice(2));
  } catch (error) {
    console.error(sentenceOf(error));
    process.exitCode = 1;
    return;
  }
  if (args === undefined) {
    console.log(usage);
    return;
  }
  const starting = run(args);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(0, starting));
  try {
    await starting;
  } catch (error) {
    if (stopping.signal.aborted) return;
    console.error(sentenceOf(error));
    await end(1, starting);
  }
}

await main();
