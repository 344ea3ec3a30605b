import { join } from 'node:path';
import { startHost } from '../host/host.ts';
import type { Running } from '../running.ts';
import { startServices, writeStack } from '../services.ts';
import { readSettingsFile } from '../settings-file.ts';
import type { Stack } from '../stack.ts';
import { claimStateFolder } from '../state-folder.ts';
import type { Services } from '../world.ts';
import type { StartArguments } from './arguments.ts';
import { createBrokerClient } from './broker-client.ts';
import { freshBundle } from './bundle-age.ts';
import { showMainJob } from './main-job.ts';
import { choosePort } from './port.ts';
import type { Terminal } from './terminal.ts';

export interface WorldRun {
  /** Where .local is written and local.settings.json is read: npm runs us in the project's folder. */
  readonly workFolder: string;
  readonly terminal: Terminal;
  /** Takes what was started, in order; the last has to be stopped first. */
  readonly started: Running[];
  /** Aborted when the person wants it to end. */
  readonly signal: AbortSignal;
}

const root = join(import.meta.dirname, '../..');

/**
 * Starts the world, shows the main job and prints where everything is. Everything that was started is in
 * `world.started`, even if this rejects.
 */
export async function runWorld(args: StartArguments, world: WorldRun): Promise<void> {
  const { workFolder, terminal, started, signal } = world;
  const port = await choosePort(args.port);
  const state = claimStateFolder(join(workFolder, '.local'), String(port));
  started.push({ stop: async () => state.release() });
  const stateDir = state.path;
  // What `npm run services` wrote is of a run that is over; only a person's own settings count.
  const settingsFile = await readSettingsFile(join(workFolder, 'local.settings.json'));
  terminal.title('NocoBase Mail Broker, with everything around it on this machine');
  if (state.heldBy !== undefined) {
    terminal.warning(
      `Process ${state.heldBy} runs another world from this folder. This one writes to .local/${port}, not to .local.`,
    );
  }
  const bundle = await freshBundle(root);
  const services = await startServices({
    imap: args.imap,
    autoSignIn: args.autoSignIn,
    brokerPort: port,
    stateDir,
    given: settingsFile.kind === 'theirs' ? settingsFile.values : {},
  });
  started.push(services);
  signal.throwIfAborted();

  const host = await startHost({
    bundle,
    settings: services.settings,
    port,
    queueConnectionString: services.storageConnectionString,
    out: (line) => terminal.faint(line),
    isQuiet: !args.verbose,
  });
  started.push(host);
  signal.throwIfAborted();
  tellWhatIsThere(terminal, services, host.functions.length);

  const client = createBrokerClient(services.stack.broker, services.stack.adminKey);
  const [first, second] = services.users;
  const demo = args.demo && first !== undefined && second !== undefined;
  if (demo) {
    const { standIns } = services;
    await showMainJob({ client, standIns, user: first, sender: second, terminal, signal });
  }
  const next = demo ? second : first;
  terminal.step(
    next === undefined
      ? 'Now you: connect a mailbox'
      : `Now you: connect ${demo ? 'the next' : 'a'} mailbox, as ${next.name} (${next.address})`,
  );
  const connectUrl = await client.connectLink(next?.address);
  const stack: Stack = { ...services.stack, connectUrl };
  terminal.link('open', connectUrl);
  terminal.detail(
    next === undefined
      ? 'Press the button and sign in at Microsoft.'
      : args.autoSignIn
        ? 'Press the button: that name is signed in automatically.'
        : 'Press the button and sign in with that name; no password is asked for.',
  );
  terminal.link('received', services.stack.nocobase);
  terminal.detail('Ctrl+C ends everything.');
  terminal.blank();
  await writeStack(stack, stateDir);
  console.log(`READY ${JSON.stringify(stack)}`);
}

function tellWhatIsThere(terminal: Terminal, services: Services, functions: number): void {
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
