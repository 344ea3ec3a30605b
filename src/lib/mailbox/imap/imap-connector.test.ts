import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Script, type ScriptedImap, startScriptedImap } from '../../../../test/support/scripted-imap.ts';
import { messageHash, noHash } from '../../domain/mail/message-identity.ts';
import { systemClock } from '../../domain/system.ts';
import type { ImapSession } from '../session/session.ts';
import { createImapConnector, type ImapTimeouts } from './imap-connector.ts';

const token = 'eyJ0eXAiOiJKV1QifQ.c2VjcmV0LXNlY3JldC1zZWNyZXQ.c2lnbmF0dXJl';
const account = { login: 'ada@contoso.example', accessToken: token };
const servers: ScriptedImap[] = [];
const sessions: ImapSession[] = [];

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
  vi.restoreAllMocks();
});

async function server(script: Script = {}, timeouts: Partial<ImapTimeouts> = {}) {
  const started = await startScriptedImap(script);
  servers.push(started);
  const connector = createImapConnector(
    { host: '127.0.0.1', port: started.port, secure: false },
    { clock: systemClock, timeouts },
  );
  const open = async (signal?: AbortSignal) => {
    const session = await connector.open(account, signal);
    sessions.push(session);
    return session;
  };
  return { started, connector, open };
}

const twoMails = {
  INBOX: {
    uidValidity: 14,
    uidNext: 12,
    messages: [
      { uid: 7, source: 'Message-ID: <a@x>\r\nSubject: one\r\n\r\nbody one\r\n', flags: '\\Seen' },
      { uid: 11, source: 'Message-ID: <b@x>\r\nSubject: two\r\n\r\nbody two\r\n' },
    ],
  },
};

