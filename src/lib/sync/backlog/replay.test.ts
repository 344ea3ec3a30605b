import { describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { accepted, down, refused, subjectOf, untilQuiet } from '../../../../test/support/memory-receiver.ts';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { Killed, mortalStore } from '../../../../test/support/mortal-store.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import { anyOrder } from '../../../../test/support/window-facts.ts';
import { systemClock } from '../../domain/system.ts';
import { createDeliveries } from '../../store/mailboxes/deliveries.ts';
import type { ReplayRequest } from '../../store/rows/job-row.ts';
import { type MailboxRow, onDemandKinds } from '../../store/rows/rows.ts';
import type { DestinationFacts } from '../state/types.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const dayMs = 86_400_000;
const folder = (path: string, address = ada) => world.mail.mailbox(address).folder(path);
const inbox = (address = ada) => folder('INBOX', address);
const received = () => world.receiver.ofType('message.received');
const tried = (subject: string) => world.receiver.arrivals.filter(({ event }) => subjectOf(event) === subject);
const acceptedIds = (subject: string) =>
  tried(subject).flatMap(({ event, outcome }) => (outcome === 'accepted' ? [event.id] : []));
const rowsOfKind = async (letter: string) => (await world.mailRows()).filter((key) => key.startsWith(`${letter}!`));
const replay = (mailbox: MailboxRow, wish: ReplayRequest) => world.registry.replay(mailbox.id, wish);
const since = (at: Date, force = false): ReplayRequest => ({ kind: 'since', since: at, force });
const ago = (ms: number) => new Date(world.now().getTime() - ms);
const listed = async () => (await createDeliveries(world).list({ limit: 100 })).items;

/** Refuses what has one of these words in its subject. */
function refuse(...words: string[]): void {
  world.receiver.answer = (event) =>
    words.some((word) => (subjectOf(event) ?? '').includes(word)) ? refused : accepted;
}

/** Facts of a destination that takes messages in any order, with the number of those given up. */
function windowFacts(): DestinationFacts & { died: () => Promise<void>; deaths: number } {
  return {
    ...anyOrder,
    deaths: 0,
    async died() {
      this.deaths += 1;
    },
  };
}

/** A mailbox whose messages of these subjects have been given up. */
async function withDead(subjects: readonly string[], paths: readonly string[] = ['INBOX']) {
  const mailbox = await world.connectMailbox(ada, paths);
  await world.poll();
  refuse(...subjects);
  const facts = windowFacts();
  for (const subject of subjects) inbox().add(subject);
  for (let n = 0; (await rowsOfKind('x')).length < subjects.length; n++) {
    if (n > 120) throw new Error('not given up');
    inbox().add(`good ${n}`);
    await world.poll({ destinations: facts });
  }
  expect(facts.deaths).toBe(subjects.length);
  return { mailbox, facts };
}

describe('a message that was given up', () => {
  it('names its delivery when it is told, arrives under its own key when replayed, and leaves no row', async () => {
    const { mailbox } = await withDead(['bad']);
    const [told] = world.receiver.ofType('message.undeliverable');
    const [dead] = await listed();
    expect(dead).toMatchObject({ state: 'dead', row: { reason: 'destination_refused_message', status: 422 } });
    const found = await createDeliveries(world).find(String(told?.data.deliveryId));
    expect(found?.row).toEqual(dead?.row);
    const before = await world.cursor(mailbox);
    refuse();
    await replay(mailbox, { kind: 'dead', key: dead?.row.key });
    // One is enough, unless the next tick has begun by then.
    await world.polls(2);
    expect(acceptedIds('bad')).toEqual([tried('bad')[0]?.event.id]);
    expect(received().at(-1)?.data).toMatchObject({ subject: 'bad', late: true, replay: null });
    expect([...(await rowsOfKind('x')), ...(await rowsOfKind('d')), ...(await rowsOfKind('e'))]).toEqual([]);
    const after = await world.cursor(mailbox);
    expect([after?.lastUid, after?.acked]).toEqual([before?.lastUid, before?.acked]);
    expect((await world.shard(mailbox)).flags & (onDemandKinds.job | onDemandKinds.retry)).toBe(0);
    // Known as delivered now: neither another replay nor a renumbering brings it again.
    await replay(mailbox, since(ago(dayMs)));
    await world.polls(2);
    inbox().renumber();
    await world.polls(2);
    expect(acceptedIds('bad')).toHaveLength(1);
  }, 60_000);

  it('is replayed with all others of its mailbox, and other mailboxes keep theirs', async () => {
    const { mailbox } = await withDead(['bad 1', 'bad 2', 'bad 3']);
    refuse();
    await Promise.all([1, 2, 3].map(() => replay(mailbox, { kind: 'dead' })));
    expect(await rowsOfKind('e')).toHaveLength(1);
    await world.polls(2);
    for (const subject of ['bad 1', 'bad 2', 'bad 3']) expect(acceptedIds(subject)).toHaveLength(1);
    expect(await listed()).toEqual([]);
  }, 60_000);

  it('stays dead with the new reason if it is refused again, without an event or a count', async () => {
    const { mailbox, facts } = await withDead(['bad']);
    const deaths = facts.deaths;
    const [before] = await listed();
    world.receiver.answer = (event) =>
      subjectOf(event) === 'bad' ? { ...refused, reason: 'destination_refused_message', status: 500 } : accepted;
    await replay(mailbox, { kind: 'dead' });
    await world.polls(3, { destinations: facts });
    const [after, ...more] = await listed();
    expect(more).toEqual([]);
    expect(after).toMatchObject({ state: 'dead', replay: undefined, row: { status: 500 } });
    expect(after?.row.key).toEqual(before?.row.key);
    expect(facts.deaths).toBe(deaths);
    expect(world.receiver.ofType('message.undeliverable')).toHaveLength(1);
    expect(await rowsOfKind('e')).toEqual([]);
    // A replay that is asked for after that tries it once more.
    refuse();
    await replay(mailbox, { kind: 'dead' });
    await world.polls(2, { destinations: facts });
    expect(acceptedIds('bad')).toHaveLength(1);
  }, 60_000);

  it('is found by its day and its Message-ID where its folder was renumbered in between', async () => {
    const { mailbox } = await withDead(['bad']);
    const key = tried('bad')[0]?.event.id;
    inbox().renumber((a, b) => b.uid - a.uid);
    await world.polls(2);
    refuse();
    await replay(mailbox, { kind: 'dead' });
    await world.polls(2);
    expect(acceptedIds('bad')).toEqual([key]);
  }, 60_000);

  it('is replayed where it has moved to', async () => {
    const { mailbox } = await withDead(['bad'], ['INBOX', 'Archive']);
    const key = tried('bad')[0]?.event.id;
    inbox().move(1, folder('Archive'));
    refuse();
    await replay(mailbox, { kind: 'dead' });
    await world.polls(3);
    expect(acceptedIds('bad')).toEqual([key]);
    expect(received().at(-1)?.data.folder).toMatchObject({ path: 'Archive' });
  }, 60_000);

  it('takes its row along when it moves, and is not tried again for that', async () => {
    const { mailbox } = await withDead(['bad'], ['INBOX', 'Archive']);
    const before = tried('bad').length;
    inbox().move(1, folder('Archive'));
    refuse();
    await world.polls(3);
    expect(tried('bad')).toHaveLength(before);
    const archive = mailbox.folders.find(({ path }) => path === 'Archive')?.id;
    expect(await rowsOfKind('x')).toEqual([expect.stringContaining(`!${archive}!`)]);
    expect((await listed())[0]).toMatchObject({ state: 'dead', row: { folderId: archive } });
  }, 60_000);

  it('is reported as vanished if it is gone, and its row is deleted', async () => {
    const { mailbox } = await withDead(['bad']);
    inbox().remove(1);
    refuse();
    await replay(mailbox, { kind: 'dead' });
    await world.polls(5);
    expect(await listed()).toEqual([]);
    expect(world.receiver.ofType('message.vanished').map(({ data }) => data.messageKey)).toEqual([
      tried('bad')[0]?.event.id,
    ]);
  }, 60_000);

  it('is forgotten with its replay if its folder is no longer watched', async () => {
    const { mailbox } = await withDead(['bad'], ['INBOX', 'Archive']);
    await world.registry.patch(mailbox.id, { folders: [{ role: 'archive' }] });
    await replay(mailbox, { kind: 'dead' });
    await world.polls(2);
    expect(await listed()).toEqual([]);
    expect(acceptedIds('bad')).toEqual([]);
    expect(await rowsOfKind('e')).toEqual([]);
  }, 60_000);

  it('waits while the destination is held or the mailbox is paused, and is lost by neither', async () => {
    const { mailbox, facts } = await withDead(['bad 1', 'bad 2']);
    world.receiver.answer = () => down;
    await replay(mailbox, { kind: 'dead' });
    await world.polls(20, { destinations: facts });
    expect(acceptedIds('bad 1')).toEqual([]);
    expect((await listed()).map(({ row }) => row.hash)).toHaveLength(2);
    await world.registry.patch(mailbox.id, { paused: true });
    refuse();
    const pausedAt = world.receiver.arrivals.length;
    await world.polls(3, { destinations: facts });
    expect(world.receiver.arrivals.slice(pausedAt).filter(({ event }) => event.type === 'message.received')).toEqual(
      [],
    );
    await world.registry.patch(mailbox.id, { paused: false });
    await world.polls(70, { destinations: facts });
    expect(acceptedIds('bad 1')).toHaveLength(1);
    expect(acceptedIds('bad 2')).toHaveLength(1);
    expect(await listed()).toEqual([]);
  }, 120_000);

  it('is one of 50 of its folder at most that are tried again at a time, which leaves room for new mail', async () => {
    const subjects = Array.from({ length: 60 }, (_, index) => `bad ${index}.`);
    const { mailbox } = await withDead(subjects);
    world.receiver.answer = () => down;
    await replay(mailbox, { kind: 'dead' });
    await world.polls(3);
    expect(await rowsOfKind('d')).toHaveLength(50);
    expect(await rowsOfKind('x')).toHaveLength(10);
    refuse();
    inbox().add('new');
    await world.polls(8);
    expect(acceptedIds('new')).toHaveLength(1);
    for (const subject of subjects) expect(acceptedIds(subject)).toHaveLength(1);
    expect([...(await rowsOfKind('x')), ...(await rowsOfKind('d')), ...(await rowsOfKind('e'))]).toEqual([]);
  }, 60_000);

  it('is tried at once where it is being tried again', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const facts = windowFacts();
    refuse('bad');
    inbox().add('bad');
    await world.polls(6, { destinations: facts });
    const [retrying] = await listed();
    expect(retrying?.state).toBe('retrying');
    refuse();
    await replay(mailbox, { kind: 'dead', key: retrying?.row.key });
    await world.polls(2, { destinations: facts });
    expect(acceptedIds('bad')).toHaveLength(1);
    expect(await rowsOfKind('e')).toEqual([]);
  }, 60_000);

  it('goes with its mailbox, and so does what was to be replayed', async () => {
    const { mailbox } = await withDead(['bad']);
    await world.registry.patch(mailbox.id, { paused: true });
    await replay(mailbox, { kind: 'dead' });
    await world.poll();
    expect(await rowsOfKind('e')).toHaveLength(1);
    await world.registry.remove(mailbox.id);
    await world.polls(2);
    for (const kind of 'bcdepx') expect(await rowsOfKind(kind)).toEqual([]);
    expect((await world.shard(mailbox)).flags & onDemandKinds.job).toBe(0);
  }, 60_000);
});

