import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threadKey } from '../src/lib/delivery/events/message-event.ts';
import type { MessageMeta, ReadMessage } from '../src/lib/domain/mail/message.ts';
import { systemClock } from '../src/lib/domain/system.ts';
import { createImapConnector } from '../src/lib/mailbox/imap/imap-connector.ts';
import { parseMessage } from '../src/lib/mailbox/message/parse-message.ts';
import type { ImapSession } from '../src/lib/mailbox/session/session.ts';
import type { CorpusMessage } from './corpus/build.ts';
import { conversation } from './corpus/conversation.ts';
import { corpus } from './corpus/corpus.ts';
import { type DovecotForTests, startDovecotForTests } from './support/dovecot.ts';
import { describeNeeding } from './support/requirements.ts';

const login = 'ada@contoso.example';
const caps = { capBytes: 1024 * 1024 };

describeNeeding('dovecot', 'the corpus of difficult mails, read from Dovecot', () => {
  let server: DovecotForTests;
  let session: ImapSession;
  const metas = new Map<string, MessageMeta>();

  beforeAll(async () => {
    server = await startDovecotForTests();
    const uids = await fill(server, corpus);
    const connector = createImapConnector(server, { clock: systemClock });
    session = await connector.open({ login, accessToken: server.tokenFor(login) });
    const found = await session.fetchMeta('INBOX', [...uids.values()]);
    for (const [name, uid] of uids) {
      const meta = found.find((each) => each.uid === uid);
      if (meta !== undefined) metas.set(name, meta);
    }
  });

  afterAll(async () => {
    await session.close();
    await server.stop();
  });

  const read = async (
    name: string,
    change: Partial<MessageMeta> = {},
    capBytes = caps.capBytes,
  ): Promise<ReadMessage> => {
    const meta = metas.get(name);
    if (meta === undefined) throw new Error('The server has no such message');
    const message = await session.read('INBOX', { ...meta, ...change }, { capBytes });
    if (message === undefined) throw new Error('The message was called gone');
    return { ...message, meta };
  };
  /** As the worker reads it: once, for all that is compared with it. */
  const wholes = new Map<string, Promise<ReadMessage>>();
  const readWhole = (name: string): Promise<ReadMessage> => {
    const whole = wholes.get(name) ?? read(name);
    wholes.set(name, whole);
    return whole;
  };
  // Said to be huge, so that it is read part by part.
  const inParts = { size: 1e9 };

  it('answers for every message', () => {
    expect([...metas.keys()]).toEqual(corpus.map(({ name }) => name));
  });

  it.each(corpus)('reads $name', async ({ name, expect: wanted }) => {
    const message = await readWhole(name);
    expect(message).toMatchObject(wanted ?? {});
    checkShape(message);
  });

  it.each(corpus)('reads $name part by part just the same', async ({ name, expect: wanted, contradictory }) => {
    const message = await read(name, inParts);
    expect(message).toMatchObject(wanted ?? {});
    checkShape(message);
    const whole = await readWhole(name);
    if (contradictory === true) return;
    if (whole.truncated.length === 0 && message.truncated.length === 0) expect(message).toEqual(whole);
  });

  it.each(corpus)(
    'reads $name the same where the server tells no structure',
    async ({ name, source, contradictory }) => {
      const whole = await readWhole(name);
      const message = await parseMessage(source, { meta: whole.meta, truncated: [] });
      checkShape(message);
      expect(message.truncated).toContain('structure');
      const isDoubtful = contradictory === true || name === 'an inner boundary like the outer';
      // Dovecot hands out a NUL as another byte.
      if (isDoubtful || source.includes(0) || whole.truncated.length > 0 || message.truncated.length > 1) return;
      const { threadRoot: _, ...told } = whole;
      expect(message).toEqual({ ...told, attachments: [], truncated: ['structure'] });
    },
  );

  it.each(corpus)('reads $name within a cap of 100 bytes', async ({ name }) => {
    const message = await read(name, {}, 100);
    checkShape(message);
    // A character of a text in a double-byte charset is at most three bytes long in UTF-8; HTML may be told as text too.
    expect(Buffer.byteLength(message.text)).toBeLessThan(1000);
  });

  it('tells before the reading what the events will say, or nothing', async () => {
    const needs = { headers: true, structure: true };
    const all = await session.fetchTraits('INBOX', [...metas.values()], needs);
    let untold = 0;
    for (const { name } of corpus) {
      const message = await readWhole(name);
      const traits = all.get(message.meta.uid);
      if (traits?.to === undefined || traits.hasAttachment === undefined) untold += 1;
      const isWhole = message.truncated.length === 0;
      if (isWhole && traits?.subject !== undefined) expect([name, traits.subject]).toEqual([name, message.subject]);
      // The sender that passes an address filter is the one in the event.
      if (traits?.from !== undefined && message.truncated.length === 0) {
        expect([name, traits.from[0] ?? '']).toEqual([name, message.from?.address ?? '']);
      }
      const to = [...message.to, ...message.cc, ...message.bcc].map(({ address }) => address);
      if (traits?.to !== undefined && message.truncated.length === 0) expect([name, traits.to]).toEqual([name, to]);
      if (isWhole && traits?.autoReply !== undefined)
        expect([name, traits.autoReply]).toEqual([name, message.autoReply]);
      if (traits?.hasAttachment !== undefined && !message.truncated.includes('structure')) {
        const files = message.attachments.some(({ inline }) => !inline);
        expect([name, traits.hasAttachment]).toEqual([name, files]);
      }
    }
    // imapflow follows no deeper nesting, and the rest of the corpus it does.
    expect(untold).toBeLessThan(corpus.length / 20);
  });

  it('names what the cap cut off', async () => {
    const message = await read('HTML of 100 KB in one line', {}, 1000);
    expect(message.truncated).toEqual(['html']);
    expect(message.html?.startsWith('<p>word')).toBe(true);
    expect((await read('text and HTML', inParts, 5)).truncated).toEqual(['html']);
  });

  it('leaves the mailbox as it was', async () => {
    expect(
      (
        await session.fetchMeta(
          'INBOX',
          [...metas.values()].map(({ uid }) => uid),
        )
      ).every(({ seen }) => !seen),
    ).toBe(true);
  });
});

