import { describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { accepted, down } from '../../../../test/support/memory-receiver.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const folder = (path: string) => world.mail.mailbox(ada).folder(path);
const received = () => world.receiver.ofType('message.received');

describe('a message that moves', () => {
  it('keeps its key, and is told as moved, not as new', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    const uid = folder('INBOX').add('wanders');
    await world.poll();
    folder('INBOX').move(uid, folder('Archive'));
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['wanders']);
    const [event, ...more] = world.receiver.ofType('message.updated');
    expect(more).toEqual([]);
    expect(event?.data).toMatchObject({
      messageKey: received()[0]?.id,
      change: 'moved',
      from: { path: 'INBOX', role: 'inbox' },
      folder: { path: 'Archive', role: 'archive' },
    });
    expect(event?.data.messageRef).not.toBe(received()[0]?.data.messageRef);
  });

  it('is reported as moved, not removed, if the new folder is watched only from then on', async () => {
    const mailbox = await world.connectMailbox(ada, ['INBOX']);
    await world.poll();
    const internalDate = new Date(Date.now() - 40 * 86_400_000);
    const uid = folder('INBOX').add({ subject: 'of old date', internalDate });
    await world.poll();
    folder('INBOX').move(uid, folder('Archive'));
    await world.registry.patch(mailbox.id, {
      folders: [
        { path: 'INBOX', role: 'inbox' },
        { path: 'Archive', role: 'archive' },
      ],
    });
    await world.polls(4);
    expect(world.receiver.ofType('message.removed')).toEqual([]);
    expect(received()).toHaveLength(1);
    const [event] = world.receiver.ofType('message.updated');
    expect(event?.data).toMatchObject({ messageKey: received()[0]?.id, change: 'moved', folder: { path: 'Archive' } });
  });

  it('stays the same message to another folder and back', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    const uid = folder('INBOX').add('there and back');
    await world.poll();
    const away = folder('INBOX').move(uid, folder('Archive'));
    await world.poll();
    folder('Archive').move(away, folder('INBOX'));
    await world.polls(2);
    expect(received()).toHaveLength(1);
    const keys = world.receiver.ofType('message.updated').map(({ data }) => data.messageKey);
    expect(keys).toEqual([received()[0]?.id, received()[0]?.id]);
    expect(new Set(world.receiver.ofType('message.updated').map(({ id }) => id)).size).toBe(2);
  });

  it('away and back between two polls is a move within its folder', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    const uid = folder('INBOX').add('blink');
    await world.poll();
    folder('Archive').move(folder('INBOX').move(uid, folder('Archive')), folder('INBOX'));
    await world.polls(5);
    expect(received()).toHaveLength(1);
    expect(world.receiver.ofType('message.updated')).toHaveLength(1);
  });

  it('is delivered from its new folder under its first key if it was not accepted yet', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    world.receiver.answer = () => down;
    const uid = folder('INBOX').add('early mover');
    await world.poll();
    const first = world.receiver.arrivals.at(-1)?.event.id;
    folder('INBOX').move(uid, folder('Archive'));
    await world.poll();
    world.receiver.answer = () => accepted;
    await world.polls(6);
    expect(world.receiver.subjects()).toEqual(['early mover']);
    expect(received()[0]).toMatchObject({ id: first, data: { folder: { path: 'Archive' }, seemsNew: true } });
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('is taken for the one that is still owed, where several of its name are gone', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    const sent = folder('INBOX').add('twice');
    await world.poll();
    world.receiver.answer = () => down;
    const owed = folder('INBOX').copy(sent, folder('INBOX'));
    await world.poll();
    const key = world.receiver.arrivals.at(-1)?.event.id;
    folder('INBOX').move(owed, folder('Archive'));
    folder('INBOX').remove(sent);
    world.receiver.answer = () => accepted;
    await world.polls(3);
    expect(received().map(({ id }) => id === key)).toEqual([false, true]);
  });

  it('is still a move if its old folder is then removed, and new mail arrives beside it', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Projects']);
    await world.poll();
    const uid = folder('Projects').add('rescued');
    await world.poll();
    folder('Projects').move(uid, folder('INBOX'));
    world.mail.mailbox(ada).drop('Projects');
    folder('INBOX').add('new');
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['rescued', 'new']);
    expect(world.receiver.ofType('message.updated').map(({ data }) => data.change)).toEqual(['moved']);
  });

  it('is not missed in its old folder if that was away for a while', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    world.receiver.answer = (event) => (event.type === 'message.received' ? down : accepted);
    const uid = folder('INBOX').add('owed');
    await world.poll();
    folder('INBOX').move(uid, folder('Archive'));
    const { uidNext, messages } = folder('INBOX');
    world.mail.mailbox(ada).drop('INBOX');
    world.receiver.answer = () => accepted;
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['owed']);
    Object.assign(folder('INBOX'), { uidNext, messages });
    folder('INBOX').add('later');
    await world.polls(12);
    expect(world.receiver.subjects()).toEqual(['owed', 'later']);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('moves with many others, and none is lost or doubled', async () => {
    const mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    for (let n = 1; n <= 150; n++) folder('INBOX').add(`mail ${n}`);
    await world.poll();
    expect(received()).toHaveLength(150);
    for (const { uid } of folder('INBOX').messages) folder('INBOX').move(uid, folder('Archive'));
    await world.polls(3);
    expect(received()).toHaveLength(150);
    const moved = world.receiver.ofType('message.updated').map(({ data }) => data.messageKey);
    expect(new Set(moved)).toEqual(new Set(received().map(({ id }) => id)));
    expect(moved).toHaveLength(150);
    expect(await world.cursor(mailbox, 'Archive')).toMatchObject({ lastUid: 150, uidGaps: [], acked: [] });
  }, 60_000);

  it('a moved message from before the connect is delivered with seemsNew false', async () => {
    folder('Archive').add({ subject: 'old', internalDate: new Date(Date.now() - 86_400_000) });
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    folder('INBOX').add('anything');
    await world.poll();
    folder('Archive').move(1, folder('INBOX'));
    await world.poll();
    expect(received().map(({ data }) => [data.subject, data.seemsNew])).toEqual([
      ['anything', true],
      ['old', false],
    ]);
  });
});

