import { describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { accepted, down, mailOf, refused } from '../../../../test/support/memory-receiver.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import { decodeMessageRef } from '../../delivery/events/message-ref.ts';
import { noHash } from '../../domain/mail/message-identity.ts';
import { knownPlaces } from '../../store/mailboxes/known-places.ts';
import { rowsOf } from '../../store/rows/keys.ts';
import { partitionOf } from '../../store/rows/mailbox-row.ts';
import { decodeRetry } from '../../store/rows/retry-row.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const dayMs = 86_400_000;
const folder = (path: string) => world.mail.mailbox(ada).folder(path);
const inbox = () => folder('INBOX');
const received = () => world.receiver.ofType('message.received');
const moved = () => world.receiver.ofType('message.updated').filter(({ data }) => data.change === 'moved');
const connect = async (paths: readonly string[] = ['INBOX', 'Archive']) => {
  const mailbox = await world.connectMailbox(ada, paths);
  await world.poll();
  return mailbox;
};

/** What a sender decides of a mail. Everything else is the doing of the server that receives it. */
const parcel = {
  subject: 'Your parcel is on its way',
  messageId: '<tracking@parcels.example>',
  date: 'Thu, 26 Nov 2026 09:00:00 +0000',
  from: 'news@parcels.example',
};

/** Where the first of two mails may be when the second comes. */
const whereabouts: [string, (uid: number) => void][] = [
  ['is where it was', () => {}],
  ['was deleted', (uid) => inbox().remove(uid)],
  ['was filed away', (uid) => void inbox().move(uid, folder('Archive'))],
  ['was moved to a folder that is not watched', (uid) => void inbox().move(uid, folder('Elsewhere'))],
  [
    'was copied and deleted',
    (uid) => {
      inbox().copy(uid, folder('Archive'));
      inbox().remove(uid);
    },
  ],
];

describe('a second mail in which the sender repeats', () => {
  const repeated: [string, object][] = [
    ['the Message-ID alone', { ...parcel, subject: 'It is delayed', date: 'Fri, 27 Nov 2026 09:00:00 +0000' }],
    ['Message-ID, Date, From and Subject', parcel],
  ];

  it.each(
    repeated.flatMap(([what, second]) => whereabouts.map(([where, happens]) => ({ what, second, where, happens }))),
  )('$what is delivered as new, though the first $where', async ({ second, happens }) => {
    await connect();
    const first = inbox().add(parcel);
    await world.poll();
    happens(first);
    inbox().add({ ...parcel, ...second });
    await world.polls(4);
    const [one, another, ...more] = received().filter(({ data }) => data.seemsNew === true);
    expect(more).toEqual([]);
    expect(another?.data).toMatchObject({ seemsNew: true, folder: { path: 'INBOX' } });
    expect(another?.id).not.toBe(one?.id);
    // Whatever happened to the first is told of the first.
    expect(moved().every(({ data }) => data.messageKey === one?.id)).toBe(true);
  });

  it('a second mail that repeats no identifying header is delivered, too', async () => {
    await connect();
    const scan = { subject: 'Scan', from: 'scanner@contoso.example', messageId: undefined, date: undefined };
    const uid = inbox().add(scan);
    await world.poll();
    inbox().remove(uid);
    inbox().add(scan);
    await world.polls(3);
    expect(received().map(({ data }) => [data.subject, data.seemsNew])).toEqual([
      ['Scan', true],
      ['Scan', true],
    ]);
  });

  it('is told apart by when it came where no server has left its line', async () => {
    await connect();
    const imported = { ...parcel, received: undefined };
    inbox().remove(inbox().add(imported));
    const uid = inbox().add(imported);
    await world.poll();
    inbox().remove(uid);
    world.time.pass(1_000);
    inbox().add(imported);
    await world.polls(3);
    expect(received()).toHaveLength(2);
    expect(moved()).toEqual([]);
  });
});

describe('a forged mail', () => {
  it('suppresses nothing, even if it was filed before the genuine one arrives', async () => {
    await connect();
    const forged = inbox().add({ ...parcel, received: 'from mail.evil.example by mx.example with ESMTP id 1' });
    await world.poll();
    inbox().move(forged, folder('Archive'));
    const genuine = inbox().add({ ...parcel, received: 'from mail.parcels.example by mx.example with ESMTP id 2' });
    await world.poll();
    folder('Archive').remove(1);
    inbox().move(genuine, folder('Archive'));
    await world.polls(3);
    expect(received()).toHaveLength(2);
    expect(moved().map(({ data }) => data.messageKey)).toEqual(received().map(({ id }) => id));
  });

  it.each([
    ['waits for its receiver', 1],
    ['is tried again by itself', 15],
    ['was given up', 40],
  ])('takes neither key nor place of a genuine one that %s and then goes', async (_, polls) => {
    await connect();
    world.receiver.answer = ({ type, data }) =>
      type === 'message.received' && data.size === 1 ? (polls === 1 ? down : refused) : accepted;
    const genuine = inbox().add({ ...parcel, size: 1 });
    for (let n = 0; n < polls; n++) {
      if (n > 12) {
        folder('Archive').add(`other ${n}`);
        world.time.pass(60 * 60_000);
      }
      await world.poll();
    }
    const key = world.receiver.arrivals.find(({ event }) => mailOf(event)?.size === 1)?.event.id;
    inbox().add({ ...parcel, size: 2 });
    inbox().remove(genuine);
    world.receiver.answer = () => accepted;
    world.time.pass(60 * 60_000);
    await world.polls(12);
    const [forged, ...more] = received().filter(({ data }) => data.subject === parcel.subject);
    expect(more).toEqual([]);
    expect(forged?.data).toMatchObject({ size: 2, seemsNew: true });
    expect(forged?.id).not.toBe(key);
    const told = [...world.receiver.ofType('message.vanished'), ...world.receiver.ofType('message.undeliverable')];
    expect(told.map(({ data }) => data.messageKey)).toEqual([key]);
  });
});

describe('one mail that a list and its sender deliver', () => {
  it('is two messages that seem new, with one fingerprint', async () => {
    await connect();
    inbox().add({ ...parcel, received: 'from lists.example by mx.example with ESMTP id 7' });
    world.time.pass(1_000);
    inbox().add({ ...parcel, received: 'from mail.parcels.example by mx.example with ESMTP id 8' });
    await world.polls(2);
    expect(received().map(({ data }) => data.seemsNew)).toEqual([true, true]);
    expect(new Set(received().map(({ id }) => id)).size).toBe(2);
    expect(new Set(received().map(({ data }) => data.fingerprint)).size).toBe(1);
  });
});

describe('a real move', () => {
  it.each([
    ['keeps', false],
    ['stamps anew', true],
  ])('a move over midnight is reported once on a server that %s dates of arrival', async (_, stampsAnew) => {
    world.mail.stampsAnew = stampsAnew;
    const mailbox = await connect();
    const uid = inbox().add(parcel);
    await world.poll();
    world.time.pass(2 * dayMs);
    inbox().move(uid, folder('Archive'));
    await world.polls(4);
    expect(received()).toHaveLength(1);
    expect(moved().map(({ data }) => [data.messageKey, data.folder])).toEqual([
      [received()[0]?.id, { path: 'Archive', role: 'archive' }],
    ]);
    expect(world.receiver.ofType('message.removed')).toEqual([]);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    // By this a link from before the move finds its file, whatever day the server says.
    const { hash } = decodeMessageRef(String(received()[0]?.data.messageRef)) ?? { hash: noHash };
    expect(await knownPlaces(world.store, mailbox.id, hash)).toEqual([
      { folderId: mailbox.folders.find(({ path }) => path === 'Archive')?.id, uidValidity: 7n, uid: 1 },
    ]);
  });

  it('a move before acceptance keeps its retry under the new date, where a reset finds it', async () => {
    world.mail.stampsAnew = true;
    const mailbox = await connect();
    world.receiver.answer = ({ type }) => (type === 'message.received' ? refused : accepted);
    const uid = inbox().add(parcel);
    await world.polls(12);
    const key = world.receiver.arrivals.find(({ outcome }) => outcome === 'refused')?.event.id;
    world.time.pass(2 * dayMs);
    inbox().move(uid, folder('Archive'));
    await world.poll();
    // By this day it is looked for once its recent messages have no room for it any more.
    const today = Math.floor(world.now().getTime() / dayMs);
    const rows = await world.store.table('mail').list(partitionOf(mailbox.id), rowsOf('d', mailbox.id));
    expect(rows.map((row) => decodeRetry(row).day)).toEqual([today]);
    folder('Archive').renumber();
    world.receiver.answer = () => accepted;
    world.time.pass(dayMs);
    await world.polls(3);
    expect(received().map(({ id, data }) => [id, data.folder])).toEqual([[key, { path: 'Archive', role: 'archive' }]]);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });

  it('is what an edit looks like, after which the mail has another size and another UID', async () => {
    await connect();
    const uid = inbox().add({ ...parcel, size: 1_000, received: 'by mx.example id 1' });
    await world.poll();
    inbox().remove(uid);
    inbox().add({ ...parcel, size: 9_000, received: 'by mx.example id 1' });
    await world.polls(3);
    expect(received()).toHaveLength(1);
    expect(moved()).toHaveLength(1);
  });

  it('a move of imported mail is recognised if its date stays, and else delivered once more, never lost', async () => {
    await connect();
    const uid = inbox().add({ ...parcel, received: undefined });
    await world.poll();
    const there = inbox().move(uid, folder('Archive'));
    await world.polls(2);
    expect([received().length, moved().length]).toEqual([1, 1]);
    world.mail.stampsAnew = true;
    folder('Archive').move(there, inbox());
    await world.polls(4);
    expect([received().length, moved().length]).toEqual([2, 1]);
    expect(new Set(received().map(({ data }) => data.fingerprint)).size).toBe(1);
    expect(world.receiver.ofType('message.removed').map(({ data }) => data.messageKey)).toEqual([received()[0]?.id]);
  });
});

describe('a mail whose headers the server does not give', () => {
  it('is delivered, and so is the next one, and neither is taken for the other', async () => {
    await connect();
    for (const uid of [1, 2]) inbox().headerless.add(uid);
    const first = inbox().add(parcel);
    await world.poll();
    inbox().remove(first);
    inbox().add(parcel);
    await world.polls(3);
    expect(received().map(({ data }) => data.seemsNew)).toEqual([true, true]);
    expect(moved()).toEqual([]);
  });

  it('is tried again by its UID, whether or not its headers come this time', async () => {
    await connect();
    world.receiver.answer = ({ type }) => (type === 'message.received' ? refused : accepted);
    inbox().add('with headers at first');
    inbox().headerless.add(2);
    inbox().add('without at first');
    await world.polls(30);
    inbox().headerless.add(1);
    inbox().headerless.delete(2);
    world.receiver.answer = () => accepted;
    world.time.pass(dayMs);
    await world.polls(3);
    expect(world.receiver.subjects().toSorted()).toEqual(['with headers at first', 'without at first']);
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
    // What it is known by is kept or learnt: moves of both are moves.
    inbox().move(1, folder('Archive'));
    inbox().move(2, folder('Archive'));
    await world.polls(8);
    expect(moved()).toHaveLength(2);
    expect(received()).toHaveLength(2);
  });

  it('is delivered once more when its folder is renumbered, rather than never', async () => {
    await connect(['INBOX']);
    inbox().headerless.add(1);
    inbox().add(parcel);
    await world.poll();
    inbox().renumber();
    await world.polls(3);
    expect(new Set(received().map(({ id }) => id)).size).toBe(2);
    expect(world.receiver.ofType('folder.reset')[0]?.data).toMatchObject({ known: 0, announced: 1, gone: 1 });
  });
});

describe('a folder that is renumbered', () => {
  it('announces a mail that repeats the headers of one that is known, or was', async () => {
    await connect(['INBOX']);
    const gone = inbox().add(parcel);
    inbox().add({ ...parcel, messageId: '<kept@parcels.example>' });
    await world.poll();
    inbox().remove(gone);
    inbox().add(parcel);
    inbox().add({ ...parcel, messageId: '<kept@parcels.example>' });
    inbox().renumber();
    await world.polls(3);
    expect(received()).toHaveLength(4);
    expect(received().every(({ data }) => data.seemsNew === true)).toBe(true);
    expect(world.receiver.ofType('folder.reset')[0]?.data).toMatchObject({ known: 1, announced: 2, gone: 1 });
  });

  it('knows its mail though the server dates it anew, and finds it later by its new date', async () => {
    const mailbox = await connect(['INBOX']);
    inbox().add(parcel);
    await world.poll();
    world.time.pass(3 * dayMs);
    inbox().messages = inbox().messages.map((mail) => ({ ...mail, internalDate: world.now() }));
    inbox().renumber();
    await world.polls(3);
    expect(received()).toHaveLength(1);
    const today = Math.floor(world.now().getTime() / dayMs);
    expect((await world.recent(mailbox))?.entries.map(({ uid, day }) => [uid, day])).toEqual([[1, today]]);
  });
});

describe('a replay', () => {
  const since = (at: Date) => ({ kind: 'since', since: at, force: false }) as const;

  it('does not pass over mail that repeats the headers of what was delivered', async () => {
    const mailbox = await connect();
    // A filter kept it back, so that nothing is known of it but its UID.
    await world.registry.patch(mailbox.id, { filter: { except: { subject: ['parcel'] } } });
    inbox().add(parcel);
    await world.poll();
    await world.registry.patch(mailbox.id, { filter: null });
    const uid = inbox().add(parcel);
    await world.poll();
    inbox().remove(uid);
    expect(received()).toHaveLength(1);
    await world.registry.replay(mailbox.id, since(new Date(world.now().getTime() - dayMs)));
    await world.polls(3);
    expect(new Set(received().map(({ id }) => id)).size).toBe(2);
    expect(moved()).toEqual([]);
  });

  it('a replay of a dead message sends that message, not another with the same headers, after renumbering', async () => {
    const mailbox = await connect(['INBOX']);
    world.receiver.answer = (event) => (mailOf(event)?.size === 1 ? refused : accepted);
    inbox().add({ ...parcel, size: 1 });
    inbox().add({ ...parcel, size: 2 });
    for (let n = 0; n < 14; n++) {
      inbox().add({ subject: `other ${n}`, size: 3 });
      world.time.pass(60 * 60_000);
      await world.polls(2);
    }
    expect(world.receiver.ofType('message.undeliverable')).toHaveLength(1);
    inbox().renumber((a, b) => b.uid - a.uid);
    await world.polls(2);
    world.receiver.answer = () => accepted;
    await world.registry.replay(mailbox.id, { kind: 'dead' });
    await world.polls(2);
    const sent = received().filter(({ data }) => data.subject === parcel.subject);
    expect(sent.map(({ data }) => data.size)).toEqual([2, 1]);
    expect(sent[1]?.id).toBe(world.receiver.ofType('message.undeliverable')[0]?.data.messageKey);
  });
});
