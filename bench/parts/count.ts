import { createServer, request as forward } from 'node:http';
import { z } from 'zod';
import { freePort } from '../../local/free-port.ts';
import { listen } from '../../local/listen.ts';
import { storeAt } from '../../test/support/tables.ts';
import { startWorld } from '../../test/support/world.ts';
import type { Child } from './child.ts';
import { fill } from './fill.ts';
import { makeMessage } from './messages.ts';
import { collection, type Site, startSite, webhook } from './site.ts';
import type { WorkerCalls } from './worker.ts';

// Counts what the broker asks of others, on real parts. Nothing here is estimated: Node reports every request of the
// broker's process, and the mail server every command.

/** What was counted; `npm run cost` keeps it in bench/counts.json, and the figures of docs/cost.md are made from it. */
export const countsForm = z.strictObject({
  /** One tick in which nothing has happened, over one full shard of mailboxes with two folders. */
  idle: z.strictObject({
    mailboxes: z.number(),
    folders: z.number(),
    /** Of the timer's function, for all shards together. */
    dispatchTableOperations: z.number(),
    shardTableOperations: z.number(),
    rowsChanged: z.number(),
    vaultReads: z.number(),
    tokenRequests: z.number(),
    /** For each mailbox that is due, on a connection that was kept, and on a new one. */
    warmCommands: z.number(),
    coldCommands: z.number(),
    /** Lines that a run writes into the log, and the bytes of all of them, in steps of 10: numbers in them have their digits. */
    logLines: z.number(),
    logBytes: z.number(),
    warmCpuMs: z.number(),
    coldCpuMs: z.number(),
  }),
  /** The first tick of a process. */
  start: z.strictObject({ vaultReads: z.number(), tokenRequests: z.number() }),
  /** One run of the housekeeping timer, averaged over a day, with one full shard. */
  housekeeping: z.strictObject({ tableOperations: z.number(), vaultReads: z.number() }),
  /** A message that comes alone, over an idle tick; and one of a burst. */
  message: z.strictObject({
    tableOperations: z.number(),
    tableOperationsInBurst: z.number(),
    commands: z.number(),
    cpuMs: z.number(),
  }),
  /** A request for an access token that is in memory, after a while without one; and one right after another. */
  token: z.strictObject({ tableOperations: z.number(), tableOperationsInARow: z.number() }),
});

export type Counts = z.infer<typeof countsForm>;

const portIn = (text: string | undefined): string => new URL(text ?? '').port;
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0);
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** The requests of a worker since the last call, sorted by whom they went to. */
export async function requestsOf(site: Site, worker: Child<WorkerCalls>) {
  const { settings, storageConnectionString } = site.services;
  const all = await worker.call('requests');
  const to = (port: string, match = (_: string): boolean => true) =>
    sum(all.filter(([name]) => name.startsWith(`${port} `) && match(name)).map(([, count]) => count));
  const table = portIn(/TableEndpoint=([^;]+)/.exec(storageConnectionString)?.[1]);
  return {
    directory: to(table, (name) => name.endsWith('/directory')),
    otherTables: to(table, (name) => !name.endsWith('/directory')),
    vault: to(portIn(settings.KEY_VAULT_URL)),
    tokens: to(portIn(settings.AUTHORITY_HOST), (name) => name.includes('/token')),
  };
}

/** ETags of every row of the mail table. */
export async function mailRows(site: Site): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  const table = storeAt({ connectionString: site.services.storageConnectionString }).table('mail');
  for await (const row of table.scan()) rows.set(`${row.partitionKey} ${row.rowKey}`, row.etag);
  return rows;
}

const mailboxes = 64;
const folders = 2;
const ticks = 3;

/** Runs `count` at a full shard with nothing to do. */
async function atFullShard<T>(count: (site: Site, counting: NonNullable<Site['counting']>) => Promise<T>): Promise<T> {
  const site = await startSite({ mail: 'counting' });
  try {
    const { counting } = site;
    if (counting === undefined) throw new Error('This needs the server that counts.');
    const first = site.worker();
    const destinationId = await first.call('addDestination', collection(site));
    const addresses = Array.from({ length: mailboxes }, (_, number) => `q${number}@contoso.example`);
    await first.call('addMailboxes', { addresses, destinationId });
    // What the connecting left to do is done, and the sessions of another process are none of this one's.
    for (let tick = 0; tick < 2; tick++) await first.call('tick');
    await first.stop();
    return await count(site, counting);
  } finally {
    await site.stop();
  }
}

