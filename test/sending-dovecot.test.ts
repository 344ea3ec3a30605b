import { ImapFlow } from 'imapflow';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { freePort } from '../local/free-port.ts';
import type { Mark } from '../src/lib/domain/submission.ts';
import { systemClock } from '../src/lib/domain/system.ts';
import { consoleLog } from '../src/lib/log.ts';
import { createImapConnector } from '../src/lib/mailbox/imap/imap-connector.ts';
import { createSmtpWay } from '../src/lib/send/smtp.ts';
import type { OutgoingMail, ReadyWay } from '../src/lib/send/way.ts';
import type { MailboxRow } from '../src/lib/store/rows/rows.ts';
import { createSentFolders } from '../src/lib/submissions/sent-folder.ts';
import { type DovecotForTests, startDovecotForTests } from './support/dovecot.ts';
import { describeNeeding } from './support/requirements.ts';
import { sendingMailbox } from './support/rows.ts';

const never = new AbortController().signal;
const ours = `sub_${'A'.repeat(43)}`;
const other = `sub_${'B'.repeat(43)}`;
let boxes = 0;

// A real server that shows no more than Exchange does: no SPECIAL-USE, no CONDSTORE; and SEARCH HEADER is not asked.
describeNeeding('dovecot', 'the look for a copy in Sent', () => {
  let server: DovecotForTests;
  let mailbox: MailboxRow;
  /** The server that files the copies, and the person with other programs. */
  let mine: ImapFlow;

  beforeAll(async () => {
    server = await startDovecotForTests();
  });
  afterAll(() => server?.stop());

  beforeEach(async () => {
    const address = `sent${boxes++}@contoso.example`;
    const folders = sendingMailbox.folders.map((folder) =>
      folder.role === 'sent' ? { ...folder, path: 'Sent Items' } : folder,
    );
    mailbox = { ...sendingMailbox, address, login: address, folders };
    const { host, port, secure } = server;
    const auth = { user: address, accessToken: server.tokenFor(address) };
    mine = new ImapFlow({ host, port, secure, auth, logger: false, disableAutoIdle: true });
    await mine.connect();
  });
  afterEach(() => mine.logout());

  const sentFolders = () =>
    createSentFolders({
      imap: createImapConnector(server, { clock: systemClock }),
      token: async ({ login }) => server.tokenFor(login),
      mailbox: async (id) => (id === mailbox.id ? mailbox : undefined),
      log: consoleLog(() => undefined),
    });

  /** What is written before the first byte leaves. */
  const mark = async (): Promise<Mark> => ({
    number: 1,
    way: 'smtp',
    lane: 'a lane',
    epoch: 1,
    at: new Date(),
    until: new Date(),
    places: [await sentFolders().stood(mailbox, never)],
    staged: undefined,
    wantsCopy: false,
    looks: 0,
  });

  const file = (submission: string | undefined, messageId = '<theirs@exchange.example>', path = 'Sent Items') => {
    const own = submission === undefined ? '' : `X-NocoBase-Submission: ${submission}\r\n`;
    return mine.append(path, `${own}Message-ID: ${messageId}\r\nSubject: Offer\r\n\r\nHello\r\n`, ['\\Seen']);
  };

  it('finds it above the UIDNEXT that was noted, with the Message-ID that the server gave it', async () => {
    await file(other);
    const marked = await mark();
    expect(marked.places).toEqual([{ mailboxId: mailbox.id, path: 'Sent Items', stood: expect.anything() }]);
    expect(await sentFolders().find(marked, ours, never)).toBeUndefined();
    for (let n = 0; n < 3; n++) await file(undefined, `<outlook-${n}@contoso.example>`);
    await file(other);
    await file(ours);
    await file(undefined);
    expect(await sentFolders().find(marked, ours, never)).toEqual({ messageId: '<theirs@exchange.example>' });
  });

  it('does not take an older copy for it: after a resend that one says nothing of the second attempt', async () => {
    await file(ours);
    expect(await sentFolders().find(await mark(), ours, never)).toBeUndefined();
  });

  it('goes by the day where the folder was made anew meanwhile, or could not be asked before', async () => {
    const marked = await mark();
    await mine.mailboxDelete('Sent Items');
    await mine.mailboxCreate('Sent Items');
    await file(ours);
    expect(await sentFolders().find(marked, ours, never)).toMatchObject({ messageId: '<theirs@exchange.example>' });
    const unasked = { ...marked, places: marked.places.map((place) => ({ ...place, stood: undefined })) };
    expect(await sentFolders().find(unasked, ours, never)).toMatchObject({ messageId: '<theirs@exchange.example>' });
  });

  it('finds Sent by its name where it is not watched', async () => {
    mailbox = { ...mailbox, folders: mailbox.folders.filter(({ role }) => role !== 'sent') };
    const marked = await mark();
    expect(marked.places).toMatchObject([{ path: 'Sent Items' }]);
    await file(ours);
    expect(await sentFolders().find(marked, ours, never)).toBeDefined();
  });

  it('stores the copy where there is none, and finds what a process that died has stored', async () => {
    await file(other);
    const { places, at: since } = await mark();
    const [place] = places;
    if (place === undefined) throw new Error('no place');
    const message = Buffer.from(`X-NocoBase-Submission: ${ours}\r\nSubject: Offer\r\n\r\nDear Grace\r\n`);
    const copy = { submissionId: ours, place, since };
    expect(await sentFolders().file({ ...copy, source: undefined }, never)).toBe('absent');
    const source = async () => message;
    expect(await sentFolders().file({ ...copy, source }, never)).toBe('stored');
    expect(await sentFolders().file({ ...copy, source }, never)).toBe('found');
    await mine.mailboxOpen('Sent Items');
    const last = await mine.fetchOne('*', { source: true, flags: true });
    if (last === false) throw new Error('nothing there');
    expect(last.source?.toString()).toBe(message.toString());
    expect([...(last.flags ?? [])]).toContain('\\Seen');
    expect(await mine.status('Sent Items', { messages: true })).toMatchObject({ messages: 2 });
  });

  it('says that it could not look where the folder is gone, which is not that there is no copy', async () => {
    const path = 'Sent in Bonn';
    await mine.mailboxCreate(path);
    mailbox = { ...mailbox, folders: mailbox.folders.map((each) => (each.role === 'sent' ? { ...each, path } : each)) };
    const marked = await mark();
    await mine.mailboxDelete(path);
    await expect(sentFolders().find(marked, ours, never)).rejects.toMatchObject({ code: 'folder_missing' });
  });
});

