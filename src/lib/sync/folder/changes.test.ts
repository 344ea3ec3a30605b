import { describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { accepted, down, refused, subjectOf } from '../../../../test/support/memory-receiver.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import { decodeMessageRef } from '../../delivery/events/message-ref.ts';
import { BrokerError } from '../../errors.ts';
import { createOwnChanges, type OwnChange } from '../../store/mailboxes/own-changes.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { DestinationFacts } from '../state/types.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const folder = (path: string) => world.mail.mailbox(ada).folder(path);
const updates = () => world.receiver.ofType('message.updated').map((event) => event.data);
const removals = () => world.receiver.ofType('message.removed').map((event) => event.data);
const received = () => world.receiver.ofType('message.received');
const keyOf = (subject: string) => received().find((event) => event.data.subject === subject)?.id;
const asked = (command: string) => world.mail.commands.filter((each) => each === command).length;

/** A mailbox whose inbox has delivered these; answers their UIDs. */
async function delivered(subjects: readonly string[], paths: readonly string[] = ['INBOX']): Promise<number[]> {
  await world.connectMailbox(ada, paths);
  await world.poll();
  const uids = subjects.map((subject) => folder('INBOX').add(subject));
  await world.poll();
  expect(world.receiver.subjects()).toEqual(subjects);
  return uids;
}

describe('a flag that the owner changes', () => {
  it('is told once, with all flags as they are now', async () => {
    const [uid = 0] = await delivered(['read me', 'leave me']);
    folder('INBOX').mark(uid, { seen: true });
    await world.polls(3);
    expect(updates()).toEqual([
      expect.objectContaining({
        messageKey: keyOf('read me'),
        change: 'flags',
        folder: { path: 'INBOX', role: 'inbox' },
        messageRef: received()[0]?.data.messageRef,
        seen: true,
        flagged: false,
        answered: false,
        mailbox: expect.objectContaining({ address: ada }),
      }),
    ]);
  });

  it('is reported twice if it changes back', async () => {
    const [uid = 0] = await delivered(['wavering']);
    folder('INBOX').mark(uid, { seen: true });
    await world.poll();
    folder('INBOX').mark(uid, { seen: false });
    await world.polls(2);
    expect(updates().map(({ seen }) => seen)).toEqual([true, false]);
    expect(new Set(world.receiver.ofType('message.updated').map(({ id }) => id)).size).toBe(2);
  });

  it('is found within the hour if the counts do not show it', async () => {
    const [uid = 0] = await delivered(['flag me']);
    folder('INBOX').mark(uid, { flagged: true });
    await world.poll();
    expect(updates()).toEqual([]);
    world.time.pass(60 * 60_000);
    await world.polls(2);
    expect(updates()).toEqual([expect.objectContaining({ flagged: true, seen: false })]);
  });

  it('is not asked for while the counts say that nothing but new mail came', async () => {
    await delivered(['first']);
    const before = asked('flags');
    folder('INBOX').add('second');
    await world.poll();
    folder('INBOX').add('third');
    await world.polls(3);
    expect(asked('flags')).toBe(before);
    expect(updates()).toEqual([]);
  });

  it('is of no interest on mail that was there before the connect', async () => {
    const old = folder('INBOX').add('old');
    await delivered(['new']);
    folder('INBOX').mark(old, { seen: true });
    await world.polls(2);
    folder('INBOX').remove(old);
    await world.polls(3);
    expect([...updates(), ...removals()]).toEqual([]);
  });

  it('is told after the message itself, with what the message did not say yet', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = () => down;
    const uid = folder('INBOX').add('waits');
    await world.poll();
    folder('INBOX').mark(uid, { seen: true });
    await world.poll();
    world.receiver.answer = () => accepted;
    await world.polls(3);
    const types = world.receiver.arrivals
      .filter(({ outcome }) => outcome === 'accepted')
      .map(({ event }) => event.type);
    expect(types[0]).toBe('mailbox.connected');
    expect(types.filter((type) => type === 'message.received')).toHaveLength(1);
    const shown = received()[0]?.data.seen === true || updates().some(({ seen }) => seen === true);
    expect(shown).toBe(true);
  });

  it('a flag changed on a hundred messages at once is reported for each', async () => {
    const uids = await delivered(Array.from({ length: 100 }, (_, n) => `mail ${n}`));
    for (const uid of uids) folder('INBOX').mark(uid, { seen: true });
    await world.polls(3);
    expect(updates()).toHaveLength(100);
    expect(new Set(updates().map(({ messageKey }) => messageKey)).size).toBe(100);
  });

  it('is not looked for while the destination is held, and told when it no longer is', async () => {
    const [uid = 0] = await delivered(['read me']);
    let held = true;
    const destinations: DestinationFacts = {
      order: async () => 'strict',
      lastAccepted: async () => undefined,
      died: async () => {},
      isHeld: async () => held,
      headsMoved: async () => 0,
      headMoved: async () => {},
    };
    const before = asked('flags');
    folder('INBOX').mark(uid, { seen: true });
    await world.polls(3, { destinations });
    expect(asked('flags')).toBe(before);
    expect(updates()).toEqual([]);
    held = false;
    await world.polls(2, { destinations });
    expect(updates()).toEqual([expect.objectContaining({ seen: true })]);
  });
});

