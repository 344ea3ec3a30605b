import { ImapFlow } from 'imapflow';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../src/lib/domain/system.ts';
import { createImapConnector } from '../src/lib/mailbox/imap/imap-connector.ts';
import type { MailboxRow } from '../src/lib/store/rows/rows.ts';
import { type DovecotForTests, startDovecotForTests } from './support/dovecot.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { memoryStore } from './support/memory-store.ts';
import { describeNeeding } from './support/requirements.ts';

const roles: Readonly<Record<string, 'inbox' | 'sent' | 'archive'>> = {
  INBOX: 'inbox',
  'Sent Items': 'sent',
  Archive: 'archive',
};
let boxes = 0;

// What a server in memory may make too easy: the engine, its IMAP client, and a server that shows as little as Exchange.
describeNeeding('dovecot', 'the engine on a server that hides CONDSTORE and QRESYNC', () => {
  let server: DovecotForTests;
  let world: EngineWorld;
  let address: string;
  /** The person's own mail program. */
  let mine: ImapFlow;

  beforeAll(async () => {
    server = await startDovecotForTests();
  });
  afterAll(() => server?.stop());

  beforeEach(async () => {
    address = `box${boxes++}@contoso.example`;
    world = engineWorld(memoryStore(systemClock));
    const { host, port, secure } = server;
    const auth = { user: address, accessToken: server.tokenFor(address) };
    mine = new ImapFlow({ host, port, secure, auth, logger: false, disableAutoIdle: true });
    await mine.connect();
  });
  afterEach(() => mine.logout());

  const connect = async (...paths: string[]): Promise<MailboxRow> => {
    const folders = [];
    for (const path of paths) {
      const wanted = { uidNext: true, uidValidity: true, messages: true, unseen: true };
      const { uidNext = 0, uidValidity = 0n, messages = 0, unseen = 0 } = (await mine.status(path, wanted)) || {};
      if (uidNext === 0) throw new Error(`There is no ${path}.`);
      folders.push({ path, role: roles[path], status: { uidNext, uidValidity, messages, unseen } });
    }
    const { mailbox } = await world.connect(world.person(address), { folders });
    await world.poll(parts());
    return mailbox;
  };
  const parts = () => ({
    imap: createImapConnector(server, { clock: systemClock }),
    token: async () => server.tokenFor(address),
  });
  const polls = async (count = 1) => {
    for (let n = 0; n < count; n++) await world.poll(parts());
  };
  const put = async (subject: string, path = 'INBOX', delivery = subject): Promise<string> => {
    const id = subject.replaceAll(' ', '-');
    const raw = `Received: by mx.example\r\n\tid ${delivery}\r\nReceived: by a.example\r\nMessage-ID: <${id}@x.example>\r\nFrom: a@x.example\r\nSubject: ${subject}\r\n\r\nx\r\n`;
    const stored = await mine.append(path, raw);
    if (stored === false || stored.uid === undefined) throw new Error('not stored');
    return String(stored.uid);
  };
  const inFolder = async (path: string, work: () => Promise<unknown>): Promise<void> => {
    await mine.mailboxOpen(path);
    await work();
    await mine.mailboxClose();
  };
  const received = () => world.receiver.ofType('message.received');
  const changes = () => world.receiver.ofType('message.updated').map(({ data }) => data);
  const vanished = () => world.receiver.ofType('message.vanished').map(({ data }) => data.count);

  it('offers UIDPLUS, but no CONDSTORE, QRESYNC or SPECIAL-USE', () => {
    const offered = [...mine.capabilities.keys()];
    expect(offered).toContain('UIDPLUS');
    for (const extension of ['CONDSTORE', 'QRESYNC', 'SPECIAL-USE']) expect(offered).not.toContain(extension);
  });

  it('keeps the key of a message that moves there and back', async () => {
    await connect('INBOX', 'Archive');
    const uid = await put('wanders');
    await polls();
    await inFolder('INBOX', () => mine.messageMove(uid, 'Archive', { uid: true }));
    await polls();
    await inFolder('Archive', () => mine.messageMove('1:*', 'INBOX'));
    await polls(2);
    const [key] = received().map(({ id }) => id);
    expect(received()).toHaveLength(1);
    expect(changes()).toMatchObject([
      { messageKey: key, change: 'moved', folder: { path: 'Archive' } },
      { messageKey: key, change: 'moved', folder: { path: 'INBOX' } },
    ]);
  });

  it('delivers each mail whose sender repeats himself, though those before were deleted, filed away or moved off', async () => {
    await connect('INBOX', 'Archive');
    const away: ((uid: string) => Promise<unknown>)[] = [
      (uid) => mine.messageDelete(uid, { uid: true }),
      (uid) => mine.messageMove(uid, 'Archive', { uid: true }),
      (uid) => mine.messageMove(uid, 'Junk Email', { uid: true }),
    ];
    for (const [at, goes] of away.entries()) {
      const uid = await put('your parcel', 'INBOX', String(at));
      await polls();
      await inFolder('INBOX', () => goes(uid));
    }
    await put('your parcel', 'INBOX', 'last');
    await polls(3);
    expect(received().map(({ data }) => data.seemsNew)).toEqual([true, true, true, true]);
    expect(new Set(received().map(({ id }) => id)).size).toBe(4);
    expect(changes()).toMatchObject([{ messageKey: received()[1]?.id, change: 'moved', folder: { path: 'Archive' } }]);
  });

  it('announces what is moved in from an unwatched folder, and a copy as a message of its own', async () => {
    await connect('INBOX', 'Archive');
    const aside = await put('from the side', 'Junk Email');
    const twice = await put('twice');
    await polls();
    await inFolder('Junk Email', () => mine.messageMove(aside, 'INBOX', { uid: true }));
    await inFolder('INBOX', () => mine.messageCopy(twice, 'Archive', { uid: true }));
    await polls(2);
    expect(received().map(({ data }) => [data.subject, data.seemsNew])).toEqual([
      ['twice', true],
      ['from the side', true],
      ['twice', false],
    ]);
    expect(new Set(received().map(({ id }) => id)).size).toBe(3);
    expect(changes()).toEqual([]);
  });

  it('takes mail to oneself for two messages', async () => {
    await connect('INBOX', 'Sent Items');
    await put('note to self', 'Sent Items');
    await put('note to self');
    await polls(2);
    expect(
      received()
        .map(({ data }) => [data.direction, data.seemsNew])
        .toSorted(),
    ).toEqual([
      ['in', true],
      ['out', true],
    ]);
    expect(new Set(received().map(({ id }) => id)).size).toBe(2);
  });

  it('continues past what was expunged before it could be seen, and reports how much that was', async () => {
    const mailbox = await connect('INBOX');
    const first = await put('gone 1');
    const last = await put('gone 2');
    await inFolder('INBOX', () => mine.messageDelete(`${first}:${last}`, { uid: true }));
    await put('here');
    await polls();
    expect(world.receiver.subjects()).toEqual(['here']);
    await polls(4);
    expect(vanished()).toEqual([2]);
    expect(await world.cursor(mailbox)).toMatchObject({ lastUid: 3, uidGaps: [] });
  });

  it('knows its messages again in a folder that was made anew, and announces the five that are new', async () => {
    await mine.mailboxCreate('Projects');
    const mailbox = await connect('INBOX', 'Projects');
    const known = ['one', 'two', 'three'];
    for (const subject of known) await put(subject, 'Projects');
    await polls();
    expect(world.receiver.subjects()).toEqual(known);
    await mine.mailboxDelete('Projects');
    await mine.mailboxCreate('Projects');
    const added = Array.from({ length: 5 }, (_, index) => `new ${index}`);
    for (const subject of [...added.slice(0, 2), ...known, ...added.slice(2)]) await put(subject, 'Projects');
    await polls(2);
    expect(world.receiver.subjects().toSorted()).toEqual([...known, ...added].toSorted());
    expect(world.receiver.ofType('folder.reset')).toHaveLength(1);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
  });

  it('reports a renamed folder as missing, and continues where it stopped when it has its name again', async () => {
    await mine.mailboxCreate('Projects');
    const mailbox = await connect('INBOX', 'Projects');
    await put('before', 'Projects');
    await polls();
    await mine.mailboxRename('Projects', 'Projekte');
    await put('meanwhile', 'Projekte');
    await put('beside');
    await polls();
    expect(await world.state(mailbox)).toMatchObject({ code: 'folder_missing' });
    expect(world.receiver.subjects()).toEqual(['before', 'beside']);
    await mine.mailboxRename('Projekte', 'Projects');
    world.time.pass(16 * 60_000);
    await polls(2);
    expect(world.receiver.subjects()).toEqual(['before', 'beside', 'meanwhile']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
  });

  it('tells once what was read, and once what was removed', async () => {
    await connect('INBOX');
    const read = await put('to read');
    const removed = await put('to remove');
    await polls();
    await inFolder('INBOX', () => mine.messageFlagsAdd(read, ['\\Seen'], { uid: true }));
    await inFolder('INBOX', () => mine.messageDelete(removed, { uid: true }));
    await polls(3);
    const keys = Object.fromEntries(received().map(({ id, data }) => [String(data.subject), id]));
    expect(changes()).toMatchObject([{ messageKey: keys['to read'], change: 'flags', seen: true }]);
    expect(world.receiver.ofType('message.removed').map(({ data }) => data.messageKey)).toEqual([keys['to remove']]);
  });
});