describe('a replay since a time', () => {
  it('fills gaps only: what was delivered is not sent again, what was not is, under the key that it has', async () => {
    inbox().add({ subject: 'too old', internalDate: ago(9 * dayMs) });
    inbox().add({ subject: 'before the connection', internalDate: ago(2 * dayMs) });
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().add('delivered');
    await world.poll();
    refuse('bad');
    inbox().add('bad');
    const facts = windowFacts();
    for (let n = 0; (await rowsOfKind('x')).length === 0; n++) {
      inbox().add(`good ${n}`);
      await world.poll({ destinations: facts });
    }
    refuse();
    const before = received().length;
    const cursor = await world.cursor(mailbox);
    await replay(mailbox, since(ago(5 * dayMs)));
    await world.polls(3);
    expect(
      received()
        .slice(before)
        .map(({ data }) => [data.subject, data.seemsNew, data.late])
        .toSorted(),
    ).toEqual([
      ['bad', true, true],
      ['before the connection', false, true],
    ]);
    expect(acceptedIds('bad')).toEqual([tried('bad')[0]?.event.id]);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: cursor?.lastUid, uidGaps: [] });
    expect(await rowsOfKind('e')).toEqual([]);
    await replay(mailbox, since(ago(5 * dayMs)));
    await world.polls(2);
    expect(received()).toHaveLength(before + 2);
  }, 60_000);

  it('sends everything again with force, each replay under its own ids', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 5; n++) inbox().add(`mail ${n}`);
    await world.poll();
    const keys = received().map(({ id }) => id);
    const first = await replay(mailbox, since(ago(dayMs), true));
    await world.polls(2);
    const second = await replay(mailbox, since(ago(dayMs), true));
    await world.polls(2);
    expect(second.number).toBeGreaterThan(first.number);
    expect(received().map(({ id }) => id)).toEqual([
      ...keys,
      ...keys.map((key) => `${key}_r${first.number}`),
      ...keys.map((key) => `${key}_r${second.number}`),
    ]);
    expect(received().map(({ data }) => data.messageKey)).toEqual([...keys, ...keys, ...keys]);
    expect(received().map(({ data }) => data.replay)).toEqual([
      ...keys.map(() => null),
      ...keys.map(() => first.number),
      ...keys.map(() => second.number),
    ]);
  }, 60_000);

  it('a forced replay skips mail that arrived after the request', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().add('before');
    await world.poll();
    world.receiver.answer = () => down;
    await replay(mailbox, since(ago(dayMs), true));
    world.time.pass(5_000);
    inbox().add('after');
    await world.polls(2);
    world.receiver.answer = () => accepted;
    await world.polls(4);
    expect(acceptedIds('before')).toHaveLength(2);
    expect(acceptedIds('after')).toHaveLength(1);
    expect(await rowsOfKind('e')).toEqual([]);
  });

  it('a forced replay counts a rejected message and does not retry it', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (const subject of ['one', 'bad', 'two']) inbox().add(subject);
    await world.poll();
    refuse('bad');
    const { number } = await replay(mailbox, since(ago(dayMs), true));
    await world.polls(4);
    expect(acceptedIds('bad')).toHaveLength(1);
    expect(acceptedIds('two').at(-1)).toMatch(new RegExp(`_r${number}$`));
    expect(await listed()).toEqual([]);
    expect(world.logged.find(({ event }) => event === 'replay.finished')?.fields).toMatchObject({
      delivered: 2,
      failed: 1,
    });
  }, 60_000);

  it('a forced replay sends nothing twice that was under way beside a failed message', async () => {
    const mailbox = await world.connectMailbox(ada);
    const facts = windowFacts();
    await world.poll({ destinations: facts });
    for (let n = 1; n <= 12; n++) inbox().add(`mail ${n}`);
    await world.polls(2, { destinations: facts });
    const from = received().length;
    expect(from).toBe(12);
    let isDown = true;
    world.receiver.answer = async (event) => {
      // The others of its window are answered first.
      if (subjectOf(event) === 'mail 3' && isDown) await new Promise((resolve) => setTimeout(resolve, 100));
      return subjectOf(event) === 'mail 3' && isDown ? down : accepted;
    };
    await replay(mailbox, since(ago(dayMs), true));
    await world.polls(3, { destinations: facts });
    expect(received().length).toBeGreaterThan(from + 5);
    expect(await rowsOfKind('e')).toHaveLength(1);
    isDown = false;
    await world.polls(3, { destinations: facts });
    const ids = received()
      .slice(from)
      .map(({ id }) => id);
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
    expect(await rowsOfKind('e')).toEqual([]);
  }, 60_000);

  it('a forced replay skips nothing if its folder is renumbered while one fails', async () => {
    const mailbox = await world.connectMailbox(ada);
    const facts = windowFacts();
    await world.poll({ destinations: facts });
    for (let n = 1; n <= 12; n++) inbox().add(`mail ${n}`);
    await world.polls(2, { destinations: facts });
    const from = received().length;
    const others = Promise.withResolvers<void>();
    let answered = 0;
    world.receiver.answer = async (event) => {
      if (subjectOf(event) !== 'mail 3') {
        if (++answered === 7) others.resolve();
        return accepted;
      }
      await others.promise;
      return down;
    };
    await replay(mailbox, since(ago(dayMs), true));
    await world.poll({ destinations: facts });
    expect(received().length).toBeGreaterThanOrEqual(from + 7);
    // It gets a number that one of those had that are done.
    const placeOf = (uid: number) => (uid === 3 ? 4.5 : uid);
    inbox().renumber((a, b) => placeOf(a.uid) - placeOf(b.uid));
    const before = received().length;
    world.receiver.answer = () => accepted;
    await world.polls(4, { destinations: facts });
    expect(await rowsOfKind('e')).toEqual([]);
    expect(world.receiver.subjects().slice(before)).toContain('mail 3');
    expect(new Set(world.receiver.subjects().slice(from)).size).toBe(12);
  }, 60_000);

  it('begins with the very instant that was asked for', async () => {
    const at = ago(3 * dayMs);
    inbox().add({ subject: 'before', internalDate: new Date(at.getTime() - 1) });
    inbox().add({ subject: 'at', internalDate: at });
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    await replay(mailbox, since(at));
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['at']);
  });

  it('a forced replay gets no further ahead of a failing message than it can remember', async () => {
    const mailbox = await world.connectMailbox(ada);
    const facts = windowFacts();
    await world.poll({ destinations: facts });
    for (let n = 1; n <= 150; n++) inbox().add(`mail ${n}`);
    await world.polls(2, { destinations: facts });
    const from = received().length;
    expect(from).toBe(150);
    world.receiver.answer = async (event) => {
      if (subjectOf(event) !== 'mail 1') return accepted;
      await untilQuiet(world.receiver);
      return down;
    };
    await replay(mailbox, since(ago(dayMs), true));
    await world.polls(3, { destinations: facts });
    world.receiver.answer = () => accepted;
    await world.polls(4, { destinations: facts });
    const again = world.receiver.subjects().slice(from);
    expect(new Set(again).size).toBe(150);
    expect(again).toHaveLength(150);
  }, 60_000);

  it('begins in every folder at its time', async () => {
    for (const path of ['INBOX', 'Archive']) {
      folder(path).add({ subject: `early in ${path}`, internalDate: ago(3 * dayMs) });
      folder(path).add({ subject: `late in ${path}`, internalDate: ago(dayMs) });
    }
    const mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    await replay(mailbox, since(ago(5 * dayMs)));
    await world.polls(2);
    expect(world.receiver.subjects().toSorted()).toEqual([
      'early in Archive',
      'early in INBOX',
      'late in Archive',
      'late in INBOX',
    ]);
  });

  it('continues where it stopped, also among mail of one instant and after a reset, and delivers each once', async () => {
    const at = ago(3 * dayMs);
    for (let n = 0; n < 130; n++) inbox().add({ subject: `old ${n}`, internalDate: at });
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    await replay(mailbox, since(ago(5 * dayMs)));
    let sent = 0;
    // A destination that goes down again and again.
    world.receiver.answer = () => (++sent % 40 === 0 ? down : accepted);
    await world.polls(2);
    expect(received().length).toBeGreaterThan(30);
    expect(await rowsOfKind('e')).toHaveLength(1);
    inbox().renumber((a, b) => b.uid - a.uid);
    await world.polls(8);
    expect(new Set(received().map(({ id }) => id)).size).toBe(130);
    expect(received()).toHaveLength(130);
    expect(new Set(world.receiver.subjects()).size).toBe(130);
    expect(await rowsOfKind('e')).toEqual([]);
  }, 60_000);

  it('goes through every watched folder, and does not wait for ever for one that is not there', async () => {
    inbox().add({ subject: 'in the inbox', internalDate: ago(dayMs) });
    folder('Archive').add({ subject: 'in the archive', internalDate: ago(dayMs) });
    const mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    world.mail.mailbox(ada).drop('Archive');
    await replay(mailbox, since(ago(2 * dayMs)));
    await world.polls(3);
    expect(await rowsOfKind('e')).toHaveLength(1);
    world.time.pass(dayMs);
    await world.polls(2);
    expect(world.receiver.subjects()).toContain('in the inbox');
    expect(await rowsOfKind('e')).toEqual([]);
  }, 60_000);

  it('leaves to the polls what the server lists and does not show', async () => {
    inbox().add({ subject: 'hidden', internalDate: ago(dayMs) });
    inbox().add({ subject: 'shown', internalDate: ago(dayMs) });
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox().unanswered.add(1);
    await replay(mailbox, since(ago(2 * dayMs)));
    await world.polls(1);
    inbox().unanswered.clear();
    await world.polls(4);
    expect(world.receiver.subjects().toSorted()).toEqual(['hidden', 'shown']);
    expect(await rowsOfKind('e')).toEqual([]);
  }, 60_000);

  it('retries what is rejected, and the rest arrives', async () => {
    for (const subject of ['one', 'bad', 'two']) inbox().add({ subject, internalDate: ago(dayMs) });
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    refuse('bad');
    await replay(mailbox, since(ago(2 * dayMs)));
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['one', 'two']);
    expect(await listed()).toMatchObject([{ state: 'retrying' }]);
    refuse();
    await world.polls(4);
    expect(acceptedIds('bad')).toHaveLength(1);
    expect(await listed()).toEqual([]);
  }, 60_000);

  it('comes after new mail, and after what was given up', async () => {
    for (let n = 0; n < 60; n++) inbox().add({ subject: `old ${n}`, internalDate: ago(dayMs) });
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    await replay(mailbox, since(ago(2 * dayMs)));
    inbox().add('new');
    await world.polls(2);
    expect(world.receiver.subjects()[0]).toBe('new');
    expect(world.receiver.subjects()).toHaveLength(61);
  }, 60_000);
});