describe('a session with Exchange', () => {
  it('tells where a folder stands', async () => {
    const { open } = await server({ folders: twoMails });
    expect(await (await open()).status('INBOX')).toEqual({ uidNext: 12, uidValidity: 14n, messages: 2, unseen: 0 });
  });

  it('asks for UIDs in an explicit range only and reads without marking as seen', async () => {
    const { open, started } = await server({ folders: twoMails });
    const session = await open();
    expect(await session.searchRange('INBOX', 1, 11)).toEqual([7, 11]);
    const metas = await session.fetchMeta('INBOX', [7, 11]);
    expect(metas.map(({ uid, messageId, seen }) => ({ uid, messageId, seen }))).toEqual([
      { uid: 7, messageId: '<a@x>', seen: true },
      { uid: 11, messageId: '<b@x>', seen: false },
    ]);
    const [meta] = metas;
    if (meta === undefined) throw new Error('no answer');
    expect((await session.read('INBOX', meta, { capBytes: 10_000 }))?.text).toBe('body one');
    expect(started.heard.join('\n')).not.toMatch(/SELECT|:\*|BODY\[|RFC822 /);
    expect(started.heard).toContain('EXAMINE INBOX');
  });

  it('asks nothing for an empty range', async () => {
    const { open, started } = await server({ folders: twoMails });
    expect(await (await open()).searchRange('INBOX', 12, 11)).toEqual([]);
    expect(started.heard.join('\n')).not.toContain('SEARCH');
  });

  it('drops a UID that the server answers though it lies outside the range', async () => {
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name }, { send }) => {
        if (name !== 'UID SEARCH') return false;
        send(`* SEARCH 11 3 9\r\n${tag} OK SEARCH completed.\r\n`);
        return true;
      },
    });
    expect(await (await open()).searchRange('INBOX', 4, 10)).toEqual([9]);
  });

  it('closes a folder before it asks for its status again', async () => {
    const { open, started } = await server({ folders: twoMails });
    const session = await open();
    await session.searchRange('INBOX', 1, 11);
    await session.status('INBOX');
    expect(started.heard.indexOf('CLOSE')).toBeGreaterThan(started.heard.indexOf('EXAMINE INBOX'));
    expect(started.heard.indexOf('CLOSE')).toBeLessThan(started.heard.findIndex((line) => line.startsWith('STATUS')));
  });

  it('carries calls out one after the other when they overlap', async () => {
    const folders = {
      ...twoMails,
      Sent: { uidValidity: 3, uidNext: 6, messages: [{ uid: 5, source: 'Subject: s\r\n\r\n' }] },
    };
    const { open } = await server({ folders });
    const session = await open();
    const [a, b, c] = await Promise.all([
      session.searchRange('INBOX', 1, 20),
      session.searchRange('Sent', 1, 20),
      session.status('INBOX'),
    ]);
    expect([a, b, c.uidNext]).toEqual([[7, 11], [5], 12]);
  });

  it('leaves out a message that the server does not answer for', async () => {
    const { open } = await server({ folders: twoMails });
    expect((await (await open()).fetchMeta('INBOX', [7, 8, 11])).map(({ uid }) => uid)).toEqual([7, 11]);
  });

  it('leaves out half an answer, as a lagging replica gives it', async () => {
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name }, { send }) => {
        if (name !== 'UID FETCH') return false;
        send(`* 1 FETCH (FLAGS (\\Seen) UID 7)\r\n* 2 FETCH (FLAGS (\\Seen))\r\n${tag} OK FETCH completed.\r\n`);
        return true;
      },
    });
    expect(await (await open()).fetchMeta('INBOX', [7, 11])).toEqual([]);
  });

  it('joins an answer that comes in pieces, whatever stands between them', async () => {
    const headers = (id: string) => {
      const block = `Message-ID: <${id}@x>\r\nReceived: by mx.example id ${id}\r\n\r\n`;
      return `BODY[HEADER.FIELDS (Message-ID Date From Subject Received)] {${block.length}}\r\n${block}`;
    };
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name }, { send }) => {
        if (name !== 'UID FETCH') return false;
        const rest = 'INTERNALDATE "01-Mar-2026 10:00:00 +0000" RFC822.SIZE 9';
        // Between the two a message goes, and those behind it have other sequence numbers.
        send(`* 1 FETCH (UID 7 FLAGS () ${rest})\r\n* 2 FETCH (UID 11 ${headers('b')})\r\n* 1 EXPUNGE\r\n`);
        send(`* 1 FETCH (UID 11 FLAGS (\\Seen) ${rest})\r\n* 1 FETCH (UID 7 ${headers('a')})\r\n`);
        send(`* 1 FETCH (UID 7 FLAGS (\\Flagged))\r\n${tag} OK FETCH completed.\r\n`);
        return true;
      },
    });
    expect(await (await open()).fetchMeta('INBOX', [7, 11])).toMatchObject([
      { uid: 7, messageId: '<a@x>', received: 'by mx.example id a', seen: false, flagged: true },
      { uid: 11, messageId: '<b@x>', received: 'by mx.example id b', seen: true, flagged: false },
    ]);
  });

  it('takes NIL in place of headers for half an answer, and an empty block for a mail that is known by nothing', async () => {
    const answer = { block: 'NIL' };
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name }, { send }) => {
        if (name !== 'UID FETCH') return false;
        const rest = 'FLAGS () INTERNALDATE "01-Mar-2026 10:00:00 +0000" RFC822.SIZE 9';
        send(`* 1 FETCH (UID 7 ${rest} BODY[HEADER.FIELDS (Message-ID Received)] ${answer.block})\r\n`);
        send(`${tag} OK FETCH completed.\r\n`);
        return true;
      },
    });
    const session = await open();
    expect(await session.fetchMeta('INBOX', [7])).toEqual([]);
    for (const block of ['""', '{0}\r\n', '{2}\r\n\r\n']) {
      answer.block = block;
      const [meta, ...more] = await session.fetchMeta('INBOX', [7]);
      expect(more).toEqual([]);
      if (meta === undefined) throw new Error('no answer');
      expect(messageHash(meta)).toEqual(noHash);
    }
  });

  it.each([
    ['nothing but NIL', 'BODYSTRUCTURE NIL BODY[] NIL BODY[HEADER] NIL BODY[1] NIL'],
    [
      'a structure and NIL',
      'BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 1) BODY[] NIL BODY[HEADER] NIL BODY[1] NIL',
    ],
  ])('tells of a message whose content the server answers with %s what it knows', async (_, items) => {
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name, args }, { send }) => {
        // Its metadata come as they should.
        if (name !== 'UID FETCH' || args.includes('INTERNALDATE')) return false;
        send(`* 1 FETCH (UID 7 ${args.includes('BODY') ? items : 'FLAGS ()'})\r\n${tag} OK FETCH completed.\r\n`);
        return true;
      },
    });
    const session = await open();
    const [meta] = await session.fetchMeta('INBOX', [7]);
    if (meta === undefined) throw new Error('no answer');
    for (const size of [9, 1_000_000]) {
      expect(await session.read('INBOX', { ...meta, size }, { capBytes: 10_000 })).toMatchObject({
        subject: 'one',
        text: '',
        truncated: expect.arrayContaining(['headers', 'text']),
      });
    }
  });

  it('reads a message whose answer comes in pieces', async () => {
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'UID FETCH' || args.includes('INTERNALDATE')) return false;
        const source = 'Subject: one\r\n\r\nbody one\r\n';
        send(`* 1 FETCH (UID 7 BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 10 1))\r\n`);
        send(`* 1 FETCH (UID 7 BODY[]<0> {${source.length}}\r\n${source})\r\n* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n`);
        send(`${tag} OK FETCH completed.\r\n`);
        return true;
      },
    });
    const session = await open();
    const [meta] = await session.fetchMeta('INBOX', [7]);
    if (meta === undefined) throw new Error('no answer');
    expect(await session.read('INBOX', meta, { capBytes: 10_000 })).toMatchObject({ text: 'body one', truncated: [] });
  });

  it('drops an answer about a message that was not requested', async () => {
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'UID FETCH') return false;
        const about = (uid: number) =>
          `* 1 FETCH (UID ${uid} FLAGS () INTERNALDATE "01-Mar-2026 10:00:00 +0000"${args.includes('BODY') ? ' RFC822.SIZE 9 BODY[HEADER.FIELDS (Message-ID Date From Subject)] {2}\r\n\r\n' : ''})\r\n`;
        send(`${about(11)}${about(7)}${tag} OK FETCH completed.\r\n`);
        return true;
      },
    });
    const session = await open();
    expect((await session.fetchMeta('INBOX', [7])).map(({ uid }) => uid)).toEqual([7]);
    expect((await session.fetchMeta('INBOX', [7], 'bare')).map(({ uid }) => uid)).toEqual([7]);
  });

  it.each([
    ['the first of several', 'Received: top\r\nReceived: below\r\nSubject: s\r\nReceived: last', 'top'],
    ['above what the sender has put in front of his mail', 'Received: top\r\nReceived: from evil\r\nX: y', 'top'],
    ['wherever it stands among the others', 'Subject: s\r\nFrom: a@x\r\nReceived: top\r\nMessage-ID: <1@x>', 'top'],
    ['folded by blanks and tabs', 'Received: from a\r\n\tby b\r\n  ; now', 'from a\r\n\tby b\r\n  ; now'],
    ['folded before it begins', 'Received:\r\n\tby b', '\r\n\tby b'],
    ['with 8-bit bytes, one character for each', 'Received: by b (\xc3\xbc\xff)', 'by b (\xc3\xbc\xff)'],
    ['with lone line feeds', 'Received: top\n\tby b\nReceived: below', 'top\r\n\tby b'],
    ['without a value, though another one follows', 'Received:\r\nReceived: below', ''],
    ['with a blank before its colon', 'Received : top\r\nReceived: below', 'top'],
    ['in capitals', 'RECEIVED: top\r\nReceived: below', 'top'],
    ['of a size that nobody expects', `Received: ${'x'.repeat(300_000)}\r\nReceived: below`, 'x'.repeat(300_000)],
  ])('reads the topmost Received %s', async (_, headers, topmost) => {
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name }, { send }) => {
        if (name !== 'UID FETCH') return false;
        const block = `${headers}\r\n\r\n`;
        const rest = 'UID 7 FLAGS () INTERNALDATE "01-Mar-2026 10:00:00 +0000" RFC822.SIZE 9';
        send(`* 1 FETCH (${rest} BODY[HEADER.FIELDS (Received)] {${block.length}}\r\n${block})\r\n`);
        send(`${tag} OK FETCH completed.\r\n`);
        return true;
      },
    });
    expect((await (await open()).fetchMeta('INBOX', [7]))[0]?.received).toBe(topmost);
  });

  it('asks by days for what arrived since, also where the server offers seconds', async () => {
    const { open, started } = await server({
      folders: twoMails,
      on: ({ tag, name }, { send }) => {
        if (name !== 'CAPABILITY') return false;
        send(`* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR WITHIN\r\n${tag} OK CAPABILITY completed.\r\n`);
        return true;
      },
    });
    const session = await open();
    await session.searchSince('INBOX', new Date('2026-03-01T00:00:00Z'));
    await session.searchBetween('INBOX', new Date('2026-03-01T00:00:00Z'), new Date('2026-03-05T00:00:00Z'));
    const searches = started.heard.filter((line) => line.startsWith('UID SEARCH'));
    expect(searches).toHaveLength(2);
    for (const line of searches) {
      expect(line).toMatch(/SINCE 0?1-Mar-2026/);
      expect(line).not.toMatch(/YOUNGER|OLDER/);
    }
  });

  it('asks one by one when the server refuses a whole FETCH, and takes the guilty one bare', async () => {
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'UID FETCH' || !args.includes('HEADER') || args.startsWith('7 ')) return false;
        send(`${tag} NO The requested message could not be converted.\r\n`);
        return true;
      },
    });
    const metas = await (await open()).fetchMeta('INBOX', [7, 11]);
    expect(metas.map(({ uid, messageId }) => [uid, messageId])).toEqual([
      [7, '<a@x>'],
      [11, undefined],
    ]);
  });

  it('reads a message whose content the server refuses as metadata only', async () => {
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'UID FETCH' || !/BODY\.PEEK\[(HEADER)?\]|BODYSTRUCTURE/.test(args)) return false;
        send(`${tag} NO The requested message could not be converted.\r\n`);
        return true;
      },
    });
    const session = await open();
    const [meta] = await session.fetchMeta('INBOX', [7]);
    if (meta === undefined) throw new Error('no answer');
    const message = await session.read('INBOX', meta, { capBytes: 1000 });
    expect(message).toMatchObject({
      subject: 'one',
      messageId: '<a@x>',
      text: '',
      truncated: ['headers', 'text', 'html', 'structure'],
    });
  });

  it('answers undefined for a message that is gone', async () => {
    const { open } = await server({ folders: twoMails });
    const session = await open();
    const [meta] = await session.fetchMeta('INBOX', [7]);
    if (meta === undefined) throw new Error('no answer');
    expect(await session.read('INBOX', { ...meta, uid: 8 }, { capBytes: 1000 })).toBeUndefined();
  });

  it('reports a folder that is not there', async () => {
    const { open } = await server({ folders: twoMails });
    const session = await open();
    await expect(session.status('Gone')).rejects.toMatchObject({ code: 'folder_missing' });
    await expect(session.searchRange('Gone', 1, 2)).rejects.toMatchObject({ code: 'folder_missing' });
    expect((await session.status('INBOX')).uidNext).toBe(12);
  });

  it.each([
    ['UIDNEXT', '(MESSAGES 2 UIDVALIDITY 14 UNSEEN 0)'],
    ['UIDVALIDITY', '(MESSAGES 2 UIDNEXT 12 UNSEEN 0)'],
    ['everything', '()'],
    ['a UIDNEXT of at least 1', '(MESSAGES 2 UIDNEXT 0 UIDVALIDITY 14 UNSEEN 0)'],
    ['a UIDNEXT of 32 bits', '(MESSAGES 2 UIDNEXT 4294967296 UIDVALIDITY 14 UNSEEN 0)'],
    ['a UIDNEXT that is a number', '(MESSAGES 2 UIDNEXT x UIDVALIDITY 14 UNSEEN 0)'],
    ['a UIDVALIDITY of 32 bits', '(MESSAGES 2 UIDNEXT 12 UIDVALIDITY 4294967296 UNSEEN 0)'],
    ['a credible MESSAGES', '(MESSAGES 4294967295 UIDNEXT 12 UIDVALIDITY 14 UNSEEN 0)'],
    ['a credible UNSEEN', '(MESSAGES 2 UIDNEXT 12 UIDVALIDITY 14 UNSEEN 4294967295)'],
  ])('takes a STATUS without %s for a fault, never for no mail', async (_, items) => {
    const { open } = await server({
      on: ({ tag, name }, { send }) => {
        if (name !== 'STATUS') return false;
        send(`* STATUS INBOX ${items}\r\n${tag} OK STATUS completed.\r\n`);
        return true;
      },
    });
    await expect((await open()).status('INBOX')).rejects.toMatchObject({ code: 'imap_unexpected' });
  });

  it('notices that a folder was renumbered between STATUS and EXAMINE', async () => {
    let validity = 14;
    const { open } = await server({
      folders: twoMails,
      on: ({ tag, name }, { send }) => {
        if (name !== 'EXAMINE') return false;
        send(
          `* 0 EXISTS\r\n* OK [UIDVALIDITY ${++validity}] x\r\n* OK [UIDNEXT 12] x\r\n${tag} OK EXAMINE completed.\r\n`,
        );
        return true;
      },
    });
    const session = await open();
    await session.status('INBOX');
    await expect(session.searchRange('INBOX', 1, 11)).rejects.toMatchObject({ code: 'imap_unexpected' });
  });
});

