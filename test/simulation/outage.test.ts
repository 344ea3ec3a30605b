import { beforeAll, describe, expect, it } from 'vitest';
import { windowSizes } from '../../src/lib/domain/events/window-size.ts';
import { tickMs } from './app.ts';
import { type FaultKind, faultKinds } from './faults.ts';
import type { SimFolder } from './mail.ts';
import type { Post } from './receiver.ts';
import { every } from './scheduler.ts';
import { checkMail, unsettled } from './settled.ts';
import { rowKeyOf } from './tables.ts';
import { createWorld, destinations, type World, type WorldOptions } from './world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Requests that a destination gets from one process at once (destinations.md). */

/** Of the server itself, and of those that stand in front of it. */
const outageStatuses = [503, 530, 499, 408, 410, 520, 407, 421];

const peaceful: ReadonlySet<FaultKind> = new Set(faultKinds);

/** A world in which only that goes wrong which a test does to it. Its timer runs, and its people are connected. */
async function quietWorld(options: Partial<WorldOptions> = {}) {
  const open = new Set<Post>();
  const seen = {
    posts: [] as Post[],
    /** By destination. */
    mostAtOnce: new Map<string, number>(),
    retried: new Set<string>(),
    dead: new Set<string>(),
  };
  const world = await createWorld({
    seed: 1,
    without: peaceful,
    ...options,
    onApplied({ operations }) {
      for (const operation of operations) {
        const key = rowKeyOf(operation);
        if (operation.kind === 'upsert' && key.startsWith('d!')) seen.retried.add(key);
        if (operation.kind === 'upsert' && key.startsWith('x!')) seen.dead.add(key);
      }
    },
    posts: {
      sending(post) {
        seen.posts.push(post);
        open.add(post);
        const { destinationId } = post;
        const now = [...open].filter((other) => other.destinationId === destinationId).length;
        seen.mostAtOnce.set(destinationId, Math.max(seen.mostAtOnce.get(destinationId) ?? 0, now));
      },
      heard: (post) => void open.delete(post),
    },
  });
  every(world.scheduler, tickMs, world.app.dispatch);
  for (const person of world.people) world.admin.connect(person);
  await pass(world, 5 * tickMs);
  return { ...world, seen };
}

/** Lets time pass, with everything that happens in it. */
async function pass({ scheduler, promises }: World, ms: number): Promise<void> {
  const until = scheduler.now() + ms;
  await scheduler.run(() => promises.breaches.length > 0 || scheduler.now() >= until);
  expect(promises.breaches).toEqual([]);
}

/** Lets time pass until everything that is owed has arrived. @returns after how many ticks */
async function settle(world: World, mostTicks: number): Promise<number> {
  const people = world.people.map(({ address }) => address);
  let left: readonly string[] = [];
  for (let tick = 1; tick <= mostTicks; tick++) {
    await pass(world, tickMs);
    left = unsettled(world, people);
    if (left.length === 0) return tick;
  }
  expect(left).toEqual([]);
  return mostTicks;
}

function folderOf(world: World, address: string, path: string): SimFolder {
  const folder = world.mail.mailbox(address).folders.get(path);
  if (folder === undefined) throw new Error(`no folder ${path}`);
  return folder;
}

const received = (posts: readonly Post[]) =>
  posts.filter(({ type, acceptedAt }) => type === 'message.received' && acceptedAt !== undefined);

describe('a receiver that is away for 24 hours', () => {
  const folders = ['INBOX', 'Archive', 'Sent Items'];
  const messagesEach = 20;
  const mailboxes = 6;
  const [inOrder, inAnyOrder] = destinations;
  let world: Awaited<ReturnType<typeof quietWorld>>;
  let duringOutage = 0;

  beforeAll(async () => {
    // One destination takes mail in order, and one in a window: its three mailboxes want more at once than it may get.
    world = await quietWorld({ wanted: { people: mailboxes, workers: 1, unordered: [inAnyOrder] } });
    const { scheduler, surroundings, mail, people, ground, seen } = world;
    const end = scheduler.now() + dayMs;
    for (const { address } of people) {
      for (const path of folders) {
        for (let n = 0; n < messagesEach; n++) {
          scheduler.after(ground.dice.between(0, dayMs), () => mail.add(folderOf(world, address, path)));
        }
      }
    }
    const before = seen.posts.length;
    // It is the same outage, whatever answers instead.
    for (const [part, status] of outageStatuses.entries()) {
      for (const id of destinations) surroundings.receiverWeather.down.set(id, { until: end, status });
      await pass(world, end - dayMs + ((part + 1) * dayMs) / outageStatuses.length - scheduler.now());
    }
    duringOutage = seen.posts.length - before;
    seen.mostAtOnce.clear();
    await settle(world, 60);
    world.app.close();
  }, 900_000);

  it('gets everything afterwards, each message once', () => {
    checkMail(world);
    expect(world.promises.breaches).toEqual([]);
    const ids = received(world.seen.posts).map(({ id }) => id);
    expect(ids).toHaveLength(mailboxes * folders.length * messagesEach);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is asked now and then whether it is back, and not flooded when it is', () => {
    // Every five minutes at most, by each of two destinations, after the first few minutes.
    expect(duringOutage).toBeLessThan(2 * (24 * 12 + 40));
    expect(duringOutage).toBeGreaterThan(2 * 24);
    // It answers as fast as ever, and so may get more than the 16 at first, as any other receiver.
    expect(world.seen.mostAtOnce.get(inAnyOrder)).toBeLessThanOrEqual(windowSizes.most);
    expect(world.seen.mostAtOnce.get(inAnyOrder)).toBeGreaterThan(windowSizes.least);
  });

  it('gets its mail in order, but for the few messages that had held their folders up for long', () => {
    expect(world.seen.retried.size).toBeLessThanOrEqual(2 * 8);
    const last = new Map<string, number>();
    for (const { message, mailboxId, destinationId, data } of received(world.seen.posts)) {
      if (message?.place === undefined || destinationId !== inOrder || data.late === true) continue;
      const folder = `${mailboxId} ${message.place.folder.path}`;
      expect(message.place.uid).toBeGreaterThan(last.get(folder) ?? 0);
      last.set(folder, message.place.uid);
    }
    expect(last.size).toBe((mailboxes / 2) * folders.length);
  });

  it('condemns no message, and sends none without its text', () => {
    expect(world.seen.dead.size).toBe(0);
    const mails = world.seen.posts.filter(({ type }) => type === 'message.received');
    expect(mails.filter(({ data }) => data.text === null)).toEqual([]);
    expect(world.seen.posts.filter(({ type }) => type === 'message.undeliverable')).toEqual([]);
  });
});

