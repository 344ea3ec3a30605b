import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../local/free-port.ts';
import type { ReceivedEvent } from '../../local/nocobase/stand-in.ts';
import { startServices } from '../../local/services.ts';
import type { ServiceOptions, Services, StandIns } from '../../local/world.ts';
import { shardRowKey } from '../../src/lib/store/rows/keys.ts';
import { decodeShard } from '../../src/lib/store/rows/shard-row.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { BrowserClient, hiddenField, type Page } from './browser-client.ts';
import { checkAnswer } from './check-answer.ts';
import { compileCache } from './compile-cache.ts';
import { type HostProcess, startHostProcess } from './host-process.ts';
import { type StorageFront, startStorageFront } from './storage-front.ts';
import { rowsOfTable, storeAt } from './tables.ts';

/** An answer of the broker's API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire says, whatever its shape
  readonly body: any;
}

/** The whole local world with the deployed bundle in a process of its own, so that a test can kill it. */
export interface World {
  readonly services: Services;
  readonly standIns: StandIns;
  /** The tables, past the broker: to see what was really written. */
  readonly store: Store;
  readonly api: (
    method: string,
    path: string,
    options?: { body?: unknown; key?: string | null; headers?: Record<string, string> },
  ) => Promise<Answer>;
  /** Where the API listens: `http://localhost:PORT/api`. */
  readonly url: string;
  /** Everything that the host has printed. */
  readonly output: () => string;
  readonly startHost: () => Promise<void>;
  /** SIGKILL: no clean-up of any kind. */
  readonly killHost: () => Promise<void>;
  /** SIGTERM; answers the exit code. */
  readonly stopHost: () => Promise<number | null>;
  /** A second instance of the app on a port of its own, as Azure adds one under load. The test stops it. */
  readonly startPeer: () => Promise<HostProcess>;
  /**
   * The clocks of the host and of the storage jump ahead by `ms`. What is under way then has lost its lease if that is
   * long.
   */
  readonly pass: (ms: number) => void;
  /** Lets the dispatcher run at once. */
  readonly poll: () => Promise<void>;
  /** Makes a link, opens it, presses the button and signs in as `address`; answers the page that it ends on. */
  readonly connect: (address: string, link?: Record<string, unknown>) => Promise<{ page: Page; mailboxId: string }>;
  readonly stop: () => Promise<void>;
}

/**
 * Repeats `look` until it answers something, or throws what was awaited after `forMs`. It looks less and less often: to
 * look may take more processor time than what is awaited.
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  forMs = 60_000,
): Promise<T> {
  const end = Date.now() + forMs;
  for (let pauseMs = 40; ; pauseMs = Math.min(300, pauseMs * 1.3)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Waited ${forMs / 1000} s in vain: ${what}`);
    await delay(pauseMs);
  }
}

const timerNames = ['dispatch', 'housekeeping'] as const;

/** Settings that switch off all timers but these. */
const disabling = (timers: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    timerNames.filter((name) => !timers.includes(name)).map((name) => [`AzureWebJobs.${name}.Disabled`, 'true']),
  );

