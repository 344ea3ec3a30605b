import { sweep } from '../../src/lib/housekeeping/sweep.ts';
import { createAddressIndex } from '../../src/lib/store/mailboxes/address-index.ts';
import { sweepSubmissions } from '../../src/lib/submissions/sweep.ts';
import { createApi, tickMs } from './app.ts';
import { type FaultKind, sendingKinds } from './faults.ts';
import { createPeople } from './people.ts';
import { createProcess } from './process.ts';
import type { Breach } from './promises.ts';
import { holdingStatuses } from './receiver.ts';
import { inRetryQueue } from './retry-queue.ts';
import { every } from './scheduler.ts';
import { createSimBlobs } from './sending/blobs.ts';
import { checkMail, checkRemains, unsettled } from './settled.ts';
import { areCompared, checkTruth } from './truth.ts';
import { createWorld, destinations } from './world.ts';

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

/** No world needs more; one that continues is stuck. */
const mostSteps = 60_000;

/** Where mail goes out by several ways, or is answered, so many more events have only the faults that concern it: else little of it would leave before the end. */
const richSteps = 2000;

/** A world that has not come to rest this many ticks after the last fault never will. */
const mostTicks = 130;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Lives through one world: faults, then rest, then a day later; the same for the same options, to the last step. */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  const world = await createWorld({
    ...options,
    posts: {
      accepted({ type, message }) {
        if (type === 'message.received' && message !== undefined) owners.imitate(message);
      },
      meddled({ message }) {
        if (message !== undefined) owners.meddle(message);
      },
    },
  });
  const {
    ground,
    scheduler,
    surroundings,
    lives,
    mail,
    deliveries,
    promises,
    records,
    people,
    admin,
    app,
    bells,
    outgoing,
  } = world;
  const { faults, trace, dice: chance } = ground;
  const { storeWeather, receiverWeather } = surroundings;
  const owners = createPeople(ground, mail, (mailbox) => inRetryQueue(world, mailbox));
  for (const person of people) {
    const mailbox = mail.mailbox(person.address);
    owners.furnish(mailbox);
    // Some hear little: what takes long shows there only, since faults end with a number of events, not with a time.
    const everyMs = chance.chance(0.7) ? chance.between(3_000, 40_000) : chance.between(60_000, 900_000);
    owners.enter(mailbox, everyMs);
    scheduler.after(chance.between(0, 20_000), () => admin.connect(person));
  }
  every(scheduler, tickMs, () => {
    if (!faults.strikes('tickSkipped')) scheduler.after(chance.between(0, 900), app.dispatch);
  });
  every(scheduler, 20_000, () => {
    if (faults.stopped) return;
    changeWeather();
    scheduler.after(chance.between(0, 20_000), admin.act);
    if (outgoing !== undefined) outgoing.senders.act();
    outgoing?.operators.act();
  });

  // Drawn in any case: the same seed with fewer steps is the same life, cut short.
  const ownSteps = 300 + chance.below(1200);
  const faultySteps = options.steps ?? ownSteps + (outgoing?.isRich === true ? richSteps : 0);
  const isBroken = () => {
    if (promises.breaches.length === 0 && scheduler.step() > mostSteps)
      promises.breach('everything settles', 'it goes on and on');
    return promises.breaches.length > 0;
  };
  await scheduler.run(() => isBroken() || scheduler.step() >= Math.min(ownSteps, faultySteps));
  if (faultySteps > ownSteps) {
    trace.note('world', () => 'has no other troubles than those of mail out');
    faults.only(sendingKinds);
    storeWeather.outage = undefined;
    await scheduler.run(() => isBroken() || scheduler.step() >= faultySteps);
  }
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
    const isLone = faults.strikes('lone');
    faults.stop();
    owners.calm();
    storeWeather.outage = undefined;
    storeWeather.refused = undefined;
    receiverWeather.down.clear();
    admin.calm();
    outgoing?.operators.calm();
    await settle();
    if (isLone && !isBroken()) await hangOnOne();
    if (!isBroken()) checkMail(world);
    if (!isBroken()) outgoing?.outcomes.check();
    if (!isBroken()) outgoing?.aftermath.check();
  }

  async function settle(): Promise<void> {
    const addresses = people.map((person) => person.address);
    let left: string[] = [];
    for (let tick = 0; tick < mostTicks; tick++) {
      await pass(1);
      if (isBroken()) return;
      left = [...unsettled(world, addresses), ...(outgoing?.outcomes.unsettled() ?? [])];
      if (left.length === 0) return;
      admin.tidy();
      outgoing?.operators.tidy();
    }
    promises.breach('everything settles', `after ${mostTicks} ticks: ${left.join('; ')}`);
  }

  async function pass(ticks: number): Promise<void> {
    const until = scheduler.now() + ticks * tickMs;
    await scheduler.run(() => isBroken() || scheduler.now() >= until);
  }

  /** A receiver hangs on the only message for so long that it moves to the retry queue; then it must be tried, too. */
  async function hangOnOne(): Promise<void> {
    const inbox = mail.mailbox(people[0]?.address ?? '').folders.get('INBOX');
    if (inbox === undefined) return;
    const message = mail.add(inbox);
    message.bad = 'times out';
    await pass(2);
    scheduler.leap(11 * tickMs);
    await pass(4);
    message.bad = undefined;
    if (!isBroken()) await settle();
  }

  /** What the counts of folders do not show is found within the hour; then the receivers must know all that is so. */
  async function compare(): Promise<void> {
    scheduler.leap(hourMs + tickMs);
    const since = scheduler.now();
    const addresses = people.map((person) => person.address);
    for (let tick = 0; tick < mostTicks; tick++) {
      await pass(1);
      if (isBroken()) return;
      if (areCompared(world, since) && unsettled(world, addresses).length === 0) return checkTruth(world, records);
      // A request that stood still since the faults stopped may only now have taken effect.
      admin.tidy();
    }
    promises.breach('everything settles', `flags are not compared after ${mostTicks} ticks`);
  }

  /** A day later the sweep must leave nothing but what is connected. */
  async function nextDay(): Promise<void> {
    scheduler.leap(dayMs + 2 * tickMs);
    const process = createProcess(ground, 'sweep', 0, () => {});
    const { store, clock, log, directory, grants } = createApi(ground, surroundings, process);
    const index = createAddressIndex({ store, clock });
    // A row that is touched meanwhile stays; the next sweep, an hour later, deletes it.
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
    checkRemains(world);
    if (outgoing === undefined) return;
    let swept = false;
    const blobs = createSimBlobs(ground, process, outgoing.shelf);
    process.invoke(
      'sweep of submissions',
      () => sweepSubmissions({ store, blobs, log, wakeDraft: async () => {} }).then(() => {}),
      () => {
        swept = true;
      },
    );
    await scheduler.run(() => swept || isBroken());
    outgoing.outcomes.checkRemains(outgoing.shelf.keys());
  }

  function changeWeather(): void {
    const now = scheduler.now();
    bells.forge();
    if (faults.strikes('terminate')) app.terminate();
    if (faults.strikes('night')) {
      const ms = faults.size('night', 2 * hourMs, 12 * hourMs);
      trace.note('world', () => `sleeps for ${Math.round(ms / hourMs)} h`);
      scheduler.leap(ms);
    }
    if (faults.strikes('lull')) {
      const ms = faults.size('lull', 2 * hourMs, 9 * hourMs);
      trace.note('world', () => `is quiet for ${Math.round(ms / hourMs)} h`);
      scheduler.leap(ms);
      owners.rest(faults.size('lull', 3 * 60_000, 15 * 60_000));
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