describe('a message that the owner removes', () => {
  it('is told once, in the poll after the one that misses it', async () => {
    const [uid = 0] = await delivered(['remove me', 'keep me']);
    folder('INBOX').remove(uid);
    await world.poll();
    expect(removals()).toEqual([]);
    await world.polls(3);
    expect(removals()).toEqual([
      expect.objectContaining({ messageKey: keyOf('remove me'), folder: { path: 'INBOX', role: 'inbox' } }),
    ]);
    expect(updates()).toEqual([]);
  });

  it('is not told when it moved, even if it moved while the poll was under way', async () => {
    const [uid = 0] = await delivered(['wanders'], ['INBOX', 'Archive']);
    // Changes a count, so that flags are asked for; the move comes after every STATUS.
    const [second = 0] = [folder('INBOX').add('other')];
    await world.poll();
    folder('INBOX').mark(second, { seen: true });
    let moved = false;
    world.mail.before = (command) => {
      if (command !== 'flags' || moved) return;
      moved = true;
      folder('INBOX').move(uid, folder('Archive'));
    };
    await world.polls(4);
    expect(moved).toBe(true);
    expect(removals()).toEqual([]);
    expect(received()).toHaveLength(2);
    expect(updates().map(({ messageKey, change }) => [messageKey, change])).toEqual([
      [keyOf('other'), 'flags'],
      [keyOf('wanders'), 'moved'],
    ]);
  });

  it('is not told while the folder to which it moved does not show it', async () => {
    const [uid = 0] = await delivered(['wanders'], ['INBOX', 'Archive']);
    const there = folder('INBOX').move(uid, folder('Archive'));
    folder('Archive').unlisted.add(there);
    await world.polls(3);
    expect(removals()).toEqual([]);
    folder('Archive').unlisted.clear();
    await world.polls(3);
    expect(removals()).toEqual([]);
    expect(updates()).toEqual([expect.objectContaining({ messageKey: keyOf('wanders'), change: 'moved' })]);
  });

  it('is not told of one that the server lists and does not answer', async () => {
    const [uid = 0, other = 0] = await delivered(['shy', 'other']);
    folder('INBOX').unanswered.add(uid);
    folder('INBOX').mark(other, { seen: true });
    await world.polls(4);
    expect(removals()).toEqual([]);
    folder('INBOX').unanswered.clear();
    folder('INBOX').mark(uid, { seen: true });
    await world.polls(2);
    expect(updates().map(({ messageKey }) => messageKey)).toEqual([keyOf('other'), keyOf('shy')]);
  });

  it('is reported as moved, under its key, if it turns up again later', async () => {
    const [uid = 0] = await delivered(['back again']);
    folder('INBOX').move(uid, folder('Elsewhere'));
    await world.polls(3);
    expect(removals()).toHaveLength(1);
    folder('Elsewhere').move(1, folder('INBOX'));
    await world.polls(3);
    expect(received()).toHaveLength(1);
    expect(updates()).toEqual([expect.objectContaining({ messageKey: keyOf('back again'), change: 'moved' })]);
    expect(removals()).toHaveLength(1);
  });

  it('waits for a watched folder that is not there', async () => {
    const [uid = 0] = await delivered(['remove me'], ['INBOX', 'Archive']);
    world.mail.mailbox(ada).rename('Archive', 'Gone');
    Object.assign(world.mail.mailbox(ada).folder('Gone'), { role: undefined });
    folder('INBOX').remove(uid);
    await world.polls(3);
    world.time.pass(60 * 60_000);
    await world.polls(2);
    expect(removals()).toEqual([]);
    world.mail.mailbox(ada).rename('Gone', 'Archive');
    world.time.pass(60 * 60_000);
    await world.polls(3);
    expect(removals()).toHaveLength(1);
  });
});

