import { createDeliverer } from '../../src/lib/delivery/deliverer.ts';
import { createDestinationFacts } from '../../src/lib/delivery/destination-facts.ts';
import { buildMailboxEvent } from '../../src/lib/delivery/events/mailbox-event.ts';
import { buildMessageReceived } from '../../src/lib/delivery/events/message-event.ts';
import type { ErrorCode } from '../../src/lib/error-codes.ts';
import { BrokerError, isBrokerError } from '../../src/lib/errors.ts';
import type { Log, LogFields } from '../../src/lib/log.ts';
import { createSessionPool } from '../../src/lib/mailbox/session/session-pool.ts';
import { createDestinationRows } from '../../src/lib/store/destinations/destinations.ts';
import { createGrants } from '../../src/lib/store/grants/grants.ts';
import { createRegistry } from '../../src/lib/store/mailboxes/create-registry.ts';
import type { MailboxRow } from '../../src/lib/store/rows/rows.ts';
import { createDirectory } from '../../src/lib/store/shard/directory.ts';
import { isStoreError } from '../../src/lib/store/table/table.ts';
import type { SendWakeUp } from '../../src/lib/submissions/types.ts';
import { createDispatcher } from '../../src/lib/sync/run/dispatcher.ts';
import { loneShard, runLoneShard } from '../../src/lib/sync/run/lone-shard.ts';
import { createShardRunner } from '../../src/lib/sync/run/runner.ts';
import type { Dispatcher, ShardRunner } from '../../src/lib/sync/state/types.ts';
import { createImap } from './imap.ts';
import type { MailWorld } from './mail.ts';
import { plainSealer } from './plain-sealer.ts';
import { createProcess, type Ground, invocations, type SimProcess } from './process.ts';
import type { Promises } from './promises.ts';
import { createQueue, type Hint, type Queue } from './queue.ts';
import { createReceivers, type PostObserver, type ReceiverWeather } from './receiver.ts';
import { graphTokens } from './sending/graph/tokens.ts';
import { createSimSending, type SendingGround, type SimSending } from './sending/sending.ts';
import { createStore, type StoreWeather } from './store.ts';
import type { Tables } from './tables.ts';

/** Length of a tick, where a world has no other. */
export const intervalSeconds = 60;
export const tickMs = intervalSeconds * 1000;

/** Access tokens for mail last this long [Microsoft: 60 to 90 minutes]. */
const tokenMs = 70 * 60_000;

/** A scaled-in instance has this long before it is ended [host: 10 s]. */
const graceMs = 10_000;

/** What Entra thinks of people. */
export interface Entra {
  /** Object ids of those whose sign-in has ended; a reconnect makes it good. */
  readonly dead: Set<string>;
}

export interface Surroundings {
  readonly tables: Tables;
  readonly mail: MailWorld;
  readonly entra: Entra;
  /** Destinations that take the messages of a folder in any order. */
  readonly unordered: ReadonlySet<string>;
  /** Length of a tick. */
  readonly intervalSeconds: number;
  /** Told of what the app logs. */
  readonly onLog: ((event: string, fields: LogFields) => void) | undefined;
  /** The process of the timer looks after the shard. */
  readonly isRunByTimer: boolean;
  /** Connections to mail servers that a process keeps open between polls. */
  readonly warmSessions: number;
  readonly storeWeather: StoreWeather;
  readonly receiverWeather: ReceiverWeather;
  readonly posts: PostObserver;
  readonly breach: Promises['breach'];
  /** In worlds from which mail goes out. */
  readonly sending: SendingGround | undefined;
}

/** The parts of the broker that write rows through the API, in one process. */
export function createApi(ground: Ground, world: Surroundings, process: SimProcess) {
  const store = createStore(ground, process, world.tables, world.storeWeather);
  const parts = { store, clock: process.clock, random: process.random, log: logOf(ground, process, world.onLog) };
  const grants = createGrants({ ...parts, sealer: plainSealer });
  return { ...parts, grants, registry: createRegistry({ ...parts, grants }), directory: createDirectory(parts) };
}

interface Worker {
  readonly process: SimProcess;
  readonly sessions: { closeAll(): Promise<void> };
  readonly runner: ShardRunner;
  readonly dispatcher: Dispatcher;
  readonly sending: SimSending | undefined;
}