describe('a mailbox that is paused for a week', () => {
  it('gets all mail of that week when it is resumed, once and in order', async () => {
    const world = await quietWorld({ wanted: { people: 1, workers: 1, unordered: [] } });
    const { scheduler, mail, people, lives, app, seen } = world;
    const address = people[0]?.address ?? '';
    const id = lives.live()[0]?.row.id ?? '';
    const pause = (wanted: boolean) =>
      app.request('pause', async ({ registry }) => {
        await registry.patch(id, { paused: wanted });
      });
    pause(true);
    await pass(world, 3 * tickMs);
    const before = seen.posts.length;
    for (let day = 0; day < 7; day++) {
      for (let n = 0; n < 30; n++) mail.add(folderOf(world, address, 'INBOX'));
      scheduler.leap(dayMs - hourMs);
      await pass(world, hourMs);
    }
    expect(seen.posts).toHaveLength(before);
    pause(false);
    await settle(world, 20);
    world.app.close();
    const uids = received(seen.posts).map(({ message }) => message?.place?.uid ?? 0);
    expect(uids).toHaveLength(7 * 30);
    expect(uids).toEqual([...new Set(uids)].sort((a, b) => a - b));
  });
});

describe('numbers that no message bears', () => {
  it.each([100_000, 20_000])('%i of them in a row are told once, and cost few commands and rows', async (gap) => {
    const world = await quietWorld({ wanted: { people: 1, workers: 1, unordered: [] }, trace: true });
    const { mail, people, ground, seen } = world;
    const inbox = folderOf(world, people[0]?.address ?? '', 'INBOX');
    const lines = ground.trace.lines.length;
    mail.add(inbox);
    const from = inbox.uidNext;
    // What arrived and was deleted before anyone looked leaves nothing but this.
    inbox.uidNext += gap;
    mail.add(inbox);
    const ticks = await settle(world, 20);
    world.app.close();
    const told = seen.posts.filter(({ type }) => type === 'message.vanished');
    expect(told.map(({ data }) => ({ count: data.count, ranges: data.ranges }))).toEqual([
      { count: gap, ranges: [{ from, to: from + gap - 1 }] },
    ]);
    expect(received(seen.posts)).toHaveLength(2);
    const since = ground.trace.lines.slice(lines);
    const commands = since.filter((line) => / (STATUS|SEARCH|FETCH|READ|FLAGS) /.test(line));
    const requests = since.filter((line) => / mail (get|list|replace|upsert|insert) /.test(line));
    // Three folders are asked for their status in each tick.
    expect(commands.length).toBeLessThan(3 * ticks + 25);
    expect(requests.length).toBeLessThan(4 * ticks + 30);
  });

  it('are reported by key if their messages were seen and are gone before they are read', async () => {
    const world = await quietWorld({ wanted: { people: 1, workers: 1, unordered: [] } });
    const { mail, people, surroundings, scheduler, seen } = world;
    const inbox = folderOf(world, people[0]?.address ?? '', 'INBOX');
    for (const id of destinations) {
      surroundings.receiverWeather.down.set(id, { until: scheduler.now() + 4 * tickMs, status: 503 });
    }
    const messages = Array.from({ length: 10 }, () => mail.add(inbox));
    await pass(world, 3 * tickMs);
    for (const message of messages) mail.remove(message);
    await settle(world, 30);
    world.app.close();
    checkMail(world);
    expect(world.promises.breaches).toEqual([]);
    expect(received(seen.posts)).toEqual([]);
    const told = seen.posts.filter(({ type, acceptedAt }) => type === 'message.vanished' && acceptedAt !== undefined);
    expect(told.length).toBeGreaterThan(0);
  });
});