describe('a copy', () => {
  it('is delivered as a message of its own that does not seem new', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    const uid = folder('INBOX').add('twice');
    await world.poll();
    folder('INBOX').copy(uid, folder('Archive'));
    await world.polls(2);
    const [one, two, ...more] = received();
    expect(more).toEqual([]);
    expect(one?.id).not.toBe(two?.id);
    expect(one?.data.fingerprint).toBe(two?.data.fingerprint);
    expect([one?.data.seemsNew, two?.data.seemsNew]).toEqual([true, false]);
  });

  it('mail to oneself is new both in the inbox and in Sent', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Sent Items']);
    await world.poll();
    folder('Sent Items').add({ subject: 'to myself', messageId: '<self@example>' });
    folder('INBOX').add({ subject: 'to myself', messageId: '<self@example>' });
    await world.polls(2);
    expect(received().map(({ data }) => [data.direction, data.seemsNew])).toEqual([
      ['in', true],
      ['out', true],
    ]);
  });

  it('a copy that arrives with its original in one poll gives one new event', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    const uid = folder('INBOX').add('twice');
    folder('INBOX').copy(uid, folder('INBOX'));
    await world.polls(2);
    expect(received().map(({ data }) => [data.subject, data.seemsNew])).toEqual([
      ['twice', true],
      ['twice', false],
    ]);
  });
});

