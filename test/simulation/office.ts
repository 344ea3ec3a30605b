import type { Office, Waits } from '../../bench/parts/office.ts';
import { dice } from './dice.ts';
import { faultKinds } from './faults.ts';
import { every, type Scheduler } from './scheduler.ts';
import { createWorld, destinations } from './world.ts';

/**
 * Mail of an office by the hour of a working day, as shares of the busiest hour: little before eight and after six, less over
 * lunch. At weekends a tenth of it comes.
 */
const byHour = [
  ...[0.01, 0.01, 0.01, 0.01, 0.02, 0.04, 0.08, 0.25, 0.6, 0.9, 1, 0.9],
  ...[0.55, 0.65, 0.9, 0.9, 0.8, 0.55, 0.25, 0.12, 0.08, 0.06, 0.04, 0.02],
] as const;
const shareOfDay = byHour.reduce((sum, share) => sum + share, 0);
const weekendShare = 0.1;

/** Messages of a working day: some people get few, some many; all of them 40 on average, as the page on costs has it. */
const messagesADay = [5, 10, 15, 25, 40, 55, 70, 100] as const;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface OfficeOptions {
  readonly seed: number;
  readonly intervalSeconds: number;
  /** Of them the last 7 are measured. */
  readonly days: number;
}

/**
 * Lives through weeks of an office on the clock of the simulator: the broker's own engine, with the timer that runs the only
 * shard, eight mailboxes, and no faults.
 */
export async function liveOffice({ seed, intervalSeconds, days }: OfficeOptions): Promise<Office> {
  const waits: { readonly at: number; readonly ms: number }[] = [];
  let polls = 0;
  const world = await createWorld({
    seed,
    without: new Set(faultKinds),
    wanted: { people: messagesADay.length, workers: 1, unordered: destinations, intervalSeconds, isRunByTimer: true },
    posts: {
      accepted({ type, message }) {
        if (type === 'message.received' && message !== undefined && message.bornAt > start) {
          waits.push({ at: message.bornAt, ms: scheduler.now() - message.bornAt });
        }
      },
    },
    onLog(event, { polled }) {
      if (event === 'shard.finished' && typeof polled === 'number' && scheduler.now() >= measuredFrom) polls += polled;
    },
  });
  const { scheduler, people, mail, admin, app, promises } = world;
  const start = scheduler.now();
  const firstDay = Math.ceil(start / dayMs) * dayMs;
  const end = firstDay + days * dayMs;
  const measuredFrom = end - 7 * dayMs;
  every(scheduler, intervalSeconds * 1000, app.dispatch);
  for (const [at, person] of people.entries()) {
    scheduler.after(at * 1000, () => admin.connect(person));
    const inbox = mail.mailbox(person.address).folders.get('INBOX');
    if (inbox === undefined) throw new Error('no INBOX');
    receive(scheduler, dice(`${seed}/office/${at}`), messagesADay[at] ?? 0, () => mail.add(inbox));
  }
  await scheduler.run(() => scheduler.now() >= end || promises.breaches.length > 0);
  app.close();
  const [breach] = promises.breaches;
  if (breach !== undefined) throw new Error(`${breach.promise}: ${breach.detail}`);
  const between = (from: number, to: number) => waits.filter(({ at }) => at >= from && at < to);
  const last = between(measuredFrom, end);
  return {
    intervalSeconds,
    mailboxes: people.length,
    before: summed(between(firstDay, firstDay + 2 * dayMs)),
    after: summed(last),
    inHours: summed(last.filter(({ at }) => isOfficeHour(at))),
    offHours: summed(last.filter(({ at }) => !isOfficeHour(at))),
    shareOfPolls: polls / people.length / ((7 * dayMs) / 1000 / intervalSeconds),
  };
}

const isWeekend = (at: number): boolean => [0, 6].includes(new Date(at).getUTCDay());

function isOfficeHour(at: number): boolean {
  const hour = new Date(at).getUTCHours();
  return !isWeekend(at) && hour >= 8 && hour < 18;
}

/** Mail comes by chance, as often as the hour has it: candidates of the busiest hour, of which as many count. */
function receive(scheduler: Scheduler, chance: ReturnType<typeof dice>, aDay: number, arrive: () => void): void {
  const busiestMs = (hourMs * shareOfDay) / aDay;
  const next = () => {
    const at = scheduler.now();
    const share = (byHour[new Date(at).getUTCHours()] ?? 0) * (isWeekend(at) ? weekendShare : 1);
    if (chance.chance(share)) arrive();
    scheduler.after(-Math.log(1 - chance.next()) * busiestMs, next);
  };
  scheduler.after(-Math.log(1 - chance.next()) * busiestMs, next);
}

function summed(waits: readonly { readonly ms: number }[]): Waits {
  const sorted = waits.map(({ ms }) => ms / 1000).sort((a, b) => a - b);
  const at = (share: number) => Math.round(10 * (sorted[Math.floor(share * (sorted.length - 1))] ?? 0)) / 10;
  return { messages: sorted.length, median: at(0.5), p90: at(0.9), p95: at(0.95), longest: at(1) };
}