describe('a change that a caller made over HTTP', () => {
  const changes = () => createOwnChanges({ store: world.store });
  const hashOf = (subject: string) => {
    const [event] = received().filter(({ data }) => data.subject === subject);
    return decodeMessageRef(String(event?.data.messageRef))?.hash ?? new Uint8Array();
  };
  const note = (requestId: string, subject: string, more: Partial<OwnChange>) =>
    changes().note(mailbox.id, { requestId, hashes: [hashOf(subject)], flags: {}, to: undefined, ...more });
  const polls = (count: number) => world.polls(count, { ownChanges: changes() });
  let mailbox: MailboxRow;

  async function two(paths: readonly string[] = ['INBOX']): Promise<number[]> {
    mailbox = await world.connectMailbox(ada, paths);
    await world.poll();
    const uids = ['one', 'two'].map((subject) => folder('INBOX').add(subject));
    await world.poll();
    return uids;
  }

  it('reaches its event once: what others do to the message later does not bear its request', async () => {
    const [one = 0, two_ = 0] = await two();
    await note('req-1', 'one', { flags: { seen: true } });
    for (const uid of [one, two_]) folder('INBOX').mark(uid, { seen: true });
    await polls(2);
    folder('INBOX').mark(one, { seen: false });
    await polls(1);
    folder('INBOX').mark(one, { seen: true });
    await polls(1);
    const of = (subject: string) => updates().filter(({ messageKey }) => messageKey === keyOf(subject));
    expect(of('one').map(({ seen, causedBy }) => [seen, causedBy])).toEqual([
      [true, 'req-1'],
      [false, undefined],
      [true, undefined],
    ]);
    expect(of('two')[0]).not.toHaveProperty('causedBy');
  });

  it('is reported without causedBy if another client adds to it', async () => {
    const [one = 0] = await two();
    await note('req-1', 'one', { flags: { seen: true } });
    folder('INBOX').mark(one, { seen: true, flagged: true });
    await polls(2);
    expect(updates()).toHaveLength(1);
    expect(updates()[0]).not.toHaveProperty('causedBy');
  });

  it('is named with a move and with a removal', async () => {
    const [one = 0, gone = 0] = await two(['INBOX', 'Archive']);
    const archive = mailbox.folders.find(({ path }) => path === 'Archive')?.id;
    await note('req-move', 'one', { flags: { seen: true }, to: archive });
    await note('req-delete', 'two', { to: '' });
    folder('INBOX').mark(one, { seen: true });
    folder('INBOX').move(one, folder('Archive'));
    folder('INBOX').remove(gone);
    await polls(4);
    expect(updates()).toMatchObject([{ change: 'moved', seen: true, causedBy: 'req-move' }]);
    expect(removals()).toMatchObject([{ messageKey: keyOf('two'), causedBy: 'req-delete' }]);
  });

  it('is told without it where the notes cannot be read', async () => {
    const [one = 0] = await two();
    const take = () => Promise.reject(new BrokerError('storage_unreachable'));
    folder('INBOX').mark(one, { seen: true });
    await world.polls(2, { ownChanges: { take } });
    expect(updates()).toHaveLength(1);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'changes.not_read' }));
  });
});

describe('a message that moves', () => {
  it('is told with the flags that it has by then, once', async () => {
    const [uid = 0] = await delivered(['read and filed'], ['INBOX', 'Archive']);
    folder('INBOX').mark(uid, { seen: true, answered: true });
    folder('INBOX').move(uid, folder('Archive'));
    await world.polls(4);
    expect(updates()).toEqual([
      expect.objectContaining({ change: 'moved', seen: true, flagged: false, answered: true }),
    ]);
    expect(removals()).toEqual([]);
  });
});