// STARTTLS, XOAUTH2 and SMTP as someone else has written them; the next server takes or refuses what is relayed to it.
describeNeeding(['dovecot', 'dovecot-submission'], 'sending over the submission service of Dovecot', () => {
  const ada = 'ada@contoso.example';
  const full = 'full@fabrikam.example';
  const text = 'Subject: Hello\r\n\r\nDear Grace,\r\n.hidden dot\r\n..\r\n.\r\nAda\r\n';
  const received: { readonly to: readonly string[]; readonly raw: string }[] = [];
  let next: SMTPServer;
  let server: DovecotForTests;
  let port: number;
  const open: ReadyWay[] = [];

  beforeAll(async () => {
    next = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      // Newer versions of Dovecot offer what the next server offers.
      hideSMTPUTF8: true,
      disableReverseLookup: true,
      onRcptTo: ({ address }, _session, done) =>
        done(address === full ? Object.assign(new Error('5.2.2 mailbox full'), { responseCode: 552 }) : undefined),
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          received.push({ to, raw: Buffer.concat(chunks).toString() });
          done();
        });
      },
    });
    const relayPort = await freePort();
    await new Promise<void>((resolve) => next.listen(relayPort, '127.0.0.1', resolve));
    port = await freePort();
    server = await startDovecotForTests({ submission: { port, relayPort } });
  });
  beforeEach(() => {
    received.length = 0;
  });
  afterEach(async () => {
    for (const way of open.splice(0)) await way.close();
  });
  afterAll(async () => {
    await server?.stop();
    await new Promise<void>((resolve) => next.close(() => resolve()));
  });

  async function signIn(token = server.tokenFor(ada)) {
    const way = createSmtpWay({ host: 'localhost', port, ca: server.ca }, { token: async () => token });
    const ready = await way.prepare({ mailbox: sendingMailbox, login: ada }, never);
    if (ready.kind === 'ready') open.push(ready);
    return ready;
  }

  const mail = (recipients: readonly string[], body = text): OutgoingMail => ({
    submissionId: ours,
    from: ada,
    recipients,
    messageId: '<1@contoso.example>',
    size: body.length,
    open: async function* () {
      for (let at = 0; at < body.length; at += 10_000) yield Buffer.from(body.slice(at, at + 10_000));
    },
  });

  async function send(recipients: readonly string[], body?: string) {
    const way = await signIn();
    if (way.kind !== 'ready') throw new Error(`not signed in: ${way.code}`);
    return way.send(mail(recipients, body), never);
  }

  it('is accepted, byte for byte, and one after the other over one connection', async () => {
    const way = await signIn();
    if (way.kind !== 'ready') throw new Error(way.code);
    expect(await way.send(mail(['grace@fabrikam.example', 'alan@fabrikam.example']), never)).toMatchObject({
      kind: 'accepted',
      refused: [],
    });
    expect(await way.send(mail(['kay@fabrikam.example']), never)).toMatchObject({ kind: 'accepted' });
    expect(received.map(({ to }) => to)).toEqual([
      ['grace@fabrikam.example', 'alan@fabrikam.example'],
      ['kay@fabrikam.example'],
    ]);
    for (const { raw } of received) expect(raw.endsWith(text)).toBe(true);
  });

  it('carries 10 MB', async () => {
    const large = `Subject: Large\r\n\r\n${`${'x'.repeat(74)}\r\n`.repeat(140_000)}`;
    expect(await send(['grace@fabrikam.example'], large)).toMatchObject({ kind: 'accepted' });
    expect(received[0]?.raw.endsWith(large)).toBe(true);
  });

  it('tells of the one recipient that is refused among others', async () => {
    expect(await send(['grace@fabrikam.example', full])).toMatchObject({
      kind: 'accepted',
      refused: [{ address: full, reply: expect.stringContaining('5.2.2 mailbox full') }],
    });
    expect(received.map(({ to }) => to)).toEqual([['grace@fabrikam.example']]);
  });

  it('names the address beyond ASCII that a server without SMTPUTF8 cannot be told; one with a domain beyond ASCII it takes', async () => {
    const joerg = 'jörg@fabrikam.example';
    expect(await send([joerg, 'grace@fabrikam.example'])).toMatchObject({
      kind: 'refused',
      recipients: [{ address: joerg }],
    });
    expect(received).toEqual([]);
    const munich = 'grace+x@xn--mnchen-3ya.example';
    expect(await send([munich])).toMatchObject({ kind: 'accepted', refused: [] });
    // The next server shows it as people write it.
    expect(received.map(({ to }) => to)).toEqual([['grace+x@münchen.example']]);
  });

  it('is rejected if no recipient is left', async () => {
    expect(await send([full])).toMatchObject({ kind: 'refused', recipients: [{ address: full }] });
    expect(received).toEqual([]);
  });

  it('is closed to a token that is none', async () => {
    expect(await signIn('made-up')).toMatchObject({ kind: 'closed', code: 'smtp_sign_in_refused' });
  });

  it('continues with the next message over the same connection after a refusal', async () => {
    const way = await signIn();
    if (way.kind !== 'ready') throw new Error(way.code);
    expect(await way.send(mail([full]), never)).toMatchObject({ kind: 'refused' });
    expect(await way.send(mail(['grace@fabrikam.example']), never)).toMatchObject({ kind: 'accepted' });
  });
});
