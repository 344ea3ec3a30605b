import { beforeEach, describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { accepted, down, mailOf, refused, subjectOf, untilQuiet } from '../../../../test/support/memory-receiver.ts';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { mortalStore, mortalWhen } from '../../../../test/support/mortal-store.ts';
import { anyOrder } from '../../../../test/support/window-facts.ts';
import type { OutgoingEvent } from '../../domain/events/event.ts';
import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { systemClock } from '../../domain/system.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';

let world: EngineWorld;

beforeEach(() => {
  world = engineWorld(memoryStore(systemClock));
});

const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const dayMs = 86_400_000;
const inbox = (address = ada) => world.mail.mailbox(address).folder('INBOX');
const daysAgo = (days: number) => new Date(Math.floor((world.now().getTime() - days * dayMs) / 1000) * 1000);

/** One mail a day, from `days` days ago until yesterday; named by how many days ago. */
function fill(days: number, folder = inbox()): string[] {
  for (let day = days; day > 0; day--) folder.add({ subject: `${day}`, internalDate: daysAgo(day) });
  return Array.from({ length: days }, (_, day) => `${day + 1}`);
}

const connect = (days: number, address = ada, paths = ['INBOX']): Promise<MailboxRow> =>
  world.connectMailbox(address, paths, { syncFrom: daysAgo(days) });

const received = () => world.receiver.ofType('message.received');
const keys = () => received().map((event) => event.id);

describe('the first sync', () => {
  it('delivers what arrived since then, the latest first, as mail that is not new', async () => {
    const subjects = fill(40);
    const mailbox = await connect(30.5);
    await world.poll();
    expect(world.receiver.subjects()).toEqual(subjects.slice(0, 30));
    expect(received().every((event) => event.data.seemsNew === false)).toBe(true);
    await world.poll();
    await world.poll();
    expect(received()).toHaveLength(30);
    const cursor = await world.cursor(mailbox);
    expect(cursor?.backfill).toMatchObject({ done: 30, total: 30 });
    expect(cursor?.fresh.every((entry) => entry.accepted)).toBe(true);
  });

  it('tells of the mailbox before its first mail', async () => {
    fill(3);
    await connect(5);
    await world.poll();
    expect(world.receiver.arrivals.map(({ event }) => event.type)).toEqual([
      'mailbox.connected',
      ...Array.from({ length: 3 }, () => 'message.received'),
    ]);
  });

  it('delivers nothing from before where that is not wanted', async () => {
    fill(3);
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    expect(received()).toEqual([]);
    expect((await world.cursor(mailbox))?.backfill).toMatchObject({ done: 0 });
  });

  it('goes through every folder, the sent mail included', async () => {
    fill(2);
    world.mail
      .mailbox(ada)
      .folder('Sent Items')
      .add({ subject: 'sent', internalDate: daysAgo(1) });
    await connect(5, ada, ['INBOX', 'Sent Items']);
    await world.poll();
    expect(received().map(({ data }) => [data.subject, data.direction])).toEqual([
      ['1', 'in'],
      ['2', 'in'],
      ['sent', 'out'],
    ]);
  });

  it('brings what the server counts and does not list when the mailbox is connected', async () => {
    fill(2);
    const late = inbox().add({ subject: 'just now', internalDate: new Date(world.now().getTime() - 5_000) });
    inbox().unlisted.add(late);
    const { id } = await connect(5);
    await world.poll();
    const view = await world.registry.get(id);
    if (view === undefined) throw new Error('no mailbox');
    expect(await world.registry.progress(view)).toMatchObject({
      firstSync: { state: 'waiting' },
      lastDelivery: undefined,
    });
    inbox().unlisted.clear();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['just now', '1', '2']);
    expect(await world.registry.progress(view)).toMatchObject({
      firstSync: { state: 'done' },
      lastDelivery: expect.any(Date),
    });
  });

  it('begins after three minutes on a server that never lists all that it counts', async () => {
    fill(2);
    inbox().unlisted.add(1);
    await connect(5);
    await world.polls(2);
    expect(received()).toEqual([]);
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['1']);
  });

  it('keeps many messages of one second apart by their place', async () => {
    const at = daysAgo(1);
    for (let n = 1; n <= 130; n++) inbox().add({ subject: `${n}`, internalDate: at });
    await connect(2);
    await world.poll();
    expect(world.receiver.subjects()).toEqual(Array.from({ length: 130 }, (_, n) => `${130 - n}`));
  });

  it('asks for years of little mail in few searches', async () => {
    for (const days of [3000, 2000, 1000, 1]) inbox().add({ subject: `${days}`, internalDate: daysAgo(days) });
    await connect(3650);
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['1', '1000', '2000', '3000']);
    expect(world.mail.commands.filter((command) => command === 'search').length).toBeLessThan(40);
  });

  it('lists a large folder in pieces', async () => {
    for (let n = 0; n < 900; n++) inbox().add({ subject: `${n}`, internalDate: daysAgo(10 - n / 100) });
    await connect(31);
    let most = 0;
    const { open } = world.mail;
    world.mail.open = async (...args) => {
      const session = await open(...args);
      const { fetchMeta } = session;
      session.fetchMeta = (path, uids, how) => {
        most = Math.max(most, uids.length);
        return fetchMeta(path, uids, how);
      };
      return session;
    };
    await world.poll();
    expect(new Set(keys()).size).toBe(900);
    expect(received()).toHaveLength(900);
    expect(most).toBeLessThanOrEqual(200);
  });

  it('leaves a folder alone that is added later, or again', async () => {
    fill(3);
    fill(3, world.mail.mailbox(ada).folder('Archive'));
    const { id } = await connect(10, ada, ['INBOX', 'Archive']);
    await world.poll();
    expect(received()).toHaveLength(6);
    await world.registry.patch(id, { folders: [{ role: 'inbox' }] });
    await world.poll();
    fill(3, world.mail.mailbox(ada).folder('Projects'));
    world.pass(10 * 60_000);
    await world.registry.patch(id, { folders: [{ role: 'inbox' }, { path: 'Archive' }, { path: 'Projects' }] });
    await world.poll();
    await world.registry.patch(id, { syncFrom: daysAgo(20) });
    await world.poll();
    expect(received()).toHaveLength(6);
  });

  it('ends where new mail began in a folder that is older than the feature', async () => {
    const subjects = fill(5);
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    world.time.pass(3_600_000);
    inbox().add('new');
    await world.poll();
    const table = world.store.table('mail');
    const rows = await table.list(shardKey(shardOfMailbox(mailbox.id) ?? 0), { from: 'c!', below: 'd!' });
    for (const row of rows) {
      // Nor do the recent messages know any more that the new one was delivered.
      const { backfill: _, fresh: __, ...values } = row.values;
      await table.replace({ ...row, values }, row.etag);
    }
    await world.registry.patch(mailbox.id, { syncFrom: daysAgo(30) });
    await world.polls(2);
    expect(rows).toHaveLength(1);
    expect(world.receiver.subjects()).toEqual(['new', ...subjects]);
  });

  it('is asked for, extended and cut short later', async () => {
    const subjects = fill(20);
    const { id } = await world.connectMailbox(ada);
    await world.poll();
    await world.registry.patch(id, { syncFrom: daysAgo(5.5) });
    await world.poll();
    expect(world.receiver.subjects()).toEqual(subjects.slice(0, 5));
    await world.registry.patch(id, { syncFrom: daysAgo(10.5) });
    await world.poll();
    expect(world.receiver.subjects()).toEqual(subjects.slice(0, 10));
    await world.registry.patch(id, { syncFrom: daysAgo(2) });
    await world.poll();
    await world.registry.patch(id, { syncFrom: daysAgo(7) });
    await world.poll();
    expect(world.receiver.subjects()).toEqual(subjects.slice(0, 10));

    await world.registry.patch(id, { syncFrom: daysAgo(20.5) });
    let left = 3;
    world.receiver.answer = () => {
      if (left-- === 1) world.time.pass(60_000);
      return accepted;
    };
    const [wakeUp] = await world.dispatcher.wakeUps();
    world.time.pass(60_000);
    await world.runner().run(world.wakeUp(1, { why: wakeUp?.why ?? 'tick' }));
    const soFar = received().length;
    expect(soFar).toBeGreaterThan(10);
    await world.registry.patch(id, { syncFrom: null });
    await world.poll();
    expect(received()).toHaveLength(soFar);
  });
});

