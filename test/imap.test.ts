import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { ImapFlow } from 'imapflow';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { messageHash } from '../src/lib/domain/mail/message-identity.ts';
import { systemClock } from '../src/lib/domain/system.ts';
import { createImapConnector } from '../src/lib/mailbox/imap/imap-connector.ts';
import { createProbe, recentMeta } from '../src/lib/mailbox/imap/probe.ts';
import type { ImapConnector, MailSession, PartContent } from '../src/lib/mailbox/session/session.ts';
import { corpus } from './corpus/corpus.ts';
import { startDovecotForTests } from './support/dovecot.ts';
import { type ImapServer, startEmbeddedForTests } from './support/embedded.ts';
import { describeNeeding, type Requirement } from './support/requirements.ts';

async function contentOf(content: PartContent | undefined): Promise<Buffer> {
  if (content === undefined) throw new Error('no content');
  return buffer(content.bytes);
}

const names = Array.from({ length: 20 }, (_, n) => `user${n}@contoso.example`);
const servers: readonly [string, readonly Requirement[], () => Promise<ImapServer>][] = [
  ['the embedded server', [], () => startEmbeddedForTests(names)],
  ['Dovecot, hiding what Exchange does not have', ['dovecot'], () => startDovecotForTests()],
  ['Dovecot with all it has', ['dovecot'], () => startDovecotForTests({ everything: true })],
];

