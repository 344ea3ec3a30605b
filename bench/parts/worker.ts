import diagnostics from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { createBroker } from '../../src/lib/broker.ts';
import { readConfig } from '../../src/lib/config.ts';
import type { NewDestination } from '../../src/lib/delivery/destination-change.ts';
import { mapBounded } from '../../src/lib/domain/all-settled.ts';
import type { FolderChoice } from '../../src/lib/domain/mail/folder.ts';
import { scopes } from '../../src/lib/domain/scope.ts';
import { consoleLog } from '../../src/lib/log.ts';
import type { ShardWakeUp } from '../../src/lib/sync/state/wake-up.ts';
import { answerCalls } from './child.ts';
import { heldNow } from './held.ts';

// The broker as it is deployed, composed by its own composition root, in its own process: what this process uses is
// what the broker uses. The host is left out; the calls below do what the functions `dispatch` and `work` do.

const problems: string[] = [];
/** Lines of the log as the app writes them, since they were last asked for. */
const lines: string[] = [];
const log = consoleLog((level, line) => {
  lines.push(line);
  if (level !== 'info') problems.push(line);
});
const config = readConfig(process.env);
const broker = createBroker(config, process.env, log);
const admin = {
  keyId: 'bench',
  scopes: [...scopes],
  mailboxes: undefined,
  destinations: undefined,
  expiresAt: undefined,
  bootstrap: false,
};

/** Requests that left this process, by `host:port METHOD path-pattern`. Node itself reports each. */
const requests = new Map<string, number>();
function noteRequest(host: string, method: string, path: string): void {
  const port = /:(\d+)$/.exec(host)?.[1] ?? '443';
  const name = `${port} ${method} ${path.replace(/\?.*/, '').replace(/\(.*/, '')}`;
  requests.set(name, (requests.get(name) ?? 0) + 1);
}
diagnostics.subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest };
  noteRequest(String(request.getHeader('host') ?? ''), request.method, request.path);
});
// Those of fetch, by which Entra is asked, and those to destinations.
diagnostics.subscribe('undici:request:create', (message) => {
  const { request } = message as { request: { origin: string; method: string; path: string } };
  noteRequest(new URL(request.origin).host, request.method, request.path);
});

let commands = 0;
// By which imapflow sends every command; it does not name it to others.
const exec: unknown = Reflect.get(ImapFlow.prototype, 'exec');
if (typeof exec !== 'function') throw new Error('imapflow sends its commands in another way.');
Reflect.set(
  ImapFlow.prototype,
  'exec',
  new Proxy(exec, {
    apply(send, client, parameters) {
      commands += 1;
      return Reflect.apply(send, client, parameters);
    },
  }),
);

/** Every connection that this process has opened; what it has read is counted when it ends, or when it is asked for. */
const sockets = new Set<Socket>();
let bytesOfClosed = 0;
Socket.prototype.connect = new Proxy(Socket.prototype.connect, {
  apply(connect, socket: Socket, parameters) {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      bytesOfClosed += socket.bytesRead;
    });
    return Reflect.apply(connect, socket, parameters);
  },
});

const tickNow = () => Math.floor((Date.now() - 1000) / (config.pollIntervalSeconds * 1000));
/** Another process may have worked on the tick in which this one begins. */
let lastTick = tickNow();

/** One tick of all shards at once, to its end, continuations included. */
async function tick(only?: readonly number[], atOnce = Number.POSITIVE_INFINITY) {
  // A mailbox is polled once a tick.
  while (tickNow() <= lastTick) await delay(20);
  lastTick = tickNow();
  const wakeUps = (await broker.dispatcher.wakeUps()).filter(({ shard }) => only?.includes(shard) ?? true);
  const cpu = process.cpuUsage();
  const start = performance.now();
  let runs = 0;
  await mapBounded(wakeUps, atOnce, async (wakeUp) => {
    // The tick of the wake-up is that of its dispatch; asked for like this it is worked on whatever its tick, unless those
    // before it took several.
    lastTick = Math.max(lastTick, tickNow());
    let next: ShardWakeUp | undefined = { ...wakeUp, tick: lastTick, why: 'continue' };
    while (next !== undefined) {
      runs += 1;
      next = await broker.shardRunner.run(next);
      // A continuation is of the tick in which it was asked for.
      lastTick = Math.max(lastTick, next?.tick ?? 0);
    }
  });
  const { user, system } = process.cpuUsage(cpu);
  return { shards: wakeUps.length, runs, wallMs: performance.now() - start, cpuMs: (user + system) / 1000 };
}

