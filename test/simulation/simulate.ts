import { createAddressIndex } from '../../src/lib/store/address-index.ts';
import { sweep } from '../../src/lib/sync/sweep.ts';
import { createAdmin, type Person } from './admin.ts';
import { createApi, createApp, type Entra, tickMs } from './app.ts';
import { createDeliveries } from './deliveries.ts';
import { insertDestination } from './destination.ts';
import { dice } from './dice.ts';
import { createFaults, type FaultKind } from './faults.ts';
import { createFence } from './fence.ts';
import { createLives } from './lives.ts';
import { createMailWorld } from './mail.ts';
import { createPeople } from './people.ts';
import { createProcess, type Ground } from './process.ts';
import { type Breach, createPromises } from './promises.ts';
import { holdingStatuses, type Post, type ReceiverWeather } from './receiver.ts';
import { createRecords } from './records.ts';
import { createScheduler } from './scheduler.ts';
import { checkMail, checkRemains, unsettled } from './settled.ts';
import type { StoreWeather } from './store.ts';
import { createTables } from './tables.ts';
import { createTrace } from './trace.ts';
import { areCompared, checkTruth } from './truth.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Events after which the faults stop; by default as many as the seed says. */
  readonly steps?: number | undefined;
  readonly without?: ReadonlySet<FaultKind>;
  readonly trace?: boolean;
}

export interface Simulation {
  readonly breaches: readonly Breach[];
  readonly steps: number;
  /** Of them, with faults. */
  readonly faultySteps: number;
  readonly kinds: ReadonlySet<FaultKind>;
  readonly lines: readonly string[];
  /** Messages that were accepted, as a sign of life. */
  readonly delivered: number;
}

/** More happens in no world; one that goes on and on gets nowhere. */
const mostSteps = 60_000;