/** Ticks in which nothing happens, and the first one of a process. */
export function countIdle(): Promise<Pick<Counts, 'idle' | 'start'>> {
  return atFullShard(async (site, counting) => {
    const worker = site.worker();
    await worker.call('tick');
    const started = await requestsOf(site, worker);
    await counting.call('commands');
    await worker.call('tick');
    const cpu: number[] = [];
    await requestsOf(site, worker);
    await counting.call('commands');
    const before = await mailRows(site);
    await worker.call('lines');
    for (let tick = 0; tick < ticks; tick++) cpu.push((await worker.call('tick')).cpuMs);
    const lines = await worker.call('lines');
    const warm = await requestsOf(site, worker);
    const warmCommands = sum(Object.values(await counting.call('commands')));
    const after = await mailRows(site);
    const rowsChanged = [...after].filter(([key, etag]) => before.get(key) !== etag).length;

    await worker.stop();

    const cold = site.worker({ WARM_SESSIONS: '0' });
    await cold.call('tick');
    await counting.call('commands');
    const coldTick = await cold.call('tick');
    const coldCommands = sum(Object.values(await counting.call('commands')));
    return {
      idle: {
        mailboxes,
        folders,
        dispatchTableOperations: warm.directory / ticks,
        shardTableOperations: warm.otherTables / ticks,
        rowsChanged,
        vaultReads: warm.vault,
        tokenRequests: warm.tokens,
        warmCommands: warmCommands / ticks / mailboxes,
        coldCommands: coldCommands / mailboxes,
        logLines: lines.length / ticks,
        logBytes: Math.ceil(sum(lines.map((line) => Buffer.byteLength(line))) / ticks / 10) * 10,
        warmCpuMs: round(Math.min(...cpu) / mailboxes, 2),
        coldCpuMs: round(coldTick.cpuMs / mailboxes, 2),
      },
      start: { vaultReads: started.vault, tokenRequests: started.tokens },
    };
  });
}

/** A day of the housekeeping timer. */
export function countHousekeeping(): Promise<Counts['housekeeping']> {
  return atFullShard(async (site) => {
    const worker = site.worker();
    for (let tick = 0; tick < 2 + ticks; tick++) await worker.call('tick');
    await requestsOf(site, worker);
    const day = 288;
    for (let run = 0; run < day; run++) await worker.call('housekeeping', run);
    const kept = await requestsOf(site, worker);
    await worker.stop();
    return {
      tableOperations: round((kept.directory + kept.otherTables) / day, 2),
      vaultReads: round(kept.vault / day, 3),
    };
  });
}

const alone = 6;
const inBurst = 500;

/** Messages: the dearer of the two orders counts. */
export async function countMessages(): Promise<Counts['message']> {
  const site = await startSite({ mail: 'dovecot' });
  try {
    const worker = site.worker();
    const found: Counts['message'][] = [];
    for (const destination of [webhook(site), collection(site)]) {
      const address = `${destination.type}@contoso.example`;
      const destinationId = await worker.call('addDestination', destination);
      const [id = ''] = await worker.call('addMailboxes', { addresses: [address], destinationId });
      await worker.call('tick');
      await worker.call('tick');
      await requestsOf(site, worker);
      await worker.call('tick');
      const idle = (await requestsOf(site, worker)).otherTables;
      await worker.call('commands');
      await worker.call('tick');
      const idleCommands = await worker.call('commands');
      await requestsOf(site, worker);
      const one: number[] = [];
      const asked: number[] = [];
      for (let number = 0; number < alone; number++) {
        await fill(site.imap, address, [makeMessage('text', number)]);
        await worker.call('tick');
        one.push((await requestsOf(site, worker)).otherTables - idle);
        asked.push((await worker.call('commands')) - idleCommands);
      }
      await fill(
        site.imap,
        address,
        Array.from({ length: inBurst }, (_, number) => makeMessage('html', alone + number)),
      );
      const { cpuMs } = await worker.call('tick');
      const burst = (await requestsOf(site, worker)).otherTables - idle;
      found.push({
        tableOperations: Math.max(...one),
        tableOperationsInBurst: round(burst / inBurst, 2),
        commands: Math.max(...asked),
        cpuMs: round(cpuMs / inBurst, 2),
      });
      await worker.call('pause', [id]);
    }
    const most = (name: keyof Counts['message']) => Math.max(...found.map((each) => each[name]));
    return {
      tableOperations: most('tableOperations'),
      tableOperationsInBurst: most('tableOperationsInBurst'),
      commands: most('commands'),
      cpuMs: most('cpuMs'),
    };
  } finally {
    await site.stop();
  }
}

const calls = 20;

/** Tokens over HTTP: the whole app in a process of its own, its tables behind a proxy that counts. */
export async function countTokens(): Promise<Counts['token']> {
  const port = await freePort();
  let counted = 0;
  const proxy = createServer((request, response) => {
    counted += 1;
    const { method, headers, url: path } = request;
    const onward = forward({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  });
  const listener = await listen(proxy, 'the counting proxy');
  const world = await startWorld({
    ports: { table: port },
    // The emulator's own account, which its documentation names.
    given: {
      TABLES_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;TableEndpoint=http://127.0.0.1:${listener.port}/devstoreaccount1;`,
    },
    pollIntervalSeconds: 3600,
    timers: [],
  });
  try {
    const { mailboxId } = await world.connect('ada@contoso.example');
    const ask = async () => {
      const { status } = await world.api('POST', `mailboxes/${mailboxId}/token`, { body: {} });
      if (status !== 200) throw new Error(`A token was refused with ${status}.`);
    };
    // The first one for this mailbox, in a process that knows it from its connecting: what it remembers of a key and of a
    // mailbox it forgets after a minute.
    const start = counted;
    await ask();
    const first = counted - start;
    const before = counted;
    for (let call = 0; call < calls; call++) await ask();
    return { tableOperations: first, tableOperationsInARow: round((counted - before) / calls, 1) };
  } finally {
    await world.stop();
    await listener.stop();
  }
}
