import { type Admin, createAdmin, type Person } from './admin.ts';
import { type App, createApp, type Entra, intervalSeconds, type Surroundings } from './app.ts';
import { type Bells, createBells } from './bells.ts';
import { createDeliveries } from './deliveries.ts';
import { insertDestination } from './destination.ts';
import { dice } from './dice.ts';
import { createFaults, type FaultKind } from './faults.ts';
import { createFence } from './fence.ts';
import { createFilters } from './filters.ts';
import { createLives } from './lives.ts';
import { createMailWorld, type Ours, type Physical, type Place } from './mail.ts';
import { createProbes } from './probes.ts';
import type { Ground } from './process.ts';
import { createPromises } from './promises.ts';
import type { Post, PostObserver, ReceiverWeather } from './receiver.ts';
import { createRecords, type Records } from './records.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { type Aftermath, createAftermath } from './sending/aftermath.ts';
import type { BlobShelf } from './sending/blobs.ts';
import { createGraphServer } from './sending/graph/server.ts';
import { createLetters } from './sending/letters.ts';
import { createOperators, type Operators } from './sending/operators.ts';
import { createOutcomes, type Outcomes } from './sending/outcomes.ts';
import { createPostOffice } from './sending/post-office.ts';
import { createSenders, type Senders } from './sending/senders.ts';
import { createTenant } from './sending/tenant.ts';
import type { Ended } from './settled.ts';
import type { StoreWeather } from './store.ts';
import { type Applied, createTables } from './tables.ts';
import { createTrace } from './trace.ts';
import { warmUp } from './warm-up.ts';

export interface WorldOptions {
  readonly seed: number;
  /** Kinds of faults that this world does not have. */
  readonly without?: ReadonlySet<FaultKind>;
  readonly trace?: boolean;
  /** In place of what the seed says. */
  readonly wanted?: {
    readonly people?: number;
    /** Processes of the app. */
    readonly workers?: number;
    /** Destinations that take the messages of a folder in any order. */
    readonly unordered?: readonly string[];
    readonly intervalSeconds?: number;
    readonly isRunByTimer?: boolean;
  };
  /** Told of what the app logs. */
  readonly onLog?: Surroundings['onLog'];
  /** Further observers. */
  readonly onApplied?: (write: Applied) => void;
  readonly posts?: Partial<PostObserver>;
}

/** The broker with everything around it, and the observers of its promises. */
export interface World extends Ended {
  readonly ground: Ground;
  readonly scheduler: Scheduler;
  readonly surroundings: Surroundings;
  readonly records: Records;
  readonly people: readonly Person[];
  readonly admin: Admin;
  readonly app: App;
  readonly bells: Bells;
  /** In worlds from which mail goes out. */
  readonly outgoing:
    | {
        readonly outcomes: Outcomes;
        readonly aftermath: Aftermath;
        readonly senders: Senders;
        readonly operators: Operators;
        readonly shelf: BlobShelf;
        /** Over Graph, too, or with answers and a shared mailbox. */
        readonly isRich: boolean;
      }
    | undefined;
}

const names = ['ada', 'bea', 'cid', 'dan', 'eve', 'fay', 'gus', 'hal'] as const;

/** A mailbox that somebody opens, or the app. */
const shared = { oid: '', address: 'team@contoso.example', isShared: true } as const;

export const destinations = ['dst_alphaalphaal', 'dst_betabetabeta'] as const;

