import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { accepted, down, mailOf, refused, subjectOf } from '../../../../test/support/memory-receiver.ts';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { settled } from '../../../../test/support/virtual-clock.ts';
import { systemClock } from '../../domain/system.ts';
import { mostRecentMessages } from '../../store/rows/recent-messages-row.ts';
import { type MailboxRow, onDemandKinds } from '../../store/rows/rows.ts';
import type { DestinationFacts } from '../state/types.ts';

let world: EngineWorld;

/** In memory, for days go by here. */
beforeEach(() => {
  world = engineWorld(memoryStore(systemClock));
});

const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const folder = (path: string, address = ada) => world.mail.mailbox(address).folder(path);
const inbox = (address = ada) => folder('INBOX', address);
const received = () => world.receiver.ofType('message.received');
const tried = (subject: string) => world.receiver.arrivals.filter(({ event }) => subjectOf(event) === subject);

/** A destination's facts, kept in memory. */
function factsOf(order: 'strict' | 'window') {
  const noted = { died: 0, headsMoved: 0 };
  const facts: DestinationFacts = {
    order: async () => order,
    lastAccepted: async () => undefined,
    died: async () => void noted.died++,
    headsMoved: async () => noted.headsMoved,
    headMoved: async () => void noted.headsMoved++,
  };
  return { facts, noted };
}

