import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { ArgumentFault, type CommandLine, readCommandLine } from './command-line.ts';
import { listen } from './listen.ts';
import { nextStep } from './next-step.ts';
import { whenShellOfNpmEnds } from './npm-shell.ts';
import { sentenceOf } from './sentence.ts';
import { startServices, writeStack } from './services.ts';
import { readSettingsFile, type SettingsFile, writeSettingsFile } from './settings-file.ts';
import { claimStateFolder, type StateFolder } from './state-folder.ts';
import type { ServiceOptions, ServicePorts, Services } from './world.ts';

const usage = `npm run services -- [--imap embedded|dovecot] [--auto-sign-in] [--port N]

Starts everything around the broker on this machine and writes local.settings.json for func start.

  --imap          embedded (default) needs nothing; dovecot starts the Dovecot that is installed on this machine
  --auto-sign-in  the Microsoft stand-in signs a known person in without showing its page
  --port          where func will listen: that of the last run unless given, 7071 at first`;

interface Arguments {
  readonly imap: 'embedded' | 'dovecot';
  readonly autoSignIn: boolean;
  readonly port: number | undefined;
  readonly help: boolean;
}

const line: CommandLine = {
  script: 'npm run services',
  flags: ['auto-sign-in'],
  values: ['imap', 'port'],
  known: '--imap embedded|dovecot, --auto-sign-in and --port N',
};

/** @throws ArgumentFault with one sentence */
export function readArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Arguments {
  const options = readCommandLine(line, argv, env);
  const imap = options.value('imap') ?? 'embedded';
  const port = options.value('port');
  if (imap !== 'embedded' && imap !== 'dovecot') throw new ArgumentFault('--imap takes embedded or dovecot.');
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new ArgumentFault('--port takes a number from 1 to 65535.');
  }
  return {
    imap,
    autoSignIn: options.has('auto-sign-in'),
    port: port === undefined ? undefined : Number(port),
    help: options.isHelp,
  };
}

/**
 * `npm run services`: the world without the host. Prints `READY {json}` when `func start` may be started, and serves
 * until SIGINT or SIGTERM.
 */
export async function runServices(argv: readonly string[], root = join(import.meta.dirname, '..')): Promise<void> {
  let services: Services | undefined;
  let state: StateFolder | undefined;
  let isEnding = false;
  // During the start there is nothing to stop yet: what runs beside this process ends with it.
  const end = async (code: number): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    await services?.stop();
    state?.release();
    process.exit(code);
  };
  const onSignal = () => {
    end(0).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  whenShellOfNpmEnds(onSignal);

  try {
    const args = readArguments(argv);
    if (args.help) {
      console.log(usage);
      return;
    }
    const path = join(root, 'local.settings.json');
    const file = await readSettingsFile(path);
    state = claimStateFolder(join(root, '.local'), `services-${process.pid}`);
    const options = await optionsFrom(args, file, state);
    services = await startServices(options);
    await tell(services, options, file, path, state);
  } catch (error) {
    console.error(sentenceOf(error));
    await end(error instanceof ArgumentFault ? 2 : 1);
  }
}

async function optionsFrom(args: Arguments, file: SettingsFile, state: StateFolder): Promise<ServiceOptions> {
  // Those of a running instance are in use.
  const lastPorts = file.kind === 'ours' && state.heldBy === undefined ? file.ports : {};
  const lastBrokerPort = file.kind === 'ours' ? file.brokerPort : undefined;
  return {
    imap: args.imap,
    autoSignIn: args.autoSignIn,
    brokerPort: args.port ?? lastBrokerPort ?? 7071,
    stateDir: state.path,
    ports: await stillFree(lastPorts),
    given: file.kind === 'theirs' ? file.values : {},
  };
}

/** The ports of the last run, without those that another program has taken since. */
async function stillFree(ports: Partial<ServicePorts>): Promise<Partial<ServicePorts>> {
  const free: Record<string, number> = {};
  for (const [name, port] of Object.entries(ports)) {
    const listener = await listen(createServer(), name, port).catch(() => undefined);
    if (listener === undefined) {
      console.log(`Port ${port} (${name}) of the last run is taken; another one is used.`);
      continue;
    }
    await listener.stop();
    free[name] = port;
  }
  return free;
}

async function tell(
  services: Services,
  options: ServiceOptions,
  file: SettingsFile,
  path: string,
  state: StateFolder,
): Promise<void> {
  const { stack, settings, ports } = services;
  const port = options.brokerPort ?? 7071;
  await writeStack(stack, options.stateDir);
  const beside = resolve(state.path, 'local.settings.json');
  if (state.heldBy !== undefined) {
    await writeSettingsFile(beside, settings, ports, port);
    console.log(
      `Process ${state.heldBy} runs another world from this folder, whose local.settings.json stays as it is.`,
    );
    console.log(`The settings of what runs here: ${beside}`);
  } else if (file.kind === 'theirs') {
    await writeSettingsFile(beside, settings, ports, port);
    console.log(`local.settings.json is your own and stays as it is. The settings of what runs here: ${beside}`);
  } else {
    await writeSettingsFile(path, settings, ports, port);
    console.log(`Wrote local.settings.json. ${await nextStep(port, settings)}`);
  }
  console.log(`NocoBase stand-in: ${stack.nocobase}`);
  console.log(`People who can sign in: ${stack.users.join(', ') || '(your own tenant)'}`);
  console.log('Press Ctrl+C to end.');
  console.log(`READY ${JSON.stringify(stack)}`);
}