/** A world in which nothing has happened yet. The same for the same options. */
export async function createWorld(options: WorldOptions): Promise<World> {
  await warmUp();
  const { wanted = {} } = options;
  const seed = String(options.seed);
  const scheduler = createScheduler();
  const faults = createFaults(seed, options.without ?? new Set());
  const trace = createTrace(scheduler, options.trace ?? false);
  const chance = dice(seed);
  const ground: Ground = { seed, scheduler, faults, trace, dice: chance };

  const promises = createPromises(ground);
  const lives = createLives(
    ground,
    () => mail,
    (address) => promises.breach('one mailbox for an address', address),
  );
  const fence = createFence(ground, promises, () => tables, lives);
  const deliveries = createDeliveries(ground, promises, () => tables, lives, {
    isOrdered: (id) => !unordered.has(id),
    hasReleased: fence.hasReleased,
    wasRefused: (run) => storeWeather.refusedTo.has(run),
  });
  const probes = createProbes(ground, promises, lives, (id) => !unordered.has(id));
  const records = createRecords(promises, lives);
  const filters = createFilters(ground, promises, () => tables, lives, deliveries);
  const bells = createBells(ground, lives, () => app.queue);
  const ours: Ours = {
    onStored: (message, flags) => aftermath.onStored(message, flags),
    onAppended: (message, source) => aftermath.onAppended(message, source),
  };
  const onPlaced = (message: Physical, place: Place) => {
    lives.onPlaced(message, place);
    bells.onPlaced(message, place);
  };
  const mail = createMailWorld(ground, chance.between(-20_000, 20_000), onPlaced, ours);
  // A third of the worlds: the lives of the others do not change with what is sent here.
  const isSending = dice(`${seed}/mail goes out`).chance(1 / 3);
  // In more than half of these, over Graph, too.
  const tenant = createTenant(ground, isSending && dice(`${seed}/ways out`).chance(0.6));
  // In half of them mail is answered, and there is a shared mailbox.
  const isAnswering = isSending && dice(`${seed}/answers`).chance(0.5);
  const letters = createLetters();
  const office = createPostOffice(
    ground,
    () => mail,
    (letter) => outcomes.onTaken(letter),
  );
  const graph = createGraphServer(office);
  const outcomes = createOutcomes(ground, promises, {
    tables: () => tables,
    lives,
    office: () => office,
    mail: () => mail,
    letters,
  });
  const aftermath = createAftermath(promises, { lives, letters, drafts: graph.drafts, outcomes: () => outcomes });
  const shelf: BlobShelf = new Map();
  const tables = createTables((write) => {
    outcomes.onApplied(write);
    filters.onApplied(write);
    lives.onApplied(write);
    fence.onApplied(write);
    options.onApplied?.(write);
  });
  const entra: Entra = { dead: new Set() };
  const storeWeather: StoreWeather = { outage: undefined, refused: undefined, refusedTo: new Set() };
  const receiverWeather: ReceiverWeather = { down: new Map(), choked: new Map() };
  const chosen: readonly string[] = destinations.filter(() => chance.chance(0.35));
  const unordered = new Set(wanted.unordered ?? chosen);
  const surroundings = {
    intervalSeconds: wanted.intervalSeconds ?? intervalSeconds,
    onLog: options.onLog,
    // With bells the queue brings all wake-ups; without them, they meet its faults in the other worlds.
    isRunByTimer:
      wanted.isRunByTimer ?? (!faults.kinds.has('bell') && dice(`${seed}/the timer runs the shard`).chance(0.25)),
    unordered,
    warmSessions: chance.chance(0.5) ? 0 : 1 + chance.below(4),
    tables,
    mail,
    entra,
    storeWeather,
    receiverWeather,
    breach: promises.breach,
    sending: isSending ? { office, shelf, tenant, graph } : undefined,
    posts: {
      sending(post: Post) {
        filters.sending(post);
        deliveries.sending(post);
        probes.sending(post);
        options.posts?.sending?.(post);
      },
      accepted(post: Post) {
        deliveries.accepted(post);
        records.accepted(post);
        outcomes.accepted(post);
        options.posts?.accepted?.(post);
        admin.read(post);
        senders.read(post);
      },
      heard(post: Post) {
        deliveries.heard(post);
        options.posts?.heard?.(post);
      },
      meddled(post: Post) {
        options.posts?.meddled?.(post);
      },
    },
  };
  const workers = 1 + chance.below(3);
  const app: App = createApp(ground, surroundings, wanted.workers ?? workers);
  const count = 1 + chance.below(3);
  const people: Person[] = Array.from({ length: wanted.people ?? count }, (_, at) => names[at] ?? `person${at}`).map(
    (name) => ({
      tid: '11111111-2222-3333-4444-555555555555',
      oid: `oid-${name}`,
      address: `${name}@contoso.example`,
    }),
  );
  if (isAnswering && wanted.people === undefined) people.push({ ...shared, tid: people[0]?.tid ?? '' });
  const admin = createAdmin(ground, { app, lives, mail, entra, tenant }, people, destinations);

  const senders = createSenders(ground, { app, lives, outcomes, letters, tenant, aftermath, isAnswering });
  for (const [at, id] of destinations.entries()) {
    trace.name(id, at === 0 ? 'alpha' : 'beta');
    await insertDestination(tables, id, new Date(scheduler.now()));
  }
  const ended = { tables, lives, mail, deliveries, promises };
  const operators = createOperators(ground, { app, lives, tenant });
  const isRich = tenant.graphPermissions.length > 0 || isAnswering;
  const outgoing = isSending ? { outcomes, aftermath, senders, operators, shelf, isRich } : undefined;
  return { ...ended, ground, scheduler, surroundings, records, people, admin, app, bells, outgoing };
}