/** Works ticks until {@link stopTicking}; one tick does not wait for the shards of the one before. */
let ticking = false;
const underWay = new Set<Promise<unknown>>();
async function dispatch(): Promise<void> {
  for (const wakeUp of await broker.dispatcher.wakeUps()) {
    const work = (async () => {
      let next: ShardWakeUp | undefined = wakeUp;
      while (next !== undefined && ticking) next = await broker.shardRunner.run(next);
    })();
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }
}

interface NewMailboxes {
  readonly addresses: readonly string[];
  readonly destinationId: string;
  /** Those that every mailbox has unless told otherwise. */
  readonly folders?: readonly FolderChoice[];
}

const handlers = {
  addDestination: async (input: NewDestination) => (await broker.destinations.create(input)).destination.id,
  /** Connects mailboxes, eight at a time; answers their ids in the same order. */
  addMailboxes: async ({ addresses, destinationId, folders }: NewMailboxes) => {
    const ids = new Map<string, string>();
    const left = [...addresses];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let address = left.shift(); address !== undefined; address = left.shift()) {
          for (let tries = 0; ; tries++) {
            try {
              // Mail from before is not what any of these measures.
              const input = { address, auth: 'app', destinationId, syncFrom: 'now', folders } as const;
              const added = await broker.addMailbox(input, admin);
              ids.set(address, added.view.row.id);
              break;
            } catch (error) {
              // Eight that want the next free slot at the same moment.
              if (tries > 20) throw error;
              await delay(50 * Math.random());
            }
          }
        }
      }),
    );
    return addresses.map((address) => ids.get(address) ?? '');
  },
  pause: async (ids: readonly string[]) => {
    for (const id of ids) await broker.registry.patch(id, { paused: true });
  },
  resume: async (ids: readonly string[]) => {
    for (const id of ids) await broker.registry.patch(id, { paused: false });
  },
  tick: () => tick(),
  /** A tick in which so many shards are worked on at a time. */
  tickBounded: (atOnce: number) => tick(undefined, atOnce),
  startTicking: () => {
    ticking = true;
    void (async () => {
      while (ticking) {
        await dispatch();
        await delay(config.pollIntervalSeconds * 1000);
      }
    })();
  },
  stopTicking: async () => {
    ticking = false;
    await Promise.allSettled(underWay);
  },
  /** What the queue function does with the notification of a mailbox. */
  ring: async (mailbox: string) => void (await broker.shardRunner.ring({ v: 1, kind: 'bell', mailbox, tries: 0 })),
  token: async (mailboxId: string) => void (await broker.giveToken(mailboxId, 'outlook', admin)),
  /** The run of the housekeeping timer that comes so many times five minutes from now. */
  housekeeping: (later: number) => broker.housekeeping.run(Date.now() + later * 300_000),
  problems: () => problems.splice(0),
  lines: () => lines.splice(0),
  requests: () => {
    const all = [...requests];
    requests.clear();
    return all;
  },
  /** IMAP commands since the last call. */
  commands: () => {
    const all = commands;
    commands = 0;
    return all;
  },
  bytesRead: () => bytesOfClosed + [...sockets].reduce((sum, socket) => sum + socket.bytesRead, 0),
  /** What this process holds when it has tidied up; see {@link heldNow}. */
  held: heldNow,
};

export type WorkerCalls = typeof handlers;

answerCalls(handlers);