export async function startWorld({
  bundle,
  movableTime = false,
  timers = ['dispatch'],
  ...options
}: ServiceOptions & {
  /**
   * Timers that go off by themselves; the others run when a test asks for them. Housekeeping writes rows at every fifth
   * minute of the clock, which no suite wants to meet by chance.
   */
  readonly timers?: readonly ('dispatch' | 'housekeeping')[];
  /** Lets `pass` be called. */
  readonly movableTime?: boolean;
  /** Another one than the bundle that is deployed. */
  readonly bundle?: string;
} = {}): Promise<World> {
  const stateDir = await mkdtemp(join(tmpdir(), 'broker-world-'));
  const port = await freePort();
  const storage = await storageOf(options, movableTime);
  const services = await startServices({
    brokerPort: port,
    stateDir,
    pollIntervalSeconds: 1,
    demoMail: false,
    ...options,
    ...(storage === undefined
      ? {}
      : {
          given: {
            TABLES_CONNECTION_STRING: storage.connectionString,
            AzureWebJobsStorage: storage.connectionString,
            ...options.given,
          },
        }),
  });
  const settingsFile = join(stateDir, 'settings.json');
  const settings = { ...services.settings, ...disabling(timers) };
  await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 });
  const url = `http://localhost:${port}/api`;
  let host: ChildProcess | undefined;
  let output = '';
  const answers: string[] = [];
  const peers: HostProcess[] = [];
  let passedMs = 0;

  const startHost = async () => {
    const run = resolve(import.meta.dirname, '../../local/host/run.ts');
    // As the app wrote it, not blackened by the local host: what leaves the app is what counts.
    const own = ['--verbatim', ...(bundle === undefined ? [] : ['--bundle', bundle])];
    const clock = movableTime ? ['--import', join(import.meta.dirname, 'movable-clock.ts')] : [];
    host = spawn(process.execPath, [...clock, run, '--settings', settingsFile, '--port', String(port), ...own], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { PATH: process.env.PATH, ...compileCache, NODE_EXTRA_CA_CERTS: services.stack.ca },
    });
    const note = (chunk: Buffer) => {
      output += chunk.toString();
    };
    host.stdout?.on('data', note);
    host.stderr?.on('data', note);
    const started = host;
    if (passedMs > 0) started.send(passedMs);
    await eventually(
      'the host answers its health page',
      async () => {
        if (started.exitCode !== null) throw new Error(`The host ended with ${started.exitCode}:\n${output}`);
        return (await fetch(`${url}/health`).catch(() => undefined))?.ok;
      },
      100_000,
    );
  };
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (host === undefined || host.exitCode !== null || host.signalCode !== null) return null;
    const ended = once(host, 'exit');
    host.kill(signal);
    const [code] = await ended;
    return code as number | null;
  };

  const api: World['api'] = async (method, path, { body, key = services.stack.adminKey, headers = {} } = {}) => {
    const answer = await fetch(`${url}/${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    answers.push(text);
    const contentType = answer.headers.get('content-type') ?? '';
    const read = contentType.includes('json') ? JSON.parse(text) : text;
    checkAnswer({ method, path, status: answer.status, contentType, body: read });
    return { status: answer.status, headers: answer.headers, body: read };
  };

  const standIns = services.standIns as StandIns;
  const { live } = standIns.vault;
  const atStart = [...live('broker-root'), ...live('client-secret')];

  /** At the end of every suite: no secret in its log, and nothing unrequested in an answer. */
  const leaks = (): string[] => {
    const { codes, refreshTokens, accessTokens } = standIns.entra.issued();
    const kept = [...atStart, ...live('broker-root'), ...live('client-secret'), ...codes, ...refreshTokens];
    const inLog = [services.stack.adminKey, services.stack.webhookSecret, ...kept, ...accessTokens];
    const log = [output, ...peers.flatMap(({ lines }) => lines)].join('\n');
    return [...told(inLog, log, 'the log'), ...told(kept, answers.join('\n'), 'an answer')];
  };

  await startHost();
  return {
    services,
    standIns,
    store: storeAt({ connectionString: services.storageConnectionString }),
    api,
    url,
    startPeer: async () => {
      const peer = await startHostProcess({ settings, verbatim: true });
      peers.push(peer);
      return peer;
    },
    output: () => output,
    startHost,
    killHost: async () => {
      await end('SIGKILL');
    },
    stopHost: () => end('SIGTERM'),
    poll: async () => {
      await fetch(`http://localhost:${port}/admin/functions/dispatch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
    },
    connect: async (address, link = {}) => {
      const created = await api('POST', 'connect-links', { body: { expectedAddress: address, ...link } });
      if (created.status !== 201) throw new Error(`connect-links: ${JSON.stringify(created.body)}`);
      const page = await walk(new BrowserClient(), created.body.url, standIns, address);
      const mailboxes = await api('GET', `mailboxes?address=${encodeURIComponent(address)}`);
      return { page, mailboxId: mailboxes.body.items[0]?.id ?? '' };
    },
    pass: (ms) => {
      if (storage?.pass === undefined)
        throw new Error('Time moves only where the world was started with `movableTime`.');
      passedMs += ms;
      storage.pass(ms);
      host?.send(ms);
    },
    stop: async () => {
      await end('SIGTERM');
      const found = leaks();
      await services.stop();
      await storage?.stop();
      await rm(stateDir, { recursive: true, force: true });
      if (found.length > 0) throw new Error(`Something secret came out: ${[...new Set(found)].join(', ')}.`);
    },
  };
}