describe('Exchange in trouble', () => {
  const refusing = (verb: string, reply: string, end = false): Script => ({
    folders: twoMails,
    on: ({ tag, name }, connection) => {
      if (name !== verb) return false;
      connection.send(reply.replaceAll('TAG', tag));
      if (end) connection.end();
      return true;
    },
  });
  const throttle = 'TAG BAD Request is throttled. Suggested Backoff Time: 271604 milliseconds\r\n';

  it.each(['STATUS', 'EXAMINE', 'UID SEARCH', 'UID FETCH'])(
    'tells of a throttle on %s at once, and for how long',
    async (verb) => {
      const { open } = await server(refusing(verb, throttle));
      const session = await open();
      const started = performance.now();
      const work =
        verb === 'STATUS'
          ? session.status('INBOX')
          : verb === 'UID FETCH'
            ? session.fetchMeta('INBOX', [7])
            : session.searchRange('INBOX', 1, 9);
      await expect(work).rejects.toMatchObject({ code: 'imap_throttled', retry: { afterMs: 271_604 } });
      expect(performance.now() - started).toBeLessThan(2000);
      expect(session.alive).toBe(false);
    },
  );

  it.each(['AUTHENTICATE', 'NAMESPACE'])('tells of a throttle on %s while it logs in', async (verb) => {
    const { open } = await server(refusing(verb, `${throttle}* BYE Connection closed. 14\r\n`));
    const started = performance.now();
    await expect(open()).rejects.toMatchObject({ code: 'imap_throttled', retry: { afterMs: 271_604 } });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('does not take "authenticated but not connected" for a refusal', async () => {
    const { open } = await server(
      refusing('NAMESPACE', 'TAG BAD User is authenticated but not connected.\r\n* BYE Connection closed. 14\r\n'),
    );
    await expect(open()).rejects.toMatchObject({ code: 'imap_not_connected', retry: { afterMs: 60_000 } });
  });

  it.each(['STATUS', 'EXAMINE', 'LIST'])('hears "authenticated but not connected" on %s too', async (verb) => {
    const { open } = await server(refusing(verb, 'TAG BAD User is authenticated but not connected.\r\n'));
    const session = await open();
    const work =
      verb === 'STATUS'
        ? session.status('INBOX')
        : verb === 'LIST'
          ? session.folders()
          : session.searchRange('INBOX', 1, 9);
    await expect(work).rejects.toMatchObject({ code: 'imap_not_connected' });
  });

  it('tells a refused log-in', async () => {
    const { open } = await server(refusing('AUTHENTICATE', 'TAG NO AUTHENTICATE failed.\r\n'));
    await expect(open()).rejects.toMatchObject({ code: 'imap_refused', retry: undefined });
  });

  it('sends the empty answer that XOAUTH2 wants after an error challenge', async () => {
    const { open } = await server({
      on: ({ tag, name }, { send, socket }) => {
        if (name !== 'AUTHENTICATE') return false;
        send(`+ ${Buffer.from('{"status":"400","schemes":"Bearer"}').toString('base64')}\r\n`);
        socket.once('data', () => send(`${tag} NO AUTHENTICATE failed.\r\n`));
        return true;
      },
    });
    await expect(open()).rejects.toMatchObject({ code: 'imap_refused' });
  });

  it('tells an access token that ran out in mid-session', async () => {
    const { open } = await server(
      refusing('STATUS', '* BYE Session invalidated - AccessTokenExpired\r\nTAG NO AUTHENTICATE failed.\r\n', true),
    );
    await expect((await open()).status('INBOX')).rejects.toMatchObject({
      code: 'imap_token_expired',
      retry: { afterMs: 0 },
    });
  });

  it.each([
    ['as an answer', 'TAG NO Server Unavailable. 15\r\n'],
    ['as a bare line', 'Server Unavailable. 15\r\n'],
    ['as a bare line without a number', 'Server Unavailable.\r\n'],
  ])('hears "Server Unavailable" %s, without waiting for a time-out', async (_, reply) => {
    const { open } = await server(refusing('STATUS', reply));
    const session = await open();
    const started = performance.now();
    await expect(session.status('INBOX')).rejects.toMatchObject({
      code: 'imap_unreachable',
      retry: { afterMs: 60_000 },
    });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('tells a good-bye in place of an answer, and one in place of a greeting', async () => {
    const { open } = await server(refusing('STATUS', '* BYE Connection closed. 14\r\n', true));
    const session = await open();
    await expect(session.status('INBOX')).rejects.toMatchObject({ code: 'imap_unreachable' });
    expect(session.alive).toBe(false);
    await expect(session.status('INBOX')).rejects.toMatchObject({ code: 'imap_unreachable' });
    const bye = await server({
      greeting: ({ send, end }) => {
        send('* BYE Too many connections\r\n');
        end();
      },
    });
    await expect(bye.open()).rejects.toMatchObject({ code: 'imap_throttled' });
  });

  it('survives a reply that is cut in the middle of a literal', async () => {
    const { open } = await server(
      refusing(
        'UID FETCH',
        '* 1 FETCH (UID 7 FLAGS () INTERNALDATE "01-Mar-2026 10:00:00 +0000" RFC822.SIZE 9 BODY[HEADER.FIELDS (SUBJECT)] {400}\r\nSubject: ha',
        true,
      ),
    );
    await expect((await open()).fetchMeta('INBOX', [7])).rejects.toMatchObject({ code: 'imap_unreachable' });
  });

  it('gives up on a server that falls silent', async () => {
    const silent = await server({ folders: twoMails, on: ({ name }) => name === 'STATUS' }, { socketMs: 300 });
    await expect((await silent.open()).status('INBOX')).rejects.toMatchObject({ code: 'imap_unreachable' });
    const mute = await server({ greeting: () => undefined }, { greetingMs: 300 });
    await expect(mute.open()).rejects.toMatchObject({ code: 'imap_unreachable' });
  });

  it('bears silence while it is set aside, and only then', async () => {
    const { open } = await server({ folders: twoMails }, { socketMs: 200 });
    const [aside, other] = [await open(), await open()];
    aside.setAside(true);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(other.alive).toBe(false);
    expect(aside.alive).toBe(true);
    aside.setAside(false);
    expect(await aside.status('INBOX')).toMatchObject({ messages: 2 });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(aside.alive).toBe(false);
  });

  it('gives up on a server that trickles for ever', async () => {
    const trickle: Script = {
      on: ({ name }, { send, socket }) => {
        if (name !== 'STATUS') return false;
        const timer = setInterval(() => send('* OK still here\r\n'), 50);
        socket.once('close', () => clearInterval(timer));
        return true;
      },
    };
    const { open } = await server(trickle, { commandMs: 400 });
    await expect((await open()).status('INBOX')).rejects.toMatchObject({ code: 'imap_unreachable' });
  });

  it('reports a port on which nothing listens', async () => {
    const idle = createServer().listen(0, '127.0.0.1');
    await once(idle, 'listening');
    const address = idle.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    idle.close();
    await once(idle, 'close');
    const connector = createImapConnector({ host: '127.0.0.1', port, secure: false }, { clock: systemClock });
    await expect(connector.open(account)).rejects.toMatchObject({ code: 'imap_unreachable', status: 503 });
  });

  it('will not speak in the clear where TLS is required', async () => {
    const { started } = await server();
    const connector = createImapConnector(
      { host: '127.0.0.1', port: started.port, secure: false },
      { clock: systemClock, requireTls: true },
    );
    await expect(connector.open(account)).rejects.toMatchObject({ code: 'imap_unexpected' });
    expect(started.heard).not.toContain('AUTHENTICATE');
  });

  it('stops at once when it is told to', async () => {
    const { open } = await server({ on: ({ name }) => name === 'NAMESPACE' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 100);
    await expect(open(stop.signal)).rejects.toThrow('enough');
    await expect(open(AbortSignal.abort(new Error('before it began')))).rejects.toThrow('before it began');
  });

  it('ends within two seconds though the server does not answer LOGOUT', async () => {
    const { open } = await server({ on: ({ name }) => name === 'LOGOUT' });
    const session = await open();
    const started = performance.now();
    await session.close();
    expect(performance.now() - started).toBeLessThan(2500);
    expect(session.alive).toBe(false);
  });

  it('never lets a token reach the console or an error', async () => {
    const written: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
    }
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, level).mockImplementation((...parts) => void written.push(parts.map(String).join(' ')));
    }
    const errors: unknown[] = [];
    for (const verb of ['AUTHENTICATE', 'NAMESPACE']) {
      const { open } = await server(refusing(verb, 'TAG NO AUTHENTICATE failed for ada@contoso.example\r\n', true));
      errors.push(await open().catch((error: unknown) => error));
    }
    const { inspect } = await import('node:util');
    const told = written.join('\n') + errors.map((error) => inspect(error, { depth: 10 })).join('\n');
    const sasl = Buffer.from(`user=${account.login}\x01auth=Bearer ${token}\x01\x01`).toString('base64');
    expect(told).not.toContain(token);
    expect(told).not.toContain(sasl.slice(40, 80));
    expect(told).not.toContain('ada@contoso.example');
  });

  it('refuses a log-in name that would smuggle fields into XOAUTH2', async () => {
    const { connector, started } = await server();
    await expect(connector.open({ login: 'ada\x01auth=Bearer x', accessToken: token })).rejects.toMatchObject({
      code: 'imap_refused',
    });
    expect(started.connections).toBe(0);
  });
});