describe.each(servers)('reading from %s', (_, needs, start) => {
  describeNeeding(needs, 'over a real socket', () => {
    let server: ImapServer;
    let connector: ImapConnector<MailSession>;
    let login: string;
    let session: MailSession;
    let other: ImapFlow;
    let next = 0;

    beforeAll(async () => {
      server = await start();
      connector = createImapConnector(server, { clock: systemClock });
    });
    afterAll(() => server.stop());

    // Every test has a mailbox of its own.
    beforeEach(async () => {
      login = names[next++] ?? '';
      session = await connector.open({ login, accessToken: server.tokenFor(login) });
      other = new ImapFlow({
        ...server,
        logger: false,
        disableAutoIdle: true,
        auth: { user: login, accessToken: server.tokenFor(login) },
      });
      await other.connect();
    });
    afterEach(async () => {
      await session.close();
      await other.logout();
    });

    const deliver = async (
      source: string | Buffer,
      flags: string[] = [],
      date = new Date('2026-03-01T10:00:00Z'),
    ): Promise<number> => {
      const stored = await other.append('INBOX', Buffer.from(source), flags, date);
      if (stored === false || stored.uid === undefined) throw new Error('not stored');
      return stored.uid;
    };
    const remove = async (uid: number) => {
      await other.mailboxOpen('INBOX');
      await other.messageDelete(String(uid), { uid: true });
      await other.mailboxClose();
    };
    const mail = (n: number) =>
      `Message-ID: <${n}@x.example>\r\nFrom: a@x.example\r\nSubject: mail ${n}\r\n\r\nbody ${n}\r\n`;

    it('sees mail arrive, reads it, and leaves it unseen', async () => {
      const before = await session.status('INBOX');
      const uid = await deliver(mail(1));
      const after = await session.status('INBOX');
      expect(after).toMatchObject({
        messages: before.messages + 1,
        unseen: before.unseen + 1,
        uidValidity: before.uidValidity,
      });
      expect(await session.searchRange('INBOX', before.uidNext, after.uidNext - 1)).toEqual([uid]);
      const [meta] = await session.fetchMeta('INBOX', [uid]);
      expect(meta).toMatchObject({
        uid,
        seen: false,
        flagged: false,
        answered: false,
        messageId: '<1@x.example>',
        subject: 'mail 1',
        internalDate: new Date('2026-03-01T10:00:00Z'),
      });
      if (meta === undefined) return;
      expect(await session.read('INBOX', meta, { capBytes: 10_000 })).toMatchObject({
        subject: 'mail 1',
        text: 'body 1',
        from: { address: 'a@x.example' },
      });
      await session.release();
      expect((await session.status('INBOX')).unseen).toBe(after.unseen);
    });

    it('tells flags, and dates in any zone', async () => {
      const uid = await deliver(mail(1), ['\\Seen', '\\Flagged', '\\Answered'], new Date('2026-07-01T23:30:00+02:00'));
      expect(await session.fetchMeta('INBOX', [uid])).toMatchObject([
        { seen: true, flagged: true, answered: true, internalDate: new Date('2026-07-01T21:30:00Z') },
      ]);
    });

    it('tells one delivery from the next by the topmost Received, and knows it again after a move', async () => {
      const delivered = (id: number) =>
        `Received: from a.example\r\n\tby mx.example (gr\xc3\xbc\xdf) id ${id};\r\n Sun, 1 Mar 2026 10:00:00 +0000\r\n` +
        `Received: by a.example id 0\r\n${mail(1)}`;
      const [one, two] = [await deliver(delivered(1)), await deliver(delivered(2))];
      const hashes = async (path: string, uids: number[]) => (await session.fetchMeta(path, uids)).map(messageHash);
      const [first, second] = await hashes('INBOX', [one, two]);
      expect(first).not.toEqual(second);
      await other.mailboxCreate('Elsewhere');
      await other.mailboxOpen('INBOX');
      await other.messageCopy(String(two), 'Elsewhere', { uid: true });
      await other.messageMove(String(one), 'Elsewhere', { uid: true });
      await other.mailboxClose();
      await session.release();
      const { uidNext } = await session.status('Elsewhere');
      const there = await session.searchRange('Elsewhere', 1, uidNext - 1);
      expect(await hashes('Elsewhere', there)).toEqual([second, first]);
      const [meta] = await session.fetchMeta('Elsewhere', there);
      expect(meta?.received?.split('\r\n\t')[0]).toBe('from a.example');
    });

    it('tells flags alone, as they are now, of the messages that are there', async () => {
      const uids: number[] = [];
      for (const n of [1, 2, 3]) uids.push(await deliver(mail(n)));
      const [a = 0, b = 0, c = 0] = uids;
      const none = { seen: false, flagged: false, answered: false };
      expect(await session.fetchFlags('INBOX', uids)).toEqual(uids.map((uid) => ({ uid, ...none })));
      await other.mailboxOpen('INBOX');
      await other.messageFlagsAdd(String(a), ['\\Seen', '\\Answered'], { uid: true });
      await other.messageFlagsAdd(String(c), ['\\Flagged'], { uid: true });
      await other.mailboxClose();
      await remove(b);
      await session.release();
      expect(await session.fetchFlags('INBOX', [...uids, c + 100])).toEqual([
        { uid: a, seen: true, flagged: false, answered: true },
        { uid: c, seen: false, flagged: true, answered: false },
      ]);
      expect(await session.fetchFlags('INBOX', [])).toEqual([]);
    });

    it('tells what a filter asks for, of each message and without reading it', async () => {
      const mixed = (more: string) =>
        `${more}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n` +
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nx\r\n--b--\r\n';
      const sources = [
        'From: =?utf-8?q?J=C3=B6rg?= <J@x.example>\r\nTo: a@x.example, Team: b@x.example;\r\nCc: c@x.example\r\nSubject: =?utf-8?q?=C3=9Cber?=\r\n uns\r\n\r\nx',
        mixed('From: a@x.example\r\nSubject: files\r\nAuto-Submitted: auto-replied\r\n'),
        'Subject: nobody\r\n\r\nx',
      ];
      const uids: number[] = [];
      for (const source of sources) uids.push(await deliver(source));
      const gone = await deliver(mail(9));
      const metas = await session.fetchMeta('INBOX', [...uids, gone]);
      await session.release();
      await remove(gone);
      const all = { headers: true, structure: true };
      const traits = await session.fetchTraits('INBOX', metas, all);
      expect(uids.map((uid) => traits.get(uid))).toEqual([
        {
          from: ['J@x.example'],
          to: ['a@x.example', 'b@x.example', 'c@x.example'],
          subject: 'Über uns',
          autoReply: false,
          hasAttachment: false,
        },
        { from: ['a@x.example'], to: [], subject: 'files', autoReply: true, hasAttachment: true },
        { from: [], to: [], subject: 'nobody', autoReply: false, hasAttachment: false },
      ]);
      // Of one that went meanwhile is known what was read before, and what its text says stays unseen.
      expect(traits.get(gone)).toMatchObject({ subject: 'mail 9', to: undefined, hasAttachment: undefined });
      const little = await session.fetchTraits('INBOX', metas, { headers: false, structure: false });
      expect(uids.map((uid) => little.get(uid)?.subject)).toEqual(['Über uns', 'files', 'nobody']);
      expect(little.get(uids[0] ?? 0)).toMatchObject({ from: ['J@x.example'], to: undefined, autoReply: undefined });
      expect((await session.fetchMeta('INBOX', uids)).every(({ seen }) => !seen)).toBe(true);
    });

    it('tells a raw subject as the event will, in the charset of the text', async () => {
      const koi8 = Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]);
      const raw = (subject: Buffer | string, rest: string) =>
        Buffer.concat([
          Buffer.from('From: a@x.example\r\nSubject: '),
          Buffer.from(subject),
          Buffer.from(rest, 'latin1'),
        ]);
      const uids = [
        await deliver(raw(koi8, '\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nx')),
        await deliver(raw(koi8, '\r\nContent-Type: text/html\r\n\r\n<meta charset=koi8-r>x')),
        await deliver(raw('\x1b$BEE;R\x1b(B', '\r\n\r\nx')),
        await deliver(raw('=?iso-2022-jp?B?GyRCRUU=?= =?iso-2022-jp?B?O1IbKEI=?=', '\r\n\r\nx')),
        await deliver(raw(Buffer.from([0xfc]), '\r\n\r\nx')),
      ];
      const metas = await session.fetchMeta('INBOX', uids);
      const subjects = ['Привет', 'Привет', '電子', '電子', 'ü'];
      for (const needs of [
        { headers: false, structure: false },
        { headers: true, structure: true },
      ]) {
        const traits = await session.fetchTraits('INBOX', metas, needs);
        expect(uids.map((uid) => traits.get(uid)?.subject)).toEqual(subjects);
      }
      const read = [];
      for (const meta of metas) read.push(await session.read('INBOX', meta, { capBytes: 100_000 }));
      expect(read.map((message) => message?.subject)).toEqual(subjects);
    });

    it('watches a folder whose name ends with a space', async () => {
      const { path } = await other.mailboxCreate('Rechnungen ');
      expect(path).toBe('Rechnungen ');
      await other.append(path, Buffer.from(mail(1)));
      expect((await session.folders()).map((folder) => folder.path)).toContain(path);
      expect((await session.status(path)).messages).toBe(1);
      expect(await session.searchRange(path, 1, 100)).toHaveLength(1);
    });

    it('leaves gaps in the UIDs as they are', async () => {
      const uids: number[] = [];
      for (const n of [1, 2, 3, 4]) uids.push(await deliver(mail(n)));
      const [a = 0, b = 0, c = 0, d = 0] = uids;
      await remove(b);
      expect(await session.searchRange('INBOX', a, d)).toEqual([a, c, d]);
      expect((await session.fetchMeta('INBOX', uids)).map(({ uid }) => uid)).toEqual([a, c, d]);
      expect((await session.fetchMeta('INBOX', uids, 'bare')).map(({ uid, size }) => [uid, size])).toEqual([
        [a, 0],
        [c, 0],
        [d, 0],
      ]);
    });

    it('answers nothing above the last message, though n:* would', async () => {
      const uid = await deliver(mail(1));
      expect(await session.searchRange('INBOX', uid + 1, uid + 100)).toEqual([]);
    });

    it('calls a message gone that was removed between finding and reading', async () => {
      const uid = await deliver(mail(1));
      const [meta] = await session.fetchMeta('INBOX', [uid]);
      if (meta === undefined) throw new Error('no answer');
      await session.release();
      await remove(uid);
      expect(await session.read('INBOX', meta, { capBytes: 10_000 })).toBeUndefined();
    });

    it('finds mail by its day of arrival', async () => {
      await deliver(mail(1), [], new Date('2026-02-10T12:00:00Z'));
      const day = await deliver(mail(2), [], new Date('2026-02-12T12:00:00Z'));
      const later = await deliver(mail(3), [], new Date('2026-02-20T12:00:00Z'));
      expect(await session.searchSince('INBOX', new Date('2026-02-12T00:00:00Z'))).toEqual([day, later]);
    });

    it('finds mail between two days', async () => {
      await deliver(mail(1), [], new Date('2026-02-10T12:00:00Z'));
      const day = await deliver(mail(2), [], new Date('2026-02-12T12:00:00Z'));
      await deliver(mail(3), [], new Date('2026-02-20T12:00:00Z'));
      const [from, to] = [new Date('2026-02-12T00:00:00Z'), new Date('2026-02-13T00:00:00Z')];
      expect(await session.searchBetween('INBOX', from, to)).toEqual([day]);
    });

    it('reads many messages one by one, also those that went meanwhile', async () => {
      const uids: number[] = [];
      for (let n = 0; n < 60; n += 1) uids.push(await deliver(mail(n)));
      const metas = await session.fetchMeta('INBOX', uids);
      await remove(uids[40] ?? 0);
      const subjects: (string | undefined)[] = [];
      for (const meta of metas) subjects.push((await session.read('INBOX', meta, { capBytes: 10_000 }))?.subject);
      expect(subjects).toEqual(uids.map((_, n) => (n === 40 ? undefined : `mail ${n}`)));
    });

    it('hands out the file behind an attachment, in every encoding', async () => {
      const file = randomBytes(3_000_000);
      const text = 'Grüße = 100 %\r\n'.repeat(50);
      const quoted = [...Buffer.from(text)]
        .map((byte) =>
          byte === 13 ? '\r' : byte === 10 ? '\n' : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
        )
        .join('')
        .replace(/(?:=..){20}/g, '$&=\r\n');
      const uid = await deliver(
        [
          'Message-ID: <f@x.example>',
          'From: a@x.example',
          'Content-Type: multipart/mixed; boundary=b',
          '',
          '--b',
          'Content-Type: text/plain',
          '',
          'see below',
          '--b',
          'Content-Type: application/octet-stream; name="=?utf-8?Q?Gr=C3=BC=C3=9Fe.bin?="',
          'Content-Transfer-Encoding: base64',
          'Content-Disposition: attachment',
          '',
          file.toString('base64').replace(/.{76}/g, '$&\r\n'),
          '--b',
          'Content-Type: text/csv; charset=utf-8',
          'Content-Transfer-Encoding: quoted-printable',
          'Content-Disposition: attachment; filename=a.csv',
          '',
          quoted,
          '--b--',
          '',
        ].join('\r\n'),
      );
      expect(await session.part('INBOX', uid, '2')).toMatchObject({
        part: '2',
        contentType: 'application/octet-stream',
      });
      const first = await session.download('INBOX', uid, '2', 10_000_000);
      // Asked for while the other is under way: it waits for its turn.
      const second = session.download('INBOX', uid, '3', 10_000_000);
      expect((await contentOf(first)).equals(file)).toBe(true);
      expect((await contentOf(await second)).toString()).toBe(text);
      const little = await session.download('INBOX', uid, '2', 1000);
      expect((await contentOf(little)).equals(file.subarray(0, 1000))).toBe(true);
      const left = await session.download('INBOX', uid, '2', 10_000_000);
      left?.bytes.destroy();
      expect(await session.part('INBOX', uid, '9')).toBeUndefined();
      expect(await session.download('INBOX', uid + 1, '2', 1000)).toBeUndefined();
      await session.release();
      expect((await session.status('INBOX')).unseen).toBe(1);
    });

    it('reads two hundred messages and more at once', async () => {
      const uids: number[] = [];
      for (let n = 0; n < 230; n += 1) uids.push(await deliver(mail(n)));
      expect((await session.fetchMeta('INBOX', uids)).map(({ uid }) => uid)).toEqual(uids);
      expect((await recentMeta(session, 'INBOX', 200)).map(({ uid }) => uid)).toEqual(uids.slice(-200));
    });

    it('reads an inline image, an attachment and an invitation', async () => {
      for (const name of [
        'an inline image and an attachment',
        'an invitation with time zones',
        'a bounce with the mail that came back',
      ]) {
        const sample = corpus.find((each) => each.name === name);
        if (sample === undefined) throw new Error('not in the corpus');
        const uid = await deliver(sample.source);
        await session.status('INBOX');
        const [meta] = await session.fetchMeta('INBOX', [uid]);
        if (meta === undefined) throw new Error('no answer');
        for (const size of [meta.size, 1e9]) {
          expect(await session.read('INBOX', { ...meta, size }, { capBytes: 100_000 })).toMatchObject(
            sample.expect ?? {},
          );
        }
      }
    });

    it('finds inbox and sent, and says where they stand', async () => {
      const uid = await deliver(mail(1));
      const probe = createProbe({ connector });
      const { watched, folders } = await probe({ login, accessToken: server.tokenFor(login) }, { recent: 200 });
      expect(watched.map(({ role }) => role)).toEqual(['inbox', 'sent']);
      expect(watched[0]).toMatchObject({
        path: 'INBOX',
        uidNext: uid + 1,
        messages: 1,
        recent: [{ uid, messageId: '<1@x.example>' }],
      });
      expect(folders.length).toBeGreaterThanOrEqual(2);
      const choices = [{ path: 'Nowhere' }, { role: 'sent' }, { path: 'inbox' }, { role: 'inbox' }] as const;
      const other = await probe({ login, accessToken: server.tokenFor(login) }, { choices });
      expect(other.watched.map(({ role }) => role)).toEqual(['sent', 'inbox']);
      expect(other.missing).toEqual([{ path: 'Nowhere' }]);
    });

    it('refuses a wrong token, and reports a missing folder', async () => {
      await expect(connector.open({ login, accessToken: 'wrong' })).rejects.toMatchObject({ code: 'imap_refused' });
      await expect(session.status('No such folder')).rejects.toMatchObject({ code: 'folder_missing' });
      expect((await session.status('INBOX')).uidNext).toBeGreaterThan(0);
    });

    it('opens folders with names in any script', async () => {
      await other.mailboxCreate('收件 & Ärger');
      const path = (await session.folders()).find(({ path: each }) => each.endsWith('Ärger'))?.path ?? '';
      expect(path).toBe('收件 & Ärger');
      expect(await session.status(path)).toMatchObject({ messages: 0 });
      expect(await session.searchRange(path, 1, 10)).toEqual([]);
    });
  });
});