describe('a message that is refused', () => {
  it('is sent once more with metadata only, under its id, if it is too large', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = (event) =>
      event.type === 'message.received' && event.data.text !== null ? { ...refused, status: 413 } : accepted;
    inbox().add('too much');
    await world.poll();
    const [full, small] = tried('too much');
    expect(small?.event.id).toBe(full?.event.id);
    expect(small?.event.data).toMatchObject({ text: null, truncated: ['text'] });
    expect(received()).toHaveLength(1);
  });

  it('is sent without its text for other reasons only after others were accepted', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    let acceptedAt: Date | undefined;
    world.receiver.answer = (event) => {
      if (subjectOf(event) === 'bad' && mailOf(event)?.text !== null) return refused;
      acceptedAt = world.now();
      return accepted;
    };
    const destinations = { ...factsOf('strict').facts, lastAccepted: async () => acceptedAt };
    inbox().add('bad');
    await world.polls(3, { destinations });
    expect(tried('bad').map(({ event }) => mailOf(event)?.text !== null)).toEqual([true, true, true]);
    expect(received()).toEqual([]);
    folder('Archive').add('another');
    await world.polls(2, { destinations });
    expect(world.receiver.subjects()).toEqual(['another', 'bad']);
    expect(received().at(-1)?.data).toMatchObject({ text: null, truncated: ['text'] });
  });

  it('arrives with its text if the receiver refused everything for a while', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    // It works again between the first attempt and what would follow it.
    let refusals = 1;
    world.receiver.answer = () => (refusals-- > 0 ? refused : accepted);
    inbox().add('whole');
    await world.polls(2);
    expect(received().map(({ data }) => data.text !== null)).toEqual([true]);
  });

  it('holds its folder up for ten minutes, then moves to the retry queue, and is marked late', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = (event) => (subjectOf(event) === 'bad' ? refused : accepted);
    inbox().add('bad');
    inbox().add('behind');
    await world.polls(9);
    expect(world.receiver.subjects()).toEqual([]);
    await world.polls(3);
    expect(world.receiver.subjects()).toEqual(['behind']);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 2, retries: 1, headSince: undefined });
    expect((await world.shard(mailbox)).flags & onDemandKinds.retry).toBe(onDemandKinds.retry);
    world.receiver.answer = () => accepted;
    await world.polls(3);
    expect(world.receiver.subjects()).toEqual(['behind', 'bad']);
    expect(received().map(({ data }) => data.late)).toEqual([false, true]);
    expect(new Set(tried('bad').map(({ event }) => event.id)).size).toBe(1);
    expect(await world.cursor(mailbox)).toMatchObject({ retries: 0, retryAt: undefined });
    expect((await world.shard(mailbox)).flags).toBe(0);
    expect(await world.mailRows()).not.toContainEqual(expect.stringMatching(/^d!/));
  }, 60_000);

  it('a refusal in a gap that closed late does not count against the next message', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().unanswered.add(inbox().add('late'));
    await world.poll();
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 1, uidGaps: [{ from: 1, to: 1 }] });
    inbox().unanswered.clear();
    inbox().add('behind it');
    world.receiver.answer = () => refused;
    await world.poll();
    world.time.pass(600_000);
    await world.poll();
    // Only what has failed for ten minutes itself goes out of the way.
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 1, retries: 1 });
    expect(tried('behind it')).toHaveLength(1);
    world.time.pass(480_000);
    await world.poll();
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 1 });
    world.receiver.answer = () => accepted;
    world.time.pass(600_000);
    await world.poll();
    expect(world.receiver.subjects().toSorted()).toEqual(['behind it', 'late']);
  });

  it('is given up after five failures that count, and said so once', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { facts, noted } = factsOf('strict');
    world.receiver.answer = (event) => (subjectOf(event) === 'bad' ? refused : accepted);
    inbox().add('bad');
    for (let n = 1; n <= 90; n++) {
      inbox().add(`mail ${n}`);
      await world.poll({ destinations: facts });
    }
    expect(world.receiver.subjects()).toHaveLength(90);
    const [event, ...more] = world.receiver.ofType('message.undeliverable');
    expect(more).toEqual([]);
    expect(event?.data).toMatchObject({
      messageKey: tried('bad')[0]?.event.id,
      code: 'destination_refused_message',
      status: 422,
      attempts: 5,
      folder: { path: 'INBOX' },
    });
    expect(noted.died).toBe(1);
    const sum = (field: 'dead' | 'delivered') =>
      world.logged.reduce((total, { fields }) => total + Number(fields?.[field] ?? 0), 0);
    expect({ dead: sum('dead'), delivered: sum('delivered') }).toEqual({ dead: 1, delivered: 90 });
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 91, retries: 0 });
    const rows = await world.mailRows();
    expect(rows.filter((key) => key.startsWith('x!'))).toHaveLength(1);
    expect((await world.shard(mailbox)).flags).toBe(onDemandKinds.dead);
    const attempts = tried('bad').length;
    await world.polls(70, { destinations: facts });
    expect(tried('bad').length).toBe(attempts);
    // Kept for 30 days; then the next mail takes its row along.
    world.time.pass(31 * 24 * 60 * 60_000);
    inbox().add('a month later');
    await world.polls(2, { destinations: facts });
    expect(world.receiver.subjects().at(-1)).toBe('a month later');
    expect((await world.mailRows()).filter((key) => key.startsWith('x!'))).toEqual([]);
    expect(tried('bad').length).toBe(attempts);
  }, 120_000);

  it('never dies of a receiver that accepts nothing', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = () => refused;
    inbox().add('one');
    inbox().add('two');
    for (let n = 0; n < 60; n++) {
      world.time.pass(300_000);
      await world.poll();
    }
    expect(world.receiver.ofType('message.undeliverable')).toEqual([]);
    expect((await world.mailRows()).filter((key) => key.startsWith('x!'))).toEqual([]);
    expect(await world.cursor(mailbox)).toMatchObject({ retries: 2 });
    world.receiver.answer = () => accepted;
    for (let n = 0; n < 3; n++) {
      world.time.pass(3_600_000);
      await world.poll();
    }
    expect(world.receiver.subjects().toSorted()).toEqual(['one', 'two']);
  }, 60_000);

  it('takes its row along when it moves, and is told as vanished when it is removed', async () => {
    const mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    const { facts } = factsOf('window');
    world.receiver.answer = (event) => (event.type === 'message.received' ? refused : accepted);
    const moving = inbox().add('moving');
    const leaving = inbox().add('leaving');
    await world.poll({ destinations: facts });
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 2, retries: 2 });
    inbox().move(moving, folder('Archive'));
    inbox().remove(leaving);
    await world.poll({ destinations: facts });
    expect(await world.cursor(mailbox, 'Archive')).toMatchObject({ lastUid: 1, retries: 1 });
    world.receiver.answer = () => accepted;
    await world.polls(12, { destinations: facts });
    expect(received().map(({ id, data }) => [id, data.subject, data.late])).toEqual([
      [tried('moving')[0]?.event.id, 'moving', true],
    ]);
    expect(received()[0]?.data.folder).toMatchObject({ path: 'Archive' });
    expect(world.receiver.ofType('message.vanished').map(({ data }) => data.messageKey)).toEqual([
      tried('leaving')[0]?.event.id,
    ]);
    expect(await world.cursor(mailbox)).toMatchObject({ retries: 0 });
  }, 60_000);

  it('is not considered gone if the server does not show it for a minute or two', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    world.receiver.answer = (event) => (event.type === 'message.received' ? refused : accepted);
    const uid = inbox().add('shy');
    await world.poll({ destinations: facts });
    world.receiver.answer = () => accepted;
    inbox().unanswered.add(uid);
    const lookedFor = () => world.mail.commands.length;
    const before = lookedFor();
    await world.polls(2, { destinations: facts });
    expect(lookedFor()).toBeGreaterThan(before);
    inbox().unanswered.clear();
    await world.polls(3, { destinations: facts });
    expect(received().map(({ data }) => data.subject)).toEqual(['shy']);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  }, 60_000);

  it.each(['was shown and refused again', 'moved'])(
    'is looked for anew, where it does not show, after it %s in between',
    async (what) => {
      await world.connectMailbox(ada, ['INBOX', 'Archive']);
      await world.poll();
      const { facts } = factsOf('window');
      world.receiver.answer = (event) => (event.type === 'message.received' ? refused : accepted);
      const uid = inbox().add('shy');
      await world.poll({ destinations: facts });
      const missTwice = async (path: string) => {
        for (let n = 0; n < 2; n++) {
          for (const mail of folder(path).messages) folder(path).unanswered.add(mail.uid);
          world.time.pass(3_600_000);
          await world.poll({ destinations: facts });
        }
        folder(path).unanswered.clear();
      };
      await missTwice('INBOX');
      if (what === 'moved') inbox().move(uid, folder('Archive'));
      const attempts = tried('shy').length;
      world.time.pass(3_600_000);
      await world.poll({ destinations: facts });
      if (what !== 'moved') expect(tried('shy').length).toBeGreaterThan(attempts);
      await missTwice(what === 'moved' ? 'Archive' : 'INBOX');
      world.receiver.answer = () => accepted;
      world.time.pass(3_600_000);
      await world.polls(2, { destinations: facts });
      expect(world.receiver.subjects()).toEqual(['shy']);
      expect(world.receiver.ofType('message.vanished')).toEqual([]);
    },
  );

  it('is found again after its folder was renumbered, and is delivered once', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    world.receiver.answer = (event) => (subjectOf(event) === 'bad' ? refused : accepted);
    inbox().add('bad');
    inbox().add('good');
    await world.poll({ destinations: facts });
    inbox().renumber((a, b) => b.uid - a.uid);
    world.receiver.answer = () => accepted;
    await world.polls(4, { destinations: facts });
    expect(world.receiver.subjects()).toEqual(['good', 'bad']);
    expect(new Set(tried('bad').map(({ event }) => event.id)).size).toBe(1);
  });
});

