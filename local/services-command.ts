import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { listen } from './listen.ts';
import { whenShellOfNpmEnds } from './npm-shell.ts';
import { sentenceOf } from './sentence.ts';
import { startServices, writeStack } from './services.ts';
import { readSettingsFile, type SettingsFile, writeSettingsFile } from './settings-file.ts';
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

/** @throws Error with one sentence */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      imap: { type: 'string', default: 'embedded' },
      'auto-sign-in': { type: 'boolean', default: false },
      port: { type: 'string' },
    },
  });
  const { imap, port, help } = values;
  if (imap !== 'embedded' && imap !== 'dovecot') throw new Error('--imap takes embedded or dovecot.');
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new Error('--port takes a number from 1 to 65535.');
  }
  return { imap, autoSignIn: values['auto-sign-in'], port: port === undefined ? undefined : Number(port), help };
}

/**
 * `npm run services`: the world without the host. Prints `READY {json}` when `func start` may be started, and serves
 * until SIGINT or SIGTERM.
 */
export async function runServices(argv: readonly string[], root = join(import.meta.dirname, '..')): Promise<void> {
  let services: Services | undefined;
  let isEnding = false;
  // During the start there is nothing to stop yet: what runs beside this process ends with it.
  const end = async (code: number): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    await services?.stop();
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
    const options = await optionsFrom(args, file, join(root, '.local'));
    services = await startServices(options);
    await tell(services, options, file, path);
  } catch (error) {
    console.error(sentenceOf(error));
    await end(1);
  }
}

async function optionsFrom(args: Arguments, file: SettingsFile, stateDir: string): Promise<ServiceOptions> {
  const lastPorts = file.kind === 'ours' ? file.ports : {};
  const lastBrokerPort = file.kind === 'ours' ? file.brokerPort : undefined;
  return {
    imap: args.imap,
    autoSignIn: args.autoSignIn,
    brokerPort: args.port ?? lastBrokerPort ?? 7071,
    stateDir,
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

async function tell(services: Services, options: ServiceOptions, file: SettingsFile, path: string): Promise<void> {
  const { stack, settings, ports } = services;
  await writeStack(stack, options.stateDir);
  if (file.kind === 'theirs') {
    const beside = resolve(options.stateDir ?? '.local', 'local.settings.json');
    await writeSettingsFile(beside, settings, ports, options.brokerPort ?? 7071);
    console.log(`local.settings.json is your own and stays as it is. The settings of what runs here: ${beside}`);
  } else {
    await writeSettingsFile(path, settings, ports, options.brokerPort ?? 7071);
    console.log('Wrote local.settings.json. Now run: func start');
  }
  console.log(`NocoBase stand-in: ${stack.nocobase}`);
  console.log(`People who can sign in: ${stack.users.join(', ') || '(your own tenant)'}`);
  console.log('Press Ctrl+C to end.');
  console.log(`READY ${JSON.stringify(stack)}`);
}
