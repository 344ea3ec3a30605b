import { buffer } from 'node:stream/consumers';
import type { ImapFlow } from 'imapflow';
import { expect, it } from 'vitest';
import { messageKeyFromBytes } from '../src/lib/domain/ids.ts';
import { messageHash } from '../src/lib/domain/mail/message-identity.ts';
import { referenceIn } from '../src/lib/reading/find-referenced.ts';
import type { MessageQuery } from '../src/lib/reading/message-query.ts';
import { encodeRecentMessages } from '../src/lib/store/rows/recent-messages-row.ts';
import type { ImapServer } from './support/embedded.ts';
import { composeMail } from './support/mail.ts';
import { append, describeMailboxServers } from './support/mailbox-servers.ts';
import { type ReadingWorld, readingWorld } from './support/reading-world.ts';
import { entry } from './support/rows.ts';

describeMailboxServers('a mailbox read over HTTP', { mailboxes: 60, open: readingWorld }, ({ onEach }) => {
  let server: ImapServer;
  let world: ReadingWorld;
  let other: ImapFlow;
  onEach((given) => {
    ({ server, world, other } = given);
  });

  const deliver = async (mail: Parameters<typeof composeMail>[0] | string, flags: string[] = [], folder = 'INBOX') => {
    const source = typeof mail === 'string' ? Buffer.from(mail) : await composeMail(mail);
    return append(other, source, { folder, flags });
  };
  const from = (name: string) => `${name} <${name.toLowerCase()}@fabrikam.example>`;
  const simple = (subject: string, sender = 'Grace') =>
    deliver({ from: from(sender), to: world.row.address, subject, text: `About ${subject}.` });
  const list = (query: MessageQuery = {}, limit = 50, cursor?: string) =>
    world.reading.messages(world.reader, { folder: { role: 'inbox' }, query, limit, cursor });
  const subjects = async (query: MessageQuery) => (await list(query)).items.map(({ subject }) => subject);
  const open = (messageRef: string) => world.reading.message(world.reader, referenceIn(messageRef));

  it('lists folders with their roles, and counts those that are named', async () => {
    await simple('one');
    await deliver({ from: from('Grace'), to: world.row.address, subject: 'two' }, ['\\Seen']);
    const { items, cursor } = await world.reading.folders(world.reader, { counts: ['inbox'], limit: 100 });
    expect(cursor).toBeUndefined();
    expect(items.find(({ path }) => path === 'INBOX')).toMatchObject({
      ...{ name: 'INBOX', role: 'inbox', selectable: true, watched: true, messages: 2, unseen: 1 },
      asOf: expect.stringMatching(/Z$/),
    });
    expect(items.find(({ role }) => role === 'archive')).toMatchObject({ messages: null, unseen: null, asOf: null });
  });

  it('goes through a tree page by page', async () => {
    const whole = await world.reading.folders(world.reader, { counts: ['all'], limit: 100 });
    const first = await world.reading.folders(world.reader, { counts: ['all'], limit: 2 });
    const rest = await world.reading.folders(world.reader, { counts: ['all'], limit: 100, cursor: first.cursor });
    expect(first.items).toHaveLength(2);
    expect([...first.items, ...rest.items].map(({ path }) => path)).toEqual(whole.items.map(({ path }) => path));
    expect(rest.items.filter(({ selectable }) => selectable).every(({ messages }) => messages === 0)).toBe(true);
  });

  it('lists a folder the newest first, in pages that follow each other whatever arrives meanwhile', async () => {
    for (const n of [1, 2, 3, 4, 5]) await simple(`mail ${n}`);
    const first = await list({}, 2);
    expect(first.items.map(({ subject }) => subject)).toEqual(['mail 5', 'mail 4']);
    await simple('mail 6');
    const second = await list({}, 2, first.cursor);
    const third = await list({}, 2, second.cursor);
    expect([...second.items, ...third.items].map(({ subject }) => subject)).toEqual(['mail 3', 'mail 2', 'mail 1']);
    expect(third.cursor).toBeUndefined();
    expect(first).not.toHaveProperty('scannedUntil');
  });

  it('says of each message where it is, who it is from and what may be known before it is read', async () => {
    await deliver(
      {
        from: '"Grüße, Grace" <grace@fabrikam.example>',
        to: world.row.address,
        cc: 'team@contoso.example',
        subject: 'Angebot für das Gewächshaus',
        inReplyTo: '<before@contoso.example>',
        text: 'See file.',
        attachments: [{ filename: 'plan.pdf', content: Buffer.from('%PDF'), contentType: 'application/pdf' }],
      },
      ['\\Flagged', '\\Seen'],
    );
    const [item] = (await list()).items;
    expect(item).toMatchObject({
      ...{ messageKey: null, fingerprint: expect.stringMatching(/^f_/), folder: { path: 'INBOX', role: 'inbox' } },
      ...{
        subject: 'Angebot für das Gewächshaus',
        from: { name: 'Grüße, Grace', address: 'grace@fabrikam.example' },
      },
      ...{ cc: [{ name: '', address: 'team@contoso.example' }], inReplyTo: '<before@contoso.example>' },
      ...{ seen: true, flagged: true, answered: false, draft: false, hasAttachments: true, direction: 'in' },
      receivedAt: '2026-03-01T10:00:00.000Z',
    });
  });

  it('gathers a conversation from the inbox, Sent and Archive, also where each answer names only the one before', async () => {
    const part = (id: string, inReplyTo?: string, references?: string) => ({
      ...{ from: from('Grace'), to: world.row.address, subject: id, text: 'x', messageId: `<${id}@x.example>` },
      ...(inReplyTo === undefined ? {} : { inReplyTo: `<${inReplyTo}@x.example>` }),
      ...(references === undefined ? {} : { references: `<${references}@x.example>` }),
    });
    await deliver(part('one'));
    await deliver(part('two', 'one', 'one'), ['\\Seen'], 'Sent Items');
    await deliver(part('three', 'two'), [], 'Archive');
    await deliver(part('four', 'three'));
    await deliver(part('five', 'lost', 'one'));
    await simple('another matter');
    const last = (await list()).items.find(({ subject }) => subject === 'four');
    const ref = referenceIn(last?.messageRef);
    const found = await world.reading.thread(world.reader, { ref, folders: [], path: undefined });
    expect(found.items.map(({ subject }) => subject).sort()).toEqual(['five', 'four', 'one', 'three', 'two']);
    expect(found.missing).toEqual(['lost@x.example']);
    expect(found.items.find(({ subject }) => subject === 'two')).toMatchObject({ direction: 'out' });
    // Drafts, junk and deleted mail were not looked into.
    expect(found.complete).toBe(found.left.length === 0);
    const whole = await world.reading.thread(world.reader, {
      ...{ ref, folders: ['drafts', 'junk', 'trash'], path: undefined },
    });
    expect(whole).toMatchObject({ complete: true, left: [] });
  });

  it('names the key of a message that was delivered, also where it was moved since', async () => {
    const uid = await simple('known');
    await other.mailboxOpen('INBOX');
    const validity = other.mailbox === false ? 0n : other.mailbox.uidValidity;
    const [session] = [
      await world.sessions.downloads.open({ login: world.row.login, accessToken: server.tokenFor(world.row.login) }),
    ];
    const [meta] = await session.fetchMeta('INBOX', [uid]);
    await session.close();
    if (meta === undefined) throw new Error('no metadata');
    const recent = { ...entry(uid, 20_513), hash: messageHash(meta) };
    const [inbox] = world.row.folders;
    const place = { mailboxId: world.row.id, folderId: inbox?.id ?? '', uidValidity: validity, floor: undefined };
    const row = encodeRecentMessages({ ...place, entries: [recent] });
    await world.store.table('mail').insert(row);
    const key = messageKeyFromBytes(recent.key);
    expect((await list()).items[0]?.messageKey).toBe(key);

    await other.messageMove(String(uid), 'Archive', { uid: true });
    const archive = { folder: { role: 'archive' as const }, query: {}, limit: 5, cursor: undefined };
    // The polls have not missed it yet, and a copy has no key of its own.
    expect((await world.reading.messages(world.reader, archive)).items[0]?.messageKey).toBeNull();
    const stored = await world.store.table('mail').get(row.partitionKey, row.rowKey);
    await world.store
      .table('mail')
      .replace(encodeRecentMessages({ ...place, entries: [{ ...recent, gone: 'missing' }] }), stored?.etag ?? '');
    expect((await world.reading.messages(world.reader, archive)).items[0]?.messageKey).toBe(key);
  });

  it.each<[string, MessageQuery, readonly string[]]>([
    ['sender', { from: 'lin' }, ['Beta', 'Alpha']],
    ['recipient', { to: 'team@' }, ['Beta']],
    ['participant', { participant: 'team@' }, ['Beta']],
    ['subject', { subject: 'alp' }, ['Alpha']],
    ['subject beyond ASCII', { subject: 'größe' }, ['Die Größe']],
    ['text', { text: 'unicorn' }, ['Beta']],
    ['being unread', { unread: true }, ['Die Größe', 'Beta']],
    ['being read', { unread: false }, ['Alpha']],
    ['flag', { flagged: true }, ['Beta']],
    ['having files', { hasAttachment: true }, ['Beta']],
    ['having none', { hasAttachment: false }, ['Die Größe', 'Alpha']],
    ['thread', { thread: '<alpha@fabrikam.example>' }, ['Beta', 'Alpha']],
    ['a day on which it arrived', { since: new Date('2026-03-01T09:59:59Z') }, ['Die Größe', 'Beta', 'Alpha']],
    ['a second before which it arrived', { before: new Date('2026-03-01T10:00:00Z') }, []],
    ['several at once', { from: 'lin', unread: true, to: 'team', participant: 'lin@' }, ['Beta']],
    ['letters, without the server', { subject: 'lph', literal: true }, ['Alpha']],
  ])('finds messages by %s', async (_name, query, expected) => {
    await deliver(
      {
        from: from('Lin'),
        to: world.row.address,
        subject: 'Alpha',
        text: 'a',
        messageId: '<alpha@fabrikam.example>',
      },
      ['\\Seen'],
    );
    await deliver(
      {
        ...{ from: from('Lin'), to: 'team@contoso.example', subject: 'Beta', text: 'a unicorn' },
        references: '<alpha@fabrikam.example>',
        attachments: [{ filename: 'plan.pdf', content: Buffer.from('%PDF'), contentType: 'application/pdf' }],
      },
      ['\\Flagged'],
    );
    await deliver({ from: from('Grace'), to: world.row.address, subject: 'Die Größe', text: 'x' });
    expect(await subjects(query)).toEqual(expected);
  });

  it('opens one message as its event tells of it, without marking it as read', async () => {
    await deliver({
      ...{ from: from('Grace'), to: world.row.address, subject: 'Offer', text: 'Hello Ada' },
      html: '<p>Hello <b>Ada</b></p><script>alert(1)</script>',
      attachments: [{ filename: 'plan.pdf', content: Buffer.from('%PDF'), contentType: 'application/pdf' }],
    });
    const [item] = (await list()).items;
    const message = await open(item?.messageRef ?? '');
    expect(message).toMatchObject({
      ...{ messageRef: item?.messageRef, messageKey: null, fingerprint: item?.fingerprint, subject: 'Offer' },
      ...{ text: 'Hello Ada', html: '<p>Hello <b>Ada</b></p>', hasAttachments: true, seen: false, truncated: [] },
      attachments: [{ filename: 'plan.pdf', url: 'https://broker.example/api/attachments?token=t' }],
    });
    expect(message).not.toHaveProperty('seemsNew');
    expect((await list()).items[0]?.seen).toBe(false);
  });

  it('finds a message again after it was moved to a named folder, and answers where it is now', async () => {
    const uid = await simple('moved');
    const [item] = (await list()).items;
    await other.mailboxOpen('INBOX');
    await other.messageMove(String(uid), 'Archive', { uid: true });
    const found = await open(item?.messageRef ?? '');
    expect(found).toMatchObject({ subject: 'moved', folder: { path: 'Archive', role: 'archive' } });
    const again = await open(String(Reflect.get(found, 'messageRef')));
    expect(again).toMatchObject({ folder: { path: 'Archive' }, messageRef: Reflect.get(found, 'messageRef') });
  });

  it('says that a message is gone only where it has looked into every folder', async () => {
    const uid = await simple('deleted');
    const [item] = (await list()).items;
    await other.mailboxOpen('INBOX');
    await other.messageDelete(String(uid), { uid: true });
    await expect(open(item?.messageRef ?? '')).rejects.toMatchObject({ code: 'message_gone', status: 410 });
    for (let n = 0; n < 12; n += 1) await other.mailboxCreate(`Project ${n}`);
    await expect(open(item?.messageRef ?? '')).rejects.toMatchObject({ code: 'not_found_here', status: 404 });
  });

  it('finds no other message under a UID that has come to mean another', async () => {
    await simple('first');
    const [item] = (await list()).items;
    const ref = referenceIn(item?.messageRef ?? '');
    await simple('second');
    await expect(world.reading.message(world.reader, { ...ref, uid: ref.uid + 1 })).resolves.toMatchObject({
      subject: 'first',
    });
  });

  it('hands out the message itself and its files, by their reference wherever it is', async () => {
    const file = Buffer.from('a file of some length');
    const source = await composeMail({
      ...{ from: from('Grace'), to: world.row.address, subject: 'Files', text: 'x' },
      attachments: [{ filename: 'plan.pdf', content: file, contentType: 'application/pdf' }],
    });
    const uid = await deliver(source.toString());
    const ref = referenceIn((await list()).items[0]?.messageRef ?? '');
    const raw = await world.reading.file(world.reader, ref, undefined);
    expect((await buffer(raw.bytes)).toString()).toBe(source.toString().replace(/\r?\n/g, '\r\n'));
    const part = await world.reading.file(world.reader, ref, '2');
    expect(await buffer(part.bytes)).toEqual(file);
    await other.mailboxOpen('INBOX');
    await other.messageMove(String(uid), 'Archive', { uid: true });
    expect(await buffer((await world.reading.file(world.reader, ref, '2')).bytes)).toEqual(file);
    await expect(world.reading.file(world.reader, ref, '7')).rejects.toMatchObject({ code: 'part_not_found' });
  });

  it('tells a folder that is not there, and a cursor of another folder', async () => {
    const nowhere = { folder: { path: 'Nowhere' }, query: {}, limit: 5, cursor: undefined };
    await expect(world.reading.messages(world.reader, nowhere)).rejects.toMatchObject({ code: 'no_such_folder' });
    for (const n of [1, 2]) await simple(`mail ${n}`);
    const { cursor } = await list({}, 1);
    const archive = { folder: { role: 'archive' as const }, query: {}, limit: 5, cursor };
    await expect(world.reading.messages(world.reader, archive)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