describe('replays that are given up', () => {
  const stop = ({ id }: MailboxRow) => world.registry.stopReplays(id);
  const jobs = ({ id }: MailboxRow) => world.registry.jobs(id);

  async function withMail(): Promise<MailboxRow> {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 3; n++) inbox().add(`mail ${n}`);
    await world.poll();
    expect(received()).toHaveLength(3);
    return mailbox;
  }

  it('send nothing more, and leave no row', async () => {
    const mailbox = await withMail();
    world.receiver.answer = () => down;
    const wish = since(ago(dayMs), true);
    const asked = await replay(mailbox, wish);
    await world.polls(2);
    expect(await stop(mailbox)).toMatchObject([{ id: asked.id }]);
    expect(await jobs(mailbox)).toEqual([]);
    expect(await stop(mailbox)).toEqual([]);
    await expect(replay(mailbox, wish)).rejects.toMatchObject({ code: 'conflict' });
    refuse();
    await world.polls(2);
    expect(received()).toHaveLength(3);
    expect(await rowsOfKind('e')).toEqual([]);
    expect((await world.shard(mailbox)).flags & onDemandKinds.job).toBe(0);
    // And the same may be wished for again.
    await replay(mailbox, wish);
    await world.polls(2);
    expect(received()).toHaveLength(6);
  });

  it('are given up in a paused mailbox too, and those that were asked for later are not', async () => {
    const mailbox = await withMail();
    await world.registry.patch(mailbox.id, { paused: true });
    await replay(mailbox, since(ago(dayMs), true));
    await stop(mailbox);
    const later = await replay(mailbox, since(ago(2 * dayMs), true));
    await world.poll();
    expect(await rowsOfKind('e')).toEqual([`e!${mailbox.id}!${later.id}`]);
    await world.registry.patch(mailbox.id, { paused: false });
    await world.polls(2);
    expect(received().slice(3)).toHaveLength(3);
    for (const { data } of received()) expect([null, later.number]).toContain(data.replay);
  });

  it('leave what was given up as it was', async () => {
    const { mailbox } = await withDead(['bad']);
    refuse();
    await world.registry.patch(mailbox.id, { paused: true });
    await replay(mailbox, { kind: 'dead' });
    expect((await listed())[0]).toMatchObject({ state: 'dead', replay: 'waiting' });
    await stop(mailbox);
    expect((await listed())[0]).toMatchObject({ state: 'dead', replay: undefined });
    await world.registry.patch(mailbox.id, { paused: false });
    await world.polls(2);
    expect(acceptedIds('bad')).toEqual([]);
    expect(await rowsOfKind('x')).toHaveLength(1);
  }, 60_000);
});