describe('a message that is gone when its folder is renumbered', () => {
  it('is told as removed, once, when nothing else claims it', async () => {
    const [uid = 0] = await delivered(['goes', 'stays'], ['INBOX', 'Archive']);
    folder('INBOX').remove(uid);
    folder('INBOX').renumber();
    await world.polls(4);
    expect(removals()).toEqual([
      expect.objectContaining({ messageKey: keyOf('goes'), folder: { path: 'INBOX', role: 'inbox' } }),
    ]);
    folder('INBOX').renumber();
    world.time.pass(2 * 60 * 60_000);
    await world.polls(4);
    expect(removals()).toHaveLength(1);
    expect(world.receiver.subjects()).toEqual(['goes', 'stays']);
  });

  it('stays told if it was, also after the folder is renumbered', async () => {
    const [uid = 0] = await delivered(['goes', 'stays']);
    folder('INBOX').remove(uid);
    await world.polls(4);
    expect(removals()).toHaveLength(1);
    folder('INBOX').renumber();
    await world.polls(4);
    world.time.pass(2 * 60 * 60_000);
    await world.polls(4);
    expect(removals()).toHaveLength(1);
  });

  it('is told as moved if it turns up in another folder, and never as removed', async () => {
    const [uid = 0] = await delivered(['wanders'], ['INBOX', 'Archive']);
    folder('INBOX').move(uid, folder('Archive'));
    folder('Archive').unlisted.add(1);
    folder('INBOX').renumber();
    await world.polls(2);
    folder('Archive').unlisted.clear();
    await world.polls(4);
    world.time.pass(2 * 60 * 60_000);
    await world.polls(2);
    expect(removals()).toEqual([]);
    expect(updates().map(({ change }) => change)).toEqual(['moved']);
    expect(received()).toHaveLength(1);
  });
});

/** The receiver has what it gets, and its answer is lost: it leaves aside what comes again under the same id. */
describe('a message that arrives unheard', () => {
  /** A mailbox whose message of this subject was posted once, to nobody's knowledge; answers its UID. */
  async function unheard(subject: string, paths: readonly string[] = ['INBOX']): Promise<number> {
    await world.connectMailbox(ada, paths);
    await world.poll();
    world.receiver.answer = () => down;
    const uid = folder('INBOX').add(subject);
    await world.poll();
    return uid;
  }

  it('is reported as read if it is read before it is sent again', async () => {
    const uid = await unheard('read me');
    folder('INBOX').mark(uid, { seen: true });
    world.receiver.answer = () => accepted;
    await world.polls(3);
    expect(received()).toHaveLength(1);
    expect(updates()).toEqual([
      expect.objectContaining({ messageKey: keyOf('read me'), change: 'flags', seen: true, flagged: false }),
    ]);
  });

  it('is reported from its new folder if it moves before it is sent again', async () => {
    const uid = await unheard('move me', ['INBOX', 'Archive']);
    folder('INBOX').move(uid, folder('Archive'));
    world.receiver.answer = () => accepted;
    await world.polls(3);
    expect(received().map(({ data }) => data.folder)).toEqual([expect.objectContaining({ path: 'Archive' })]);
    expect(updates()).toEqual([
      expect.objectContaining({
        messageKey: keyOf('move me'),
        folder: expect.objectContaining({ path: 'Archive' }),
        messageRef: received()[0]?.data.messageRef,
      }),
    ]);
  });

  it('is reported once if it is sent again unchanged', async () => {
    await unheard('leave me');
    world.receiver.answer = () => accepted;
    await world.polls(3);
    world.time.pass(60 * 60_000);
    await world.polls(2);
    expect(received()).toHaveLength(1);
    expect(updates()).toEqual([]);
  });

  it('is reported as flagged if it is flagged while in the retry queue', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = (event) => (subjectOf(event) === 'flag me' ? refused : accepted);
    const uid = folder('INBOX').add('flag me');
    await world.polls(12);
    expect((await world.mailRows()).filter((key) => key.startsWith('d!'))).toHaveLength(1);
    folder('INBOX').mark(uid, { flagged: true });
    world.receiver.answer = () => accepted;
    await world.polls(5);
    expect(received().map(({ data }) => data.flagged)).toEqual([true]);
    expect(updates()).toEqual([expect.objectContaining({ messageKey: keyOf('flag me'), flagged: true })]);
  }, 60_000);
});

describe('a message that is replayed by force', () => {
  it('is sent with its current flag if that changed', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    const uid = folder('INBOX').add('again');
    await world.poll();
    folder('INBOX').mark(uid, { flagged: true });
    const since = new Date(world.now().getTime() - 60 * 60_000);
    await world.registry.replay(mailbox.id, { kind: 'since', since, force: true });
    await world.polls(3);
    expect(received().map(({ data }) => data.flagged)).toEqual([false, true]);
    expect(updates()).toEqual([expect.objectContaining({ messageKey: keyOf('again'), flagged: true })]);
  });
});