describe('a message that is refused, and that newer mail has pushed out of the recent messages', () => {
  const { facts } = factsOf('window');

  /** @returns the key under which it is refused for as long as `isRefused` says so */
  async function forgotten(mailbox: MailboxRow, isRefused: () => boolean): Promise<string> {
    await world.poll();
    const arrivedAt = world.now();
    let key: string | undefined;
    let areMany = true;
    world.receiver.answer = (event) => {
      if (subjectOf(event) === 'old') key ??= event.id;
      const isLikeIt = areMany && subjectOf(event) === 'like it';
      return (isRefused() && event.id === key) || isLikeIt ? refused : accepted;
    };
    // An entry that is not settled stays outside of the recent messages, unless there are many of them.
    for (let n = 0; n < 70; n++) inbox().add({ subject: n === 0 ? 'old' : 'like it', internalDate: arrivedAt });
    await world.poll({ destinations: facts });
    areMany = false;
    for (let n = 0; n < mostRecentMessages + 100; n++) inbox().add({ subject: 'newer', internalDate: arrivedAt });
    await world.poll({ destinations: facts });
    const entries = [
      ...((await world.recent(mailbox))?.entries ?? []),
      ...((await world.cursor(mailbox))?.fresh ?? []),
    ];
    expect(entries.map(({ uid }) => uid)).not.toContain(1);
    return key ?? '';
  }

  it('is not sent once more after it was sent under another key', async () => {
    const mailbox = await world.connectMailbox(ada);
    await forgotten(mailbox, () => true);
    // Away and back: nobody knows it there any more.
    inbox().move(1, inbox());
    await world.poll({ destinations: facts });
    expect(world.receiver.subjects().filter((subject) => subject === 'old')).toHaveLength(1);
    const attempts = tried('old').length;
    inbox().renumber();
    world.time.pass(3_600_000);
    await world.polls(5, { destinations: facts });
    expect(tried('old')).toHaveLength(attempts);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    expect(await world.cursor(mailbox)).toMatchObject({ retries: 0 });
  });

  it('is left to its row by a replay of the mail of its time', async () => {
    const mailbox = await world.connectMailbox(ada);
    await forgotten(mailbox, () => true);
    const before = tried('old').length;
    await world.registry.replay(mailbox.id, { kind: 'since', since: new Date(0), force: false });
    await world.poll({ destinations: facts });
    expect((await world.mailRows()).filter((key) => key.startsWith('e!'))).toEqual([]);
    expect(tried('old')).toHaveLength(before);
    expect(await world.cursor(mailbox)).toMatchObject({ retries: 1 });
  });

  it('is told from its copy, which was sent, when it is sought by its day', async () => {
    let isRefused = true;
    const key = await forgotten(await world.connectMailbox(ada), () => isRefused);
    const copy = inbox().copy(1, inbox());
    await world.poll({ destinations: facts });
    expect(world.receiver.subjects().filter((subject) => subject === 'old')).toHaveLength(1);
    const places = [copy, 1];
    inbox().renumber((a, b) => places.indexOf(a.uid) - places.indexOf(b.uid) || a.uid - b.uid);
    isRefused = false;
    world.time.pass(3_600_000);
    await world.polls(2, { destinations: facts });
    const sent = received().filter(({ data }) => data.subject === 'old');
    expect(sent.map(({ id }) => id === key)).toEqual([false, true]);
  });
});