/**
 * Which of the secrets stand in a text, by the place alone: the error is printed. What is long is looked for by its end,
 * because tokens begin alike. In all its forms no-secret-leaves.test.ts looks for them.
 */
const told = (secrets: readonly string[], text: string, where: string): string[] =>
  secrets.filter((secret) => secret.length >= 8 && text.includes(secret.slice(-40))).map(() => where);

/** Storage of the suite's own, in an emulator that all suites share; behind a clock of its own where time is to move. */
async function storageOf(
  { given = {} }: ServiceOptions,
  movableTime: boolean,
): Promise<(Pick<StorageFront, 'connectionString' | 'stop'> & Partial<StorageFront>) | undefined> {
  // A program that is no suite, as the measurements are, has storage of its own.
  if (given.TABLES_CONNECTION_STRING !== undefined || process.env.VITEST === undefined) return undefined;
  const { azuriteOfSuite } = await import('./suite-tables.ts');
  const azurite = await azuriteOfSuite();
  return movableTime ? startStorageFront(azurite) : azurite;
}

/** Waits until every shard was looked after, from beginning to end, `times` more. */
export async function pollsPass(world: World, times = 2): Promise<void> {
  const epochs = async () =>
    (await rowsOfTable(world.store, 'mail'))
      .filter(({ rowKey }) => rowKey === shardRowKey)
      .map((row) => [row.partitionKey, decodeShard(row).epoch] as const);
  const before = new Map(await epochs());
  // The run under way may have looked already, and only the one after the last shows that the last has ended.
  const arePast = async () =>
    (await epochs()).every(([shard, epoch]) => epoch > (before.get(shard) ?? 0) + times) || undefined;
  await eventually(`${times} polls`, arePast);
}

/** Opens a link, presses its button, and answers where the button sends the browser (Microsoft's page). */
export async function pressButton(browser: BrowserClient, link: string): Promise<Page> {
  const page = await browser.get(link);
  const token = hiddenField(page, 'token');
  if (token === '') return page;
  return browser.post(new URL(link).origin + new URL(link).pathname, { token });
}

/** The person's whole way: link, button, sign-in, callback. */
export async function walk(
  browser: BrowserClient,
  link: string,
  standIns: StandIns,
  address: string,
  options: { decline?: boolean } = {},
): Promise<Page> {
  const away = await pressButton(browser, link);
  if (away.location === undefined) return away;
  const callback = await standIns.entra.signInAs(address, away.location, options);
  return browser.get(callback);
}

/** Waits until `count` events match. */
export function eventsOf(
  world: World,
  count: number,
  match: (event: ReceivedEvent) => boolean,
  forMs?: number,
): Promise<readonly ReceivedEvent[]> {
  return eventually(
    `${count} events at NocoBase`,
    () => {
      const found = world.standIns.nocobase.events().filter(match);
      return found.length >= count ? found : undefined;
    },
    forMs,
  );
}

export const accepted = (type: string) => (event: ReceivedEvent) =>
  event.type === type && event.status >= 200 && event.status < 300;