describe('a folder that is renumbered', () => {
  it('announces the five that arrived meanwhile, and nothing else', async () => {
    for (let n = 1; n <= 300; n++) {
      folder('INBOX').add({ subject: `old ${n}`, internalDate: new Date(Date.now() - (400 - n) * 3_600_000) });
    }
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    folder('INBOX').add('known');
    await world.poll();
    for (let n = 1; n <= 5; n++) folder('INBOX').add(`new ${n}`);
    folder('INBOX').renumber();
    await world.polls(3);
    expect(world.receiver.subjects()).toEqual(['known', 'new 1', 'new 2', 'new 3', 'new 4', 'new 5']);
    const [event, ...more] = world.receiver.ofType('folder.reset');
    expect(more).toEqual([]);
    expect(event?.data).toMatchObject({
      cause: 'validity',
      folder: { path: 'INBOX' },
      known: 201,
      announced: 5,
      assumedKnown: 100,
      gone: 0,
    });
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    expect(await world.cursor(mailbox)).toMatchObject({ uidValidity: 8n, lastUid: 306, uidGaps: [] });
  });

  it('announces nothing else where exactly as many were listed at the connect as the recent messages begin with', async () => {
    for (let n = 1; n <= 250; n++) {
      const age = n <= 50 ? 30 * 86_400_000 : 3_600_000;
      folder('INBOX').add({ subject: `old ${n}`, internalDate: new Date(Date.now() - age) });
    }
    await world.connectMailbox(ada);
    await world.poll();
    folder('INBOX').add('new');
    folder('INBOX').renumber();
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['new']);
    expect(world.receiver.ofType('folder.reset')[0]?.data).toMatchObject({
      known: 200,
      announced: 1,
      assumedKnown: 50,
    });
  });

  it('announces new mail among old mail in any order', async () => {
    for (let n = 1; n <= 300; n++) {
      folder('INBOX').add({ subject: `old ${n}`, internalDate: new Date(Date.now() - (400 - n) * 3_600_000) });
    }
    await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 5; n++) folder('INBOX').add(`new ${n}`);
    folder('INBOX').renumber((a, b) => ((a.uid * 7919) % 311) - ((b.uid * 7919) % 311));
    await world.polls(6);
    expect(world.receiver.subjects().toSorted()).toEqual(['new 1', 'new 2', 'new 3', 'new 4', 'new 5']);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('sends again, under its key, what was posted and never accepted', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = () => down;
    folder('INBOX').add('owed');
    await world.poll();
    const owed = world.receiver.arrivals.at(-1)?.event.id;
    folder('INBOX').renumber();
    world.receiver.answer = () => accepted;
    await world.polls(2);
    expect(received().map(({ id, data }) => [id, data.subject])).toEqual([[owed, 'owed']]);
  });

  it('a folder renumbered twice before what is new could be sent still knows that it is', async () => {
    // More than the recent messages begin with, and of one day: what tells the new from the old is how far the work had come.
    for (let n = 1; n <= 250; n++) folder('INBOX').add(`old ${n}`);
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = () => down;
    for (let n = 1; n <= 5; n++) folder('INBOX').add(`new ${n}`);
    folder('INBOX').renumber();
    await world.poll();
    folder('INBOX').renumber();
    world.receiver.answer = () => accepted;
    await world.polls(3);
    expect(world.receiver.subjects()).toEqual(['new 1', 'new 2', 'new 3', 'new 4', 'new 5']);
    expect(world.receiver.ofType('folder.reset').map(({ data }) => data.assumedKnown)).toEqual([50, 50]);
  });

  it.each(['before', 'after'])(
    'is not misled by a mail from %s the connect that bears a date yet to come',
    async (when) => {
      const ahead = { subject: 'of next year', internalDate: new Date(Date.now() + 365 * 86_400_000) };
      for (let n = 1; n <= 250; n++) folder('INBOX').add(`old ${n}`);
      if (when === 'before') folder('INBOX').add(ahead);
      await world.connectMailbox(ada);
      await world.poll();
      if (when === 'after') folder('INBOX').add(ahead);
      await world.poll();
      // What arrives in the very instant of the last work cannot be told from what was there.
      world.time.pass(1_000);
      folder('INBOX').add('new');
      folder('INBOX').renumber();
      await world.polls(2);
      expect(world.receiver.subjects()).toEqual(when === 'before' ? ['new'] : ['of next year', 'new']);
    },
  );

  it('tells under its first key that what was posted before is gone', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = (event) => (event.type === 'message.received' ? down : accepted);
    folder('INBOX').add('owed');
    await world.poll();
    folder('INBOX').renumber();
    await world.poll();
    folder('INBOX').remove(1);
    await world.polls(5);
    const keys = world.receiver.arrivals.flatMap(({ event }) => (event.type === 'message.received' ? [event.id] : []));
    expect(world.receiver.ofType('message.vanished').map(({ data }) => data.messageKey)).toEqual([...new Set(keys)]);
    expect(keys.length).toBeGreaterThan(1);
  });

  it('tells nothing of what was delivered, and is removed from among more that is new than it can keep apart', async () => {
    const box = folder('INBOX');
    for (let n = 1; n <= 250; n++) box.add(`old ${n}`);
    await world.connectMailbox(ada);
    await world.poll();
    const known = Array.from({ length: 70 }, (_, n) => box.add(`known ${n}`));
    await world.poll();
    world.receiver.answer = (event) => (event.type === 'message.received' ? down : accepted);
    const fresh = Array.from({ length: 70 }, (_, n) => box.add(`new ${n}`));
    // New and known by turns, and behind them one of which nobody knows whether it is new: below that, UID gaps are open.
    const placeOf = (uid: number) => (uid === 1 ? 1e6 : Math.max(2 * known.indexOf(uid), 2 * fresh.indexOf(uid) + 1));
    box.renumber((a, b) => placeOf(a.uid) - placeOf(b.uid) || a.uid - b.uid);
    await world.poll();
    for (let n = 1; n <= 6; n++) box.remove(box.messages.find(({ subject }) => subject === `known ${n}`)?.uid ?? 0);
    await world.polls(5);
    world.receiver.answer = () => accepted;
    await world.polls(8);
    expect(new Set(world.receiver.subjects()).size).toBe(140);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('a folder renumbered again and again loses and doubles nothing', async () => {
    folder('INBOX').add('old');
    await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 4; n++) {
      folder('INBOX').add(`mail ${n}`);
      folder('INBOX').renumber();
      await world.polls(2);
    }
    expect(world.receiver.subjects()).toEqual(['mail 1', 'mail 2', 'mail 3', 'mail 4']);
    expect(world.receiver.ofType('folder.reset')).toHaveLength(4);
  });

  it('starts by date if it was never polled before', async () => {
    folder('INBOX').add({ subject: 'old', internalDate: new Date(Date.now() - 86_400_000) });
    await world.connectMailbox(ada);
    folder('INBOX').add('new');
    folder('INBOX').renumber();
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['new']);
  });

  it('is also one whose numbers went back under the same validity', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    for (let n = 1; n <= 5; n++) folder('INBOX').add(`mail ${n}`);
    await world.poll();
    // Restored from a backup of yesterday, without the last three; one has arrived since.
    const box = folder('INBOX');
    box.messages = box.messages.slice(0, 2);
    box.uidNext = 3;
    box.add('after the restore');
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['mail 1', 'mail 2', 'mail 3', 'mail 4', 'mail 5', 'after the restore']);
    expect(world.receiver.ofType('folder.reset').map(({ data }) => [data.cause, data.gone])).toEqual([['uidnext', 3]]);
  });

  it('announces what was moved into it meanwhile, however old, where it knows of all mail there was', async () => {
    folder('INBOX').add({ subject: 'there before', internalDate: new Date(Date.now() - 86_400_000) });
    await world.connectMailbox(ada);
    await world.poll();
    folder('INBOX').add({ subject: 'years old', internalDate: new Date(Date.now() - 900 * 86_400_000) });
    folder('INBOX').renumber();
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['years old']);
    expect(world.receiver.ofType('folder.reset')[0]?.data).toMatchObject({ known: 1, announced: 1, assumedKnown: 0 });
  });

  it.each(['unanswered', 'unlisted'] as const)('looks again for what is %s while it is compared', async (kind) => {
    folder('INBOX').add('there before');
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    folder('INBOX').add('shy');
    folder('INBOX').renumber();
    folder('INBOX')[kind].add(2);
    await world.poll();
    expect(world.receiver.subjects()).toEqual([]);
    folder('INBOX')[kind].clear();
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['shy']);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 2, uidGaps: [] });
  });

  it('is compared before anything is sought in it by its old numbers', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    const uid = folder('Archive').add('moves');
    folder('Archive').add('stays');
    await world.poll();
    folder('Archive').move(uid, folder('INBOX'));
    // What stays has the number now that the other one had.
    folder('Archive').renumber();
    await world.polls(3);
    expect(world.receiver.subjects()).toEqual(['moves', 'stays']);
    const [updated, ...more] = world.receiver.ofType('message.updated');
    expect(more).toEqual([]);
    expect(updated?.data).toMatchObject({ messageKey: received()[0]?.id, folder: { path: 'INBOX' } });
  });

  it('recognises a message that moved to another folder meanwhile', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await world.poll();
    const uid = folder('INBOX').add('moved meanwhile');
    await world.poll();
    folder('INBOX').move(uid, folder('Archive'));
    folder('INBOX').renumber();
    await world.polls(2);
    expect(received()).toHaveLength(1);
    expect(world.receiver.ofType('message.updated').map(({ data }) => data.messageKey)).toEqual([received()[0]?.id]);
  });
});