describe('a message that always times out', () => {
  it('is got out of the way, and is given up while the others arrive', async () => {
    await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    await world.poll();
    const { facts, noted } = factsOf('strict');
    world.receiver.answer = (event) => (subjectOf(event) === 'slow' ? down : accepted);
    inbox().add('slow');
    for (let n = 1; n <= 150; n++) {
      inbox(ada).add(`ada ${n}`);
      inbox(bea).add(`bea ${n}`);
      await world.poll({ destinations: facts });
    }
    await world.polls(2, { destinations: facts });
    expect(world.receiver.ofType('message.undeliverable')).toHaveLength(1);
    expect(noted.headsMoved).toBe(1);
    expect(world.receiver.subjects()).toHaveLength(300);
    // After a time-out only what is small is tried.
    expect(
      tried('slow')
        .map(({ event }) => mailOf(event)?.text)
        .at(-1),
    ).toBeNull();
  }, 120_000);
});

describe('a receiver that is down for a day', () => {
  it('moves few heads out of the way, ever more seldom, and loses nothing', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const { facts, noted } = factsOf('strict');
    for (let n = 1; n <= 20; n++) inbox().add(`mail ${String(n).padStart(2, '0')}`);
    world.receiver.answer = () => down;
    for (let n = 0; n < 24 * 12; n++) {
      world.time.pass(240_000);
      await world.poll({ destinations: facts });
    }
    expect(noted.headsMoved).toBeLessThanOrEqual(8);
    expect(noted.headsMoved).toBeGreaterThan(3);
    expect(noted.died).toBe(0);
    world.receiver.answer = () => accepted;
    for (let n = 0; n < 4; n++) {
      world.time.pass(3_600_000);
      await world.poll({ destinations: facts });
    }
    expect(world.receiver.subjects().toSorted()).toEqual(
      Array.from({ length: 20 }, (_, n) => `mail ${String(n + 1).padStart(2, '0')}`),
    );
  }, 120_000);
});