describe('a worker that is killed at any write', () => {
  const scenarios: [string, () => ReplayRequest, (count: Map<string, number>) => void][] = [
    [
      'loses nothing that was to be replayed, and sends one message again at most',
      () => since(ago(5 * dayMs)),
      (count) => {
        expect([...count.keys()].filter((id) => id.startsWith('m_'))).toHaveLength(5);
        expect([...count.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(1);
      },
    ],
    [
      'has everything sent by force, and one message again at most',
      () => since(ago(5 * dayMs), true),
      (count) => {
        expect([...count.keys()].filter((id) => id.includes('_r'))).toHaveLength(5);
        expect([...count.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(1);
      },
    ],
    [
      'leaves what was given up where it is, or has delivered it',
      () => ({ kind: 'dead' }),
      (count) => {
        const bad = tried('bad')[0]?.event.id ?? '';
        expect(count.get(bad)).toBeGreaterThanOrEqual(1);
        expect(count.get(bad)).toBeLessThanOrEqual(2);
      },
    ],
  ];

  it.each(scenarios)(
    '%s',
    async (_name, wish, check) => {
      let writes = 1;
      for (let death = 1; death <= writes; death++) {
        for (const applied of [false, true]) {
          world = engineWorld(memoryStore(systemClock));
          const isDead = wish().kind === 'dead';
          for (let n = 0; !isDead && n < 5; n++) inbox().add({ subject: `old ${n}`, internalDate: ago(dayMs) });
          const { mailbox } = isDead ? await withDead(['bad']) : { mailbox: await world.connectMailbox(ada) };
          await world.poll();
          refuse();
          const from = world.receiver.arrivals.length;
          await replay(mailbox, wish());
          const mortal = mortalStore(world.store, { atWrite: death, applied });
          await world.poll({ store: mortal }).catch((error: unknown) => {
            if (!(error instanceof Killed)) throw error;
          });
          if (!mortal.dead) {
            writes = Math.min(writes, death);
            continue;
          }
          writes = death + 1;
          // Until the lease of the dead one has run out.
          world.time.pass(80_000);
          await world.polls(4);
          const count = new Map<string, number>();
          for (const { event, outcome } of world.receiver.arrivals.slice(from)) {
            if (event.type === 'message.received' && outcome === 'accepted') {
              count.set(event.id, (count.get(event.id) ?? 0) + 1);
            }
          }
          check(count);
          expect(await rowsOfKind('e')).toEqual([]);
          expect(await listed()).toEqual([]);
          expect((await world.shard(mailbox)).flags & (onDemandKinds.job | onDemandKinds.retry)).toBe(0);
        }
      }
      expect(writes).toBeGreaterThan(2);
    },
    240_000,
  );
});