describe('many messages that are seen and gone before they are read', () => {
  it('are told by their keys, twenty of them, and the others by how many they are', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    // Every other one comes, so that the gaps between them are many.
    for (let n = 1; n <= 60; n++) {
      const uid = folder('INBOX').add(`mail ${n}`);
      if (n % 2 === 0) folder('INBOX').unanswered.add(uid);
    }
    await world.poll();
    for (const uid of folder('INBOX').unanswered) folder('INBOX').remove(uid);
    await world.polls(5);
    expect(world.receiver.subjects()).toHaveLength(30);
    const vanished = world.receiver.ofType('message.vanished').map(({ data }) => data);
    expect(vanished.filter(({ messageKey }) => messageKey !== undefined)).toHaveLength(20);
    expect(vanished.filter(({ messageKey }) => messageKey === undefined)).toEqual([
      expect.objectContaining({ count: 10, folder: { path: 'INBOX', role: 'inbox' } }),
    ]);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 60, uidGaps: [] });
  });
});

describe('messages whose headers say nothing', () => {
  const silent = { subject: '', messageId: '', from: '' };
  const bare = () => {
    world.mail.before = (command) => {
      // Asked as a whole, the server answers nothing; asked for little, it does.
      if (command === 'search') for (const { uid } of folder('INBOX').messages) folder('INBOX').contentless.add(uid);
    };
  };

  it('come at last, where the server lists them and never answers for more than their flags', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    bare();
    folder('INBOX').add('unconvertible');
    await world.polls(3);
    expect(received()).toEqual([]);
    await world.polls(3);
    expect(received().map(({ data }) => data.size)).toEqual([0]);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    await world.polls(2);
    expect(received()).toHaveLength(1);
  });

  it('are not taken for each other', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    bare();
    const first = folder('INBOX').add(silent);
    await world.polls(6);
    expect(received()).toHaveLength(1);
    folder('INBOX').remove(first);
    folder('INBOX').add(silent);
    await world.polls(6);
    expect(new Set(received().map(({ id }) => id)).size).toBe(2);
  });
});