describe('a window', () => {
  it('has eight messages under way at once, and not more', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    for (let n = 1; n <= 40; n++) inbox().add(`mail ${n}`);
    let now = 0;
    let most = 0;
    world.receiver.answer = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      return accepted;
    };
    await world.poll({ destinations: facts });
    expect(most).toBe(8);
    expect(new Set(world.receiver.subjects()).size).toBe(40);
    expect(world.receiver.subjects()).toHaveLength(40);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 40, acked: [], uidGaps: [] });
  });

  it('grows and shrinks with what its destination takes, and keeps every message of it', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    for (let n = 1; n <= 120; n++) inbox().add(`mail ${n}`);
    const under = new Map([8, 32, 12].map((size) => [size, 0]));
    let [now, sent] = [0, 0];
    const size = () => (sent < 20 ? 8 : sent < 80 ? 32 : 12);
    world.receiver.window = size;
    world.receiver.answer = async () => {
      sent += 1;
      now += 1;
      // What is under way from before a window has shrunk is let go.
      if (sent < 80 || sent > 80 + 32) under.set(size(), Math.max(under.get(size()) ?? 0, now));
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      return accepted;
    };
    await world.poll({ destinations: facts });
    const most = (window: number) => under.get(window) ?? 0;
    expect([most(8), most(12)].map((seen, at) => seen <= ([8, 12][at] ?? 0))).toEqual([true, true]);
    expect(most(32)).toBeGreaterThan(8);
    expect(most(32)).toBeLessThanOrEqual(32);
    expect(world.receiver.subjects()).toHaveLength(120);
    expect(new Set(world.receiver.subjects()).size).toBe(120);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 120, acked: [], uidGaps: [] });
  });

  it('moves its head before it is too far ahead, however large it is', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    for (let n = 1; n <= 200; n++) inbox().add(`mail ${n}`);
    let release = () => {};
    const later = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.receiver.window = () => 32;
    world.receiver.answer = async (event) => {
      // The first one hangs until everything has come to rest behind it.
      if (subjectOf(event) === 'mail 1') await later;
      return accepted;
    };
    const polled = world.poll({ destinations: facts });
    let before = -1;
    while (world.receiver.arrivals.length > before) {
      before = world.receiver.arrivals.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const cursor = await world.cursor(mailbox);
    expect(cursor?.lastUid).toBe(0);
    expect(cursor?.acked.length).toBeGreaterThan(32);
    expect(cursor?.acked.length).toBeLessThanOrEqual(128);
    release();
    await polled;
    await world.polls(2, { destinations: facts });
    expect(new Set(world.receiver.subjects()).size).toBe(200);
    expect(world.receiver.subjects()).toHaveLength(200);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 200, acked: [], uidGaps: [] });
  });

  it('reads no more text ahead than it may hold', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    for (let n = 1; n <= 20; n++) inbox().add(`mail ${n} `.padEnd(300_000, 'x'));
    const reads = () => world.mail.commands.filter((command) => command === 'read').length;
    const answering = Promise.withResolvers<void>();
    world.receiver.answer = async () => {
      await answering.promise;
      return accepted;
    };
    const polling = world.poll({ destinations: facts });
    // Eight are under way, and with two more there is half a million characters ahead.
    await vi.waitUntil(() => reads() >= 10);
    await settled();
    expect(reads()).toBe(10);
    answering.resolve();
    await polling;
    expect(new Set(received().map(({ id }) => id)).size).toBe(20);
    expect(received()).toHaveLength(20);
  });

  it('never has the cursor above a message that is not settled', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    for (let n = 1; n <= 30; n++) inbox().add(`mail ${n}`);
    let open = () => {};
    const slow = new Promise<void>((resolve) => {
      open = resolve;
    });
    const seen: (number | undefined)[] = [];
    let answered = 0;
    world.receiver.answer = async (event) => {
      if (subjectOf(event) === 'mail 3') await slow;
      else if (++answered === 29) {
        seen.push((await world.cursor(mailbox))?.lastUid);
        open();
      }
      return accepted;
    };
    await world.poll({ destinations: facts });
    expect(seen).toEqual([2]);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 30, acked: [] });
  });

  it('stops at a destination that is down, and repeats at most what was under way', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    for (let n = 1; n <= 60; n++) inbox().add(`mail ${n}`);
    let count = 0;
    world.receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return ++count > 20 ? down : accepted;
    };
    await world.poll({ destinations: facts });
    const refusals = world.receiver.arrivals.filter(({ outcome }) => outcome === 'held').length;
    expect(refusals).toBeLessThanOrEqual(9);
    world.receiver.answer = () => accepted;
    await world.polls(3, { destinations: facts });
    expect(world.receiver.subjects()).toHaveLength(60);
    expect(new Set(world.receiver.subjects()).size).toBe(60);
  });

  it('is not held up for good by one on which its destination always hangs', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const { facts, noted } = factsOf('window');
    world.receiver.answer = (event) => (subjectOf(event) === 'slow' ? down : accepted);
    inbox().add('slow');
    for (let n = 1; n <= 90; n++) {
      inbox().add(`mail ${n}`);
      await world.poll({ destinations: facts });
    }
    for (let n = 1; n <= 10; n++) {
      world.time.pass(3_600_000);
      inbox().add(`later ${n}`);
      await world.polls(2, { destinations: facts });
    }
    expect(noted.headsMoved).toBe(1);
    expect(new Set(world.receiver.subjects()).size).toBe(100);
    expect(world.receiver.ofType('message.undeliverable')).toHaveLength(1);
  }, 120_000);

  it('moves no other than its head out of the way of a destination that is down', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { facts, noted } = factsOf('window');
    for (let n = 1; n <= 4; n++) inbox().add(`mail ${n}`);
    let open = () => {};
    let answered = 0;
    world.receiver.answer = async (event) => {
      const others = new Promise<void>((resolve) => {
        if (subjectOf(event) === 'mail 1') open = resolve;
        else resolve();
      });
      if (++answered % 4 === 0) open();
      await others;
      return down;
    };
    await world.poll({ destinations: facts });
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 0, retries: 0 });
    world.time.pass(600_000);
    await world.poll({ destinations: facts });
    expect(noted.headsMoved).toBe(1);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 1, acked: [], retries: 1 });
  });

  it('sends one whole that is refused for the first time, although its destination was down before', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    const destinations = { ...facts, lastAccepted: async () => world.now() };
    inbox().add('mail');
    world.receiver.answer = () => down;
    await world.poll({ destinations });
    world.receiver.answer = () => refused;
    await world.poll({ destinations });
    expect(tried('mail').map(({ event }) => mailOf(event)?.text)).toEqual(['Text of mail', 'Text of mail']);
  });

  it('keeps in mind what was accepted behind a slow head, however much the server lists and does not show', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    inbox().add('head');
    const shy = (count: number) => {
      for (let n = 0; n < count; n++) inbox().unanswered.add(inbox().add('shy'));
    };
    shy(45);
    for (let n = 0; n < 4; n++) inbox().add('other');
    shy(60);
    const others = Promise.withResolvers<void>();
    let count = 0;
    world.receiver.answer = async (event) => {
      if (subjectOf(event) === 'other' && ++count === 4) others.resolve();
      if (subjectOf(event) !== 'head') return accepted;
      await others.promise;
      return down;
    };
    await world.poll({ destinations: facts });
    expect(world.receiver.subjects()).toEqual(['other', 'other', 'other', 'other']);
    inbox().unanswered.clear();
    world.receiver.answer = () => accepted;
    await world.polls(6, { destinations: facts });
    expect(new Set(received().map(({ id }) => id)).size).toBe(110);
    expect(received()).toHaveLength(110);
  });

  it('gets one that is refused out of the way at once', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    world.receiver.answer = (event) => (subjectOf(event) === 'mail 2' ? refused : accepted);
    for (let n = 1; n <= 5; n++) inbox().add(`mail ${n}`);
    await world.poll({ destinations: facts });
    expect(new Set(world.receiver.subjects())).toEqual(new Set(['mail 1', 'mail 3', 'mail 4', 'mail 5']));
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 5, retries: 1 });
  });

  it('stops advancing with a hundred that are refused, until they are taken', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const { facts } = factsOf('window');
    world.receiver.answer = (event) => (event.type === 'message.received' ? refused : accepted);
    for (let n = 1; n <= 150; n++) inbox().add(`mail ${n}`);
    await world.polls(2, { destinations: facts });
    const stopped = await world.cursor(mailbox);
    expect(stopped?.retries).toBeGreaterThanOrEqual(100);
    // A window of messages may be under way when the last of them is refused.
    expect(stopped?.retries).toBeLessThan(100 + 8);
    expect(stopped?.lastUid).toBeLessThan(110);
    world.receiver.answer = () => accepted;
    world.time.pass(3_600_000);
    await world.polls(4, { destinations: facts });
    expect(new Set(world.receiver.subjects()).size).toBe(150);
    expect(world.receiver.subjects()).toHaveLength(150);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 150, retries: 0 });
  }, 60_000);

  it.each([
    [59, 70],
    [150, 200],
  ])(
    'delivers what is behind a waiting first message, even if %i of %i messages are missing at first',
    async (missing, all) => {
      const mailbox = await world.connectMailbox(ada);
      await world.poll();
      const { facts } = factsOf('window');
      for (let n = 1; n <= all; n++) inbox().add(`mail ${n}`);
      for (let uid = 2; uid < 2 + missing; uid++) inbox().unanswered.add(uid);
      world.receiver.answer = () => down;
      await world.poll({ destinations: facts });
      expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 0 });
      inbox().unanswered.clear();
      world.receiver.answer = () => accepted;
      await world.polls(3, { destinations: facts });
      expect(world.receiver.subjects()).toHaveLength(all);
      expect(new Set(world.receiver.subjects()).size).toBe(all);
      expect(await world.cursor(mailbox)).toMatchObject({ lastUid: all, acked: [], uidGaps: [] });
      expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
    },
  );
});