describeNeeding('dovecot', 'a conversation, read from Dovecot', () => {
  let server: DovecotForTests;
  let session: ImapSession;
  const keys = new Map<string, string>();

  beforeAll(async () => {
    server = await startDovecotForTests();
    const uids = await fill(server, conversation);
    session = await createImapConnector(server, { clock: systemClock }).open({
      login,
      accessToken: server.tokenFor(login),
    });
    const metas = await session.fetchMeta('INBOX', [...uids.values()]);
    for (const [name, uid] of uids) {
      const meta = metas.find((each) => each.uid === uid);
      const message = meta && (await session.read('INBOX', meta, caps));
      if (message !== undefined) keys.set(name, threadKey(message));
    }
  });

  afterAll(async () => {
    await session.close();
    await server.stop();
  });

  it.each(conversation.slice(1))('has one threadKey: $name', ({ name, expect: wanted }) => {
    const isShared = keys.get(name) === keys.get(conversation[0]?.name ?? '');
    expect([name, isShared]).toEqual([name, wanted?.shared]);
  });
});

/** Invariants for every input. */
function checkShape(message: ReadMessage): void {
  // PostgreSQL takes neither of the two in JSON: a record that holds one would be refused for ever.
  const { meta: _, ...told } = message;
  const unfit: string[] = [];
  JSON.stringify(told, (field, value: unknown) => {
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) unfit.push(field);
    return value;
  });
  expect(unfit).toEqual([]);
  expect(message.subject).not.toMatch(/[\r\n]/);
  expect(message.attachments.length).toBeLessThanOrEqual(500);
  for (const file of message.attachments) {
    expect(file.part).toMatch(/^\d+(\.\d+)*$/);
    expect(file.filename).toMatch(/^[^/\\\r\n\0]{1,200}$/);
  }
  for (const name of message.truncated)
    expect(['text', 'html', 'headers', 'structure', 'bounce', 'calendar']).toContain(name);
}

async function fill(server: DovecotForTests, mails: readonly CorpusMessage[]): Promise<Map<string, number>> {
  const client = new ImapFlow({
    host: server.host,
    port: server.port,
    secure: server.secure,
    logger: false,
    disableAutoIdle: true,
    auth: { user: login, accessToken: server.tokenFor(login) },
  });
  await client.connect();
  const uids = new Map<string, number>();
  for (const { name, source } of mails) {
    const stored = await client.append(
      'INBOX',
      source.length === 0 ? Buffer.from('\r\n') : source,
      [],
      new Date('2026-03-01T10:00:00Z'),
    );
    if (stored !== false && stored.uid !== undefined) uids.set(name, stored.uid);
  }
  await client.logout();
  return uids;
}