/** The app: worker processes that come and go, the timer, the queue, and a process for each call of the API. */
export interface App {
  readonly queue: Queue;
  /** Fires the timer now. */
  dispatch(): void;
  /** A process that answers one request of the API. */
  request(
    name: string,
    work: (api: ReturnType<typeof createApi>, process: SimProcess, sending: SimSending | undefined) => Promise<void>,
  ): void;
  /** Takes an instance away, as a platform does that scales in. */
  terminate(): void;
  readonly workers: readonly SimProcess[];
  /** Lets go of what outlives a world: the timers of kept connections. */
  close(): void;
}

const tokenTroubles: readonly ErrorCode[] = [
  'entra_unavailable',
  'entra_throttled',
  'account_locked',
  'admin_consent_required',
  'client_secret_expired',
];

export function createApp(ground: Ground, world: Surroundings, most: number): App {
  const { scheduler, faults, trace, dice } = ground;
  const { intervalSeconds } = world;
  const workers: Worker[] = [];
  const started: Worker[] = [];
  const leaving = new Set<SimProcess>();
  let names = 0;
  let runs = 0;
  let requests = 0;
  /** Where the timer's function runs. */
  let timer: SimProcess | undefined;

  function killed(process: SimProcess): void {
    const at = workers.findIndex((worker) => worker.process === process);
    if (at >= 0) workers.splice(at, 1);
    if (process === timer) timer = undefined;
    for (const invocation of process.running) {
      queue.ended(invocation, undefined);
    }
  }

  function start(): Worker {
    const process = createProcess(ground, `w${++names}`, dice.between(-90_000, 90_000), killed);
    const api = createApi(ground, world, process);
    const { store, clock, random, log, registry, directory } = api;
    const outbound = createReceivers(ground, process, world.mail, world.receiverWeather, world.posts);
    const rows = createDestinationRows({ store, sealer: plainSealer });
    const tokenEnds = clock.now() + tokenMs;
    const sending = sendingOf(process, api);
    const sessions = createSessionPool({
      connector: createImap(ground, process, world.mail),
      clock,
      capacity: world.warmSessions,
      eviction: 'leastFrequent',
      idleMs: 10 * 60_000,
      tokenEndsAt: () => tokenEnds,
    });
    const worker: Worker = {
      process,
      dispatcher: createDispatcher({ store, directory, intervalSeconds }),
      runner: createShardRunner({
        store,
        clock,
        random,
        log,
        imap: sessions,
        deliverer: createDeliverer({ rows, outbound, time: store.time, clock, random, log }),
        token: (mailbox) => token(process, mailbox),
        messageReceived: buildMessageReceived,
        mailboxEvent: buildMailboxEvent,
        forget: (mailbox) => {
          sessions.drop(mailbox.id);
          return registry.forget(mailbox);
        },
        otherHeld: sessions.leave,
        intervalSeconds,
        ...(faults.kinds.has('bell') ? { hasBell: async () => true } : {}),
        destinations: {
          ...createDestinationFacts({ rows, time: store.time, clock, random }),
          // Nobody asks for counts here: a read for it would move the faults of every world.
          wantsCounts: async () => false,
          order: async (id) => (world.unordered.has(id) ? 'window' : 'strict'),
        },
        ...(sending === undefined ? {} : { sentMail: sending.mailIn }),
      }),
      sessions,
      sending,
    };
    workers.push(worker);
    started.push(worker);
    return worker;
  }

  const sendingOf = (process: SimProcess, api: ReturnType<typeof createApi>): SimSending | undefined =>
    world.sending &&
    createSimSending(
      ground,
      process,
      api,
      { ...world.sending, mail: world.mail },
      {
        token: (mailbox) => token(process, mailbox),
        graphToken: graphTokens(world.sending.tenant, (mailbox) => token(process, mailbox)),
        wake: (hint, delayMs) => queue.put(hint, delayMs),
      },
    );

  function token(process: SimProcess, { grant, address }: MailboxRow): Promise<string> {
    return process.call<string>((call) => {
      scheduler.after(dice.between(0, 3), () => {
        const isDead = grant.kind === 'user' && world.entra.dead.has(grant.oid);
        const code = isDead
          ? 'grant_expired'
          : faults.strikes('tokenTrouble')
            ? faults.pick('tokenTrouble', tokenTroubles)
            : undefined;
        if (code === undefined) return call.answer('token');
        trace.note(call.by?.name ?? process.name, () => `token for ${address} -- ${code}`);
        call.fail(new BrokerError(code, code === 'entra_throttled' ? { retry: { afterMs: 90_000 } } : {}));
      });
    });
  }

  function anyone(): Worker {
    const free = workers.filter((worker) => !leaving.has(worker.process));
    if (free.length === 0 || (free.length < most && dice.chance(0.3))) return start();
    return dice.pick(free) ?? start();
  }

  const queue = createQueue(ground, (hint) => {
    const { process, runner, sending } = anyone();
    let next: Hint | undefined;
    return process.invoke(
      `${process.name}/${hint.kind === 'send' ? 'l' : hint.kind === 'bell' ? 'b' : 'r'}${++runs}`,
      async () => {
        if (hint.kind === 'send') await sending?.runner.run(hint.lane);
        else next = await work(runner, hint);
      },
      (invocation, error) => {
        if (error !== undefined) trace.note(invocation.name, () => `fails: ${String(error)}`);
        if (error !== undefined && !isOutside(error)) {
          world.breach('no function fails but for storage, mail or Microsoft', String(error));
        }
        queue.ended(invocation, next);
      },
    );
  });

  async function work(runner: ShardRunner, hint: Exclude<Hint, SendWakeUp>): Promise<Hint | undefined> {
    if (hint.kind === 'shard') return runner.run(hint);
    const { next, again } = await runner.ring(hint);
    if (again !== undefined) queue.put(again.bell, again.afterMs);
    return next;
  }

  return {
    queue,
    get workers() {
      return workers.map(({ process }) => process);
    },
    dispatch() {
      // A timer does not fire while its function runs.
      if (timer !== undefined) return;
      const { process, dispatcher, runner, sending } = anyone();
      if (world.isRunByTimer) timer = process;
      process.invoke(
        `${process.name}/timer`,
        async () => {
          const wakeUps = await dispatcher.wakeUps();
          const wakeLanes = async () => {
            const lanes = await sending?.wakeUps(wakeUps.map(({ shard }) => shard));
            for (const lane of lanes ?? []) queue.put(lane);
          };
          const lone = loneShard(wakeUps, !world.isRunByTimer);
          if (lone === undefined) {
            for (const wakeUp of wakeUps) queue.put(wakeUp);
            return wakeLanes();
          }
          const left = await runLoneShard({ runner, clock: process.clock }, lone, wakeLanes);
          if (left !== undefined) queue.put(left);
        },
        (invocation, error) => {
          timer = undefined;
          if (error !== undefined) trace.note(invocation.name, () => `fails: ${String(error)}`);
        },
      );
    },
    request(name, work) {
      const process = createProcess(ground, `api${++requests}`, dice.between(-45_000, 45_000), killed);
      trace.note(process.name, () => name);
      const api = createApi(ground, world, process);
      process.invoke(
        process.name,
        () => work(api, process, sendingOf(process, api)),
        (_, error) => {
          trace.note(process.name, () => (error === undefined ? 'answers' : `fails: ${String(error)}`));
        },
      );
    },
    close() {
      for (const { sessions } of started) void sessions.closeAll();
    },
    terminate() {
      const leaver = dice.pick(workers.filter((worker) => !leaving.has(worker.process)));
      if (leaver === undefined) return;
      const { process, runner, sessions, sending } = leaver;
      leaving.add(process);
      trace.note(process.name, () => 'is told to end');
      process.invoke(
        `${process.name}/end`,
        async () => {
          sending?.runner.stop();
          await runner.stop();
          await sessions.closeAll();
        },
        () => scheduler.after(0, () => process.kill('ends')),
      );
      scheduler.after(graceMs, () => process.kill('is ended'));
    },
  };
}

function logOf({ trace }: Ground, process: SimProcess, onLog: Surroundings['onLog']): Log {
  const note = (event: string, fields: LogFields = {}) => {
    onLog?.(event, fields);
    trace.note(
      invocations.getStore()?.name ?? process.name,
      () =>
        `log ${event} ${Object.entries(fields)
          .map(([key, value]) => `${key}=${value}`)
          .join(' ')}`,
    );
  };
  return {
    info: note,
    warn: note,
    error: (event, error, fields) => note(event, { ...fields, error: String(error) }),
  };
}

/** Whether a function failed for what it relies on; a lost lease has the conflict as its cause. */
const isOutside = (error: unknown): boolean =>
  isStoreError(error) || isBrokerError(error) || (error instanceof Error && isStoreError(error.cause));