/** A world that has not come to rest this many ticks after the last fault never will. */
const mostTicks = 130;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Lives through one world: faults, then rest, then a day later; the same for the same options, to the last step. */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
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
  const records = createRecords(promises, lives);
  const mail = createMailWorld(ground, chance.between(-20_000, 20_000), lives.onPlaced);
  const tables = createTables((write) => {
    lives.onApplied(write);
    fence.onApplied(write);
  });
  const entra: Entra = { dead: new Set() };
  const storeWeather: StoreWeather = { outage: undefined, refused: undefined, refusedTo: new Set() };
  const receiverWeather: ReceiverWeather = { down: new Map() };
  const destinations = ['dst_alphaalphaal', 'dst_betabetabeta'];
  const unordered = new Set(destinations.filter(() => chance.chance(0.35)));
  const surroundings = {
    unordered,
    warmSessions: chance.chance(0.5) ? 0 : 1 + chance.below(4),
    tables,
    mail,
    entra,
    storeWeather,
    receiverWeather,
    posts: {
      ...deliveries,
      accepted(post: Post) {
        deliveries.accepted(post);
        records.accepted(post);
        admin.read(post);
      },
    },
  };
  const app = createApp(ground, surroundings, 1 + chance.below(3));
  const people: Person[] = ['ada', 'bea', 'cid'].slice(0, 1 + chance.below(3)).map((name) => ({
    tid: '11111111-2222-3333-4444-555555555555',
    oid: `oid-${name}`,
    address: `${name}@contoso.example`,
  }));
  const owners = createPeople(ground, mail);
  const admin = createAdmin(ground, { app, lives, mail, entra }, people, destinations);

  for (const [at, id] of destinations.entries()) {
    trace.name(id, at === 0 ? 'alpha' : 'beta');
    await insertDestination(tables, id, new Date(scheduler.now()));
  }
  for (const person of people) {
    const mailbox = mail.mailbox(person.address);
    owners.furnish(mailbox);
    // Some hear little: what takes long shows there only, since faults end with a number of events, not with a time.
    const everyMs = chance.chance(0.7) ? chance.between(3_000, 40_000) : chance.between(60_000, 900_000);
    owners.enter(mailbox, everyMs);
    scheduler.after(chance.between(0, 20_000), () => admin.connect(person));
  }
  every(tickMs, () => {
    if (!faults.strikes('tickSkipped')) scheduler.after(chance.between(0, 900), app.dispatch);
  });
  every(20_000, () => {
    if (faults.stopped) return;
    changeWeather();
    scheduler.after(chance.between(0, 20_000), admin.act);
  });

  // Drawn in any case: the same seed with fewer steps is the same life, cut short.
  const ownSteps = 300 + chance.below(1200);
  const faultySteps = options.steps ?? ownSteps;
  const isBroken = () => {
    if (promises.breaches.length === 0 && scheduler.step() > mostSteps)
      promises.breach('everything settles', 'it goes on and on');
    return promises.breaches.length > 0;
  };
  const ended = { tables, lives, mail, deliveries, promises, scheduler };
  await scheduler.run(() => isBroken() || scheduler.step() >= faultySteps);
  if (!isBroken()) await rest();
  if (!isBroken()) await compare();
  if (!isBroken()) await nextDay();
  app.close();
  return {
    breaches: promises.breaches,
    steps: scheduler.step(),
    faultySteps: Math.min(faultySteps, scheduler.step()),
    kinds: faults.kinds,
    lines: trace.lines,
    delivered: lives.all.reduce((sum, life) => sum + deliveries.of(life).accepted.size, 0),
  };

  /** Faults stop, and within a bounded number of ticks everything that is owed must have arrived. */
  async function rest(): Promise<void> {
    trace.note('world', () => 'comes to rest');
    faults.stop();
    owners.calm();
    storeWeather.outage = undefined;
    storeWeather.refused = undefined;
    receiverWeather.down.clear();
    admin.calm();
    const addresses = people.map((person) => person.address);
    let left: string[] = [];
    for (let tick = 0; tick < mostTicks; tick++) {
      const until = scheduler.now() + tickMs;
      await scheduler.run(() => isBroken() || scheduler.now() >= until);
      if (isBroken()) return;
      left = unsettled(ended, addresses);
      if (left.length === 0) return checkMail(ended);
      admin.tidy();
    }
    promises.breach('everything settles', `after ${mostTicks} ticks: ${left.join('; ')}`);
  }

  /** What the counts of folders do not show is found within the hour; then the receivers must know all that is so. */
  async function compare(): Promise<void> {
    scheduler.leap(hourMs + tickMs);
    const since = scheduler.now();
    const addresses = people.map((person) => person.address);
    for (let tick = 0; tick < mostTicks; tick++) {
      const until = scheduler.now() + tickMs;
      await scheduler.run(() => isBroken() || scheduler.now() >= until);
      if (isBroken()) return;
      if (areCompared(ended, since) && unsettled(ended, addresses).length === 0) return checkTruth(ended, records);
    }
    promises.breach('everything settles', `flags are not compared after ${mostTicks} ticks`);
  }

  /** A day later the sweep must leave nothing but what is connected. */
  async function nextDay(): Promise<void> {
    scheduler.leap(dayMs + 2 * tickMs);
    const process = createProcess(ground, 'sweep', 0, () => {});
    const { store, clock, log, directory, grants } = createApi(ground, surroundings, process);
    const index = createAddressIndex({ store, clock });
    // Whoever touches a row meanwhile keeps it; the next sweep, an hour later, takes it.
    for (let time = 0; time < 2; time++) {
      let done = false;
      process.invoke(
        'sweep',
        () => sweep({ store, clock, log, index, directory, grants }).then(() => {}),
        () => {
          done = true;
        },
      );
      await scheduler.run(() => done || isBroken());
    }
    checkRemains(ended);
  }

  function every(ms: number, happen: () => void): void {
    const next = () => {
      happen();
      every(ms, happen);
    };
    scheduler.after(ms - ((scheduler.now() + 1) % ms) + 1, next);
  }

  function changeWeather(): void {
    const now = scheduler.now();
    if (faults.strikes('terminate')) app.terminate();
    if (faults.strikes('night')) {
      const ms = faults.size('night', 2 * hourMs, 12 * hourMs);
      trace.note('world', () => `sleeps for ${Math.round(ms / hourMs)} h`);
      scheduler.leap(ms);
    }
    if (faults.strikes('storeOutage')) {
      const until = now + faults.size('storeOutage', 2_000, 110_000);
      const only = faults.pick('storeOutage', [undefined, ...app.workers]);
      storeWeather.outage = { until, only };
      trace.note('weather', () => `no tables for ${only?.name ?? 'all'} for ${Math.round((until - now) / 1000)} s`);
    }
    if (faults.strikes('rowRefused')) {
      const life = faults.pick('rowRefused', lives.live());
      if (life === undefined) return;
      const until = now + faults.size('rowRefused', 1_000, 120_000);
      storeWeather.refused = { until, mailboxId: life.row.id };
      trace.note('weather', () => `rows of ${life.row.id} are refused for ${Math.round((until - now) / 1000)} s`);
    }
    if (faults.strikes('receiverDown')) {
      const id = faults.pick('receiverDown', destinations) ?? '';
      const until = now + faults.size('receiverDown', 1_000, 400_000);
      const status = faults.pick('receiverDown', [undefined, ...holdingStatuses]);
      receiverWeather.down.set(id, { until, status });
      trace.note('weather', () => `${id} answers ${status ?? 'nothing'} for ${Math.round((until - now) / 1000)} s`);
    }
  }
}