describe('the first sync, interrupted', () => {
  /** Answers as usual, and does something when the `nth` mail has come. */
  function onMail(nth: number, work: (event: OutgoingEvent) => void | Promise<void>): void {
    let count = 0;
    world.receiver.answer = async (event) => {
      if (event.type === 'message.received' && ++count === nth) await work(event);
      return accepted;
    };
  }

  it.each(['strict', 'window'] as const)(
    'resumes after a kill at any commit (%s), loses nothing, and resends no more than was in progress',
    async (order) => {
      const lossAt = async (atWrite: number, applied: boolean) => {
        const real = memoryStore(systemClock);
        world = engineWorld(real);
        const subjects = fill(12);
        await connect(12.5);
        const destinations = { ...anyOrder, order: async () => order };
        const mortal = mortalStore(world.store, { atWrite, applied });
        await world.poll({ store: mortal, destinations }).catch(() => {});
        // The lease of the dead runs out.
        world.time.pass(120_000);
        await world.poll({ destinations });
        expect(new Set(world.receiver.subjects())).toEqual(new Set(subjects));
        expect(new Set(keys()).size).toBe(12);
        expect(keys().length - 12).toBeLessThanOrEqual(order === 'strict' ? 1 : 8);
        return mortal.dead;
      };
      let deaths = 0;
      for (let at = 1; await lossAt(at, at % 2 === 0); at++) deaths += 1;
      for (let at = 1; await lossAt(at, at % 2 === 1); at++) deaths += 1;
      expect(deaths).toBeGreaterThan(order === 'strict' ? 20 : 10);
    },
  );

  it('delivers mail that arrives meanwhile before the rest', async () => {
    for (let n = 200; n > 0; n--) inbox().add({ subject: `old ${n}`, internalDate: daysAgo(n / 10) });
    await connect(30);
    onMail(10, () => {
      inbox().add('new');
      world.time.pass(60_000);
    });
    await world.poll();
    const subjects = world.receiver.subjects();
    // One message was being read ahead; the time of the turn was over as well.
    expect(subjects.indexOf('new')).toBeLessThanOrEqual(11);
    expect(subjects).toHaveLength(201);
    expect(received().filter((event) => event.data.seemsNew === true)).toHaveLength(1);
  });

  it('delays new mail of other mailboxes by at most a tick and a turn, however long it is', async () => {
    for (let n = 0; n < 20_000; n++) inbox().add({ subject: `${n}`, internalDate: daysAgo(28 - n / 1000) });
    await connect(29);
    await world.connectMailbox(bea);
    const arrived = new Map<string, number>();
    const delays: number[] = [];
    let count = 0;
    world.receiver.answer = ({ type, data }) => {
      if (type !== 'message.received') return accepted;
      world.time.pass(100);
      const since = arrived.get(String(data.subject));
      if (since !== undefined) delays.push(world.now().getTime() - since);
      if (++count % 250 === 0 && arrived.size < 6) {
        const subject = `for bea ${count}`;
        arrived.set(subject, world.now().getTime());
        inbox(bea).add(subject);
      }
      return accepted;
    };
    let wakeUp = world.wakeUp(1, { why: 'asked' });
    while (delays.length < 6) wakeUp = (await world.runner().run(wakeUp)) ?? world.wakeUp(1, { why: 'asked' });
    // A tick of a minute, and a turn of 50 messages that took 100 ms each.
    expect(Math.max(...delays)).toBeLessThanOrEqual(60_000 + 6_000);
    expect(count).toBeLessThan(10_000);
  });

  it('continues by date when its folder is renumbered in the middle', async () => {
    const subjects = fill(120);
    const mailbox = await connect(120.5);
    const news = Array.from({ length: 10 }, (_, n) => `new ${n}`);
    onMail(60, () => {
      for (const subject of news) inbox().add(subject);
      // The oldest get the highest UIDs, above those of the baseline.
      inbox().renumber((a, b) => b.internalDate.getTime() - a.internalDate.getTime());
      throw new Error('the connection ends');
    });
    await world.poll();
    world.receiver.answer = () => accepted;
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects().sort()).toEqual([...subjects, ...news].sort());
    expect(new Set(keys()).size).toBe(130);
    expect(world.receiver.ofType('folder.reset')).toHaveLength(1);
    const backfill = (await world.cursor(mailbox))?.backfill;
    expect(backfill?.total).toBe(backfill?.done);
  });

  it('continues within a second that many messages share, when its folder is renumbered', async () => {
    const at = daysAgo(1);
    for (let n = 1; n <= 130; n++) inbox().add({ subject: `${n}`, internalDate: at });
    await connect(2);
    onMail(60, () => {
      inbox().renumber((a, b) => b.uid - a.uid);
      throw new Error('the connection ends');
    });
    await world.poll();
    world.receiver.answer = () => accepted;
    await world.poll();
    await world.poll();
    expect(new Set(world.receiver.subjects()).size).toBe(130);
    expect(new Set(keys()).size).toBe(130);
    expect(keys().length).toBeLessThanOrEqual(131);
  });

  // The recent messages are full by then of mail that is younger, so that what leaves the cursor's row is forgotten.
  it('remembers what is done behind a message that is slow', async () => {
    // After the 1220th the row of the cursor is full.
    const slow = 1203;
    for (let n = 0; n < 1300; n++) inbox().add({ subject: `${n}`, internalDate: daysAgo(60 - n / 25) });
    await connect(61);
    let isDead = false;
    onMail(slow, async () => {
      await untilQuiet(world.receiver);
      isDead = true;
    });
    await world.poll({ destinations: anyOrder, store: mortalWhen(world.store, () => isDead) }).catch(() => {});
    const soFar = received().length;
    expect(soFar).toBeGreaterThan(slow + 8);
    // No more than that are remembered in the row: 24, and a window of messages on its way and as many read ahead.
    expect(soFar).toBeLessThanOrEqual(slow + 24 + 2 * 8);
    world.receiver.answer = () => accepted;
    world.time.pass(120_000);
    await world.poll({ destinations: anyOrder });
    expect(new Set(keys()).size).toBe(1300);
    expect(keys().length - 1300).toBeLessThanOrEqual(8);
  });

  it('remembers what was done behind a slow message when new mail fills the row first', async () => {
    const slow = 1203;
    for (let n = 0; n < 1300; n++) inbox().add({ subject: `${n}`, internalDate: daysAgo(60 - n / 25) });
    await connect(61);
    let isDead = false;
    onMail(slow, async () => {
      await untilQuiet(world.receiver);
      isDead = true;
    });
    await world.poll({ destinations: anyOrder, store: mortalWhen(world.store, () => isDead) }).catch(() => {});
    expect(received().length).toBeGreaterThan(slow + 8);
    world.receiver.answer = () => accepted;
    world.time.pass(120_000);
    for (let n = 0; n < 90; n++) inbox().add('new');
    await world.poll({ destinations: anyOrder });
    expect(new Set(keys()).size).toBe(1390);
    expect(keys().length - 1390).toBeLessThanOrEqual(8);
  });

  it('waits while the destination is held, and continues where it stopped', async () => {
    const subjects = fill(60);
    const mailbox = await connect(60.5);
    let count = 0;
    world.receiver.answer = () => (++count > 20 ? down : accepted);
    await world.poll();
    await world.poll();
    expect(received()).toHaveLength(19);
    expect((await world.cursor(mailbox))?.backfill).toMatchObject({ done: 19, total: 60 });
    expect((await world.cursor(mailbox))?.retries).toBe(0);
    world.receiver.answer = () => accepted;
    await world.poll();
    expect(world.receiver.subjects()).toEqual(subjects);
  });

  it('leaves a rejected message to the retry queue, and is not held up by it', async () => {
    const subjects = fill(30);
    const mailbox = await connect(30.5);
    world.receiver.answer = (event) => (subjectOf(event) === '7' ? refused : accepted);
    await world.poll();
    expect(world.receiver.subjects()).toEqual(subjects.filter((subject) => subject !== '7'));
    expect((await world.cursor(mailbox))?.retries).toBe(1);
    world.receiver.answer = () => accepted;
    await world.poll();
    expect(world.receiver.subjects().at(-1)).toBe('7');
    expect(received().at(-1)?.data).toMatchObject({ late: true, seemsNew: false });
    expect(new Set(keys()).size).toBe(30);
  });

  it('stops reading old mail when too much of it is rejected, and continues when that is fixed', async () => {
    fill(80);
    const mailbox = await connect(80.5);
    world.receiver.answer = ({ type }) => (type === 'message.received' ? refused : accepted);
    await world.poll();
    expect((await world.cursor(mailbox))?.retries).toBe(50);
    inbox().add('new');
    world.receiver.answer = ({ type, data }) =>
      type === 'message.received' && data.subject !== 'new' ? refused : accepted;
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['new']);
    world.receiver.answer = () => accepted;
    for (let n = 0; n < 4; n++) {
      world.time.pass(10 * 60_000);
      await world.poll();
    }
    expect(new Set(world.receiver.subjects()).size).toBe(81);
    expect(new Set(keys()).size).toBe(81);
  });

  it('stops with a pause, and continues with the resume', async () => {
    const subjects = fill(200);
    const { id } = await connect(200.5);
    onMail(60, async () => {
      await world.registry.patch(id, { paused: true });
      world.time.pass(60_000);
    });
    await world.poll();
    expect(received().length).toBeLessThanOrEqual(61);
    await world.registry.patch(id, { paused: false });
    await world.poll();
    expect(world.receiver.subjects()).toEqual(subjects);
  });

  it('delivers a message once that is moved before or after its turn', async () => {
    fill(120);
    const archive = world.mail.mailbox(ada).folder('Archive');
    const uidOf = (subject: string) => inbox().messages.find((mail) => mail.subject === subject)?.uid ?? 0;
    await connect(130, ada, ['INBOX', 'Archive']);
    onMail(40, () => {
      for (const subject of ['5', '45', '100']) inbox().move(uidOf(subject), archive);
      world.time.pass(60_000);
    });
    await world.poll();
    await world.poll();
    expect([...world.receiver.subjects()].sort()).toEqual(Array.from({ length: 120 }, (_, n) => `${n + 1}`).sort());
    expect(new Set(keys()).size).toBe(120);
    expect(world.receiver.ofType('message.updated').map(({ data }) => data.change)).toContain('moved');
    const removed = world.receiver.ofType('message.removed');
    expect(removed).toEqual([]);
  });

  it('passes over in silence what is deleted before its turn', async () => {
    const subjects = fill(60);
    const mailbox = await connect(60.5);
    onMail(10, () => {
      for (const { uid, subject } of inbox().messages) if (['11', '30', '59'].includes(subject)) inbox().remove(uid);
    });
    await world.poll();
    await world.poll();
    await world.poll();
    expect(new Set(world.receiver.subjects()).size).toBeGreaterThanOrEqual(57);
    expect(world.receiver.subjects()).toEqual(
      subjects.filter((subject) => received().some((one) => one.data.subject === subject)),
    );
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    const backfill = (await world.cursor(mailbox))?.backfill;
    expect(backfill?.total).toBe(backfill?.done);
  });

  it('tells that a message is gone which may have arrived, once, and not of one that was never sent', async () => {
    const [first = ''] = fill(3);
    await connect(5);
    world.receiver.answer = (event) => (event.type === 'message.received' ? down : accepted);
    await world.poll();
    const posted = world.receiver.arrivals.find(({ event }) => subjectOf(event) === first)?.event.id;
    expect(posted).toBeDefined();
    inbox().remove(3);
    inbox().remove(2);
    world.receiver.answer = () => accepted;
    await world.polls(12);
    expect(world.receiver.subjects()).toEqual(['3']);
    const vanished = world.receiver.ofType('message.vanished');
    expect(vanished.map(({ data }) => data.messageKey)).toEqual([posted]);
  });

  it('tells nothing of what was delivered behind one that waits, and is not answered any more', async () => {
    const subjects = fill(4);
    await connect(5);
    const others = Promise.withResolvers<void>();
    world.receiver.answer = async (event) => {
      if (subjectOf(event) !== '1') {
        if (subjectOf(event) === '4') others.resolve();
        return accepted;
      }
      await others.promise;
      return down;
    };
    await world.poll({ destinations: anyOrder });
    expect(world.receiver.subjects().toSorted()).toEqual(['2', '3', '4']);
    for (const uid of [2, 3]) inbox().unanswered.add(uid);
    world.receiver.answer = () => accepted;
    await world.polls(8, { destinations: anyOrder });
    expect(world.receiver.subjects().toSorted()).toEqual(subjects);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('continues while the polls look for a message that may have arrived and does not show', async () => {
    fill(3);
    await connect(5);
    world.receiver.answer = ({ type }) => (type === 'message.received' ? down : accepted);
    await world.poll();
    inbox().unlisted.add(3);
    await world.poll();
    inbox().unlisted.clear();
    inbox().unanswered.add(3);
    world.receiver.answer = () => accepted;
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['2', '3']);
    inbox().unanswered.clear();
    await world.polls(6);
    expect(world.receiver.subjects()).toEqual(['2', '3', '1']);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('leaves one that was refused to its own attempts, and does not call it gone while they last', async () => {
    fill(3);
    await connect(5);
    world.receiver.answer = (event) =>
      subjectOf(event) === '1' ? refused : event.type === 'message.received' ? down : accepted;
    await world.poll({ destinations: anyOrder });
    inbox().unlisted.add(3);
    await world.polls(8, { destinations: anyOrder });
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    inbox().unlisted.clear();
    world.receiver.answer = () => accepted;
    world.time.pass(3_600_000);
    await world.polls(2, { destinations: anyOrder });
    expect(world.receiver.subjects().toSorted()).toEqual(['1', '2', '3']);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('ends although the content of two messages of a day never comes, and tells of each', async () => {
    for (const subject of ['old', 'empty', 'empty too', 'young']) {
      inbox().add({ subject, internalDate: daysAgo(subject === 'old' ? 4 : subject === 'young' ? 1 : 2) });
    }
    const { id } = await world.connectMailbox(ada);
    await world.poll();
    for (const uid of [2, 3]) inbox().contentless.add(uid);
    await world.registry.patch(id, { syncFrom: daysAgo(5) });
    await world.polls(16);
    expect(world.receiver.subjects()).toEqual(['young', 'old']);
    expect(world.receiver.ofType('message.vanished')).toHaveLength(2);
    const view = await world.registry.get(id);
    expect(view && (await world.registry.progress(view)).firstSync?.state).toBe('done');
  });

  it('sends a message whole that is refused for the first time, although new mail was refused before', async () => {
    fill(2);
    const { id } = await world.connectMailbox(ada);
    await world.poll();
    const shy = inbox().add('new');
    inbox().unanswered.add(shy);
    await world.poll();
    inbox().unanswered.clear();
    world.receiver.answer = (event) => {
      world.time.pass(1_000);
      return ['new', '2'].includes(subjectOf(event) ?? '') ? refused : accepted;
    };
    await world.poll();
    inbox().unanswered.add(shy);
    await world.registry.patch(id, { syncFrom: daysAgo(5) });
    await world.poll();
    const sent = (subject: string) =>
      world.receiver.arrivals.flatMap(({ event }) => (subjectOf(event) === subject ? [mailOf(event)?.text] : []));
    expect([sent('new'), sent('1'), sent('2')]).toEqual([['Text of new'], ['Text of 1'], ['Text of 2']]);
  });

  it('delivers under its key what may have arrived and is hidden for a while', async () => {
    const [first = ''] = fill(1);
    await connect(5);
    world.receiver.answer = (event) => (event.type === 'message.received' ? down : accepted);
    await world.poll();
    inbox().unlisted.add(1);
    world.receiver.answer = () => accepted;
    await world.polls(2);
    inbox().unlisted.clear();
    await world.polls(6);
    expect(world.receiver.subjects()).toEqual([first]);
    expect(new Set(received().map(({ id }) => id)).size).toBe(1);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('asks again for what the server lists and does not answer, and tells of it when it never does', async () => {
    const subjects = fill(10);
    await connect(10.5);
    const [late, lost] = [inbox().messages[4], inbox().messages[7]];
    for (const mail of [late, lost]) if (mail !== undefined) inbox().unanswered.add(mail.uid);
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects().length).toBeLessThan(10);
    if (late !== undefined) inbox().unanswered.delete(late.uid);
    await world.polls(6);
    expect([...world.receiver.subjects()].sort()).toEqual(
      subjects.filter((subject) => subject !== lost?.subject).sort(),
    );
    expect(world.receiver.ofType('message.vanished').map(({ data }) => data.messageKey)).toHaveLength(1);
  });
});
