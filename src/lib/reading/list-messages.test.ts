import { afterEach, describe, expect, it } from 'vitest';
import { type ReadingWorld, readingWorld } from '../../../test/support/reading-world.ts';
import { type Script, type ScriptedImap, startScriptedImap } from '../../../test/support/scripted-imap.ts';
import type { MessageQuery } from './message-query.ts';

const servers: ScriptedImap[] = [];
const worlds: ReadingWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const mail = (uid: number, subject: string, from: string, flags = '') => ({
  uid,
  flags,
  source: `Message-ID: <${uid}@x>\r\nFrom: ${from}\r\nSubject: ${subject}\r\n\r\nbody\r\n`,
  structure: '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 1)',
});
const inbox = (...messages: readonly ReturnType<typeof mail>[]) => ({
  INBOX: { uidValidity: 14, uidNext: (messages.at(-1)?.uid ?? 0) + 1, messages },
});
const three = inbox(
  mail(3, 'Offer', 'Grace <grace@fabrikam.example>'),
  mail(7, 'Invoice', 'Lin <lin@fabrikam.example>', '\\Seen'),
  mail(9, '=?utf-8?q?Gr=C3=B6=C3=9Fe?=', 'Grace <grace@fabrikam.example>'),
);

async function server(script: Script) {
  const started = await startScriptedImap(script);
  servers.push(started);
  const world = readingWorld(
    { host: '127.0.0.1', port: started.port, secure: false, tokenFor: () => 'token' },
    'ada@contoso.example',
  );
  worlds.push(world);
  const list = (query: MessageQuery, limit = 50, cursor?: string) =>
    world.reading.messages(world.reader, { folder: { role: 'inbox' }, query, limit, cursor });
  return { started, world, list };
}

/** A server that says this to a SEARCH which has such words in it. */
const searching = (words: RegExp, answer: string, folders: Script['folders'] = three): Script => ({
  ...(folders === undefined ? {} : { folders }),
  on: ({ tag, name, args }, { send }) => {
    if (name !== 'UID SEARCH' || !words.test(args)) return false;
    send(answer.replaceAll('TAG', tag));
    return true;
  },
});

describe('a search on Exchange', () => {
  it('names no charset for what is ASCII', async () => {
    const { list, started } = await server({ folders: three });
    expect((await list({ from: 'grace' })).items.map(({ subject }) => subject)).toEqual(['Größe', 'Offer']);
    const asked = started.heard.filter((line) => line.startsWith('UID SEARCH'));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/FROM grace/);
    expect(asked[0]).not.toContain('CHARSET');
  });

  it('compares names and subjects beyond ASCII itself, and asks for the rest', async () => {
    const { list, started } = await server({ folders: three });
    expect((await list({ subject: 'größe', unread: true })).items.map(({ subject }) => subject)).toEqual(['Größe']);
    const asked = started.heard.filter((line) => line.startsWith('UID SEARCH')).join('\n');
    expect(asked).toContain('UNSEEN');
    expect(asked).not.toMatch(/CHARSET|SUBJECT/);
  });

  it.each([
    ['NO', 'TAG NO [BADCHARSET (US-ASCII)] The specified charset is not supported.\r\n'],
    ['BAD', 'TAG BAD Command Argument Error. 11\r\n'],
  ])('falls back to comparing itself if the server answers %s to words', async (_, answer) => {
    const { list, started } = await server(searching(/FROM/, answer));
    const page = await list({ from: 'grace', unread: true });
    expect(page.items.map(({ subject }) => subject)).toEqual(['Größe', 'Offer']);
    expect(page.scannedUntil).toBeNull();
    expect(started.heard.filter((line) => line.startsWith('UID SEARCH'))).toHaveLength(2);
  });

  it('searches by UIDs alone if the server refuses every criterion', async () => {
    const { list } = await server(searching(/FROM|SEEN/, 'TAG BAD Command Argument Error. 11\r\n'));
    expect((await list({ from: 'grace', unread: true })).items).toHaveLength(2);
  });

  it('reports a server that refuses to search texts instead of reading all messages', async () => {
    const refusing = searching(/CHARSET|TEXT/, 'TAG NO [BADCHARSET] Not supported.\r\n');
    const { list } = await server(refusing);
    await expect(list({ text: 'größe' })).rejects.toMatchObject({ code: 'search_refused', status: 422 });
  });

  it('does not mistake throttling for a refusal', async () => {
    const throttling = searching(
      /FROM/,
      'TAG BAD Request is throttled. Suggested Backoff Time: 89000 milliseconds\r\n',
    );
    const { list, started } = await server(throttling);
    await expect(list({ from: 'grace' })).rejects.toMatchObject({
      ...{ code: 'imap_throttled', status: 503 },
      retry: { until: expect.any(Date) },
    });
    const { connections } = started;
    // Nobody else in this process asks until then.
    await expect(list({})).rejects.toMatchObject({ code: 'imap_throttled' });
    expect(started.connections).toBe(connections);
  });

  it('ignores results that do not match, do not exist or are out of range', async () => {
    const { list } = await server(searching(/FROM/, '* SEARCH 7 9 4000000000 3 5\r\nTAG OK SEARCH completed.\r\n'));
    expect((await list({ from: 'grace' })).items.map(({ subject }) => subject)).toEqual(['Größe', 'Offer']);
  });
});

describe('a list on Exchange', () => {
  it('leaves out a message that the server does not answer for, and goes on below it', async () => {
    const { list } = await server({
      folders: three,
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'UID FETCH' || !/^9 |^7,9 /.test(args)) return false;
        send(`${tag} OK FETCH completed.\r\n`);
        return true;
      },
    });
    const first = await list({}, 1);
    expect(first.items.map(({ subject }) => subject)).toEqual(['Invoice']);
    const second = await list({}, 1, first.cursor);
    expect(second.items.map(({ subject }) => subject)).toEqual(['Offer']);
    expect(second.cursor).toBeUndefined();
  });

  it('asks for one message alone where the server refuses several, and does without what it cannot tell', async () => {
    const { list } = await server({
      folders: three,
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'UID FETCH' || !args.includes('BODYSTRUCTURE')) return false;
        send(`${tag} NO The requested message could not be converted.\r\n`);
        return true;
      },
    });
    const { items } = await list({});
    expect(items.map(({ hasAttachments }) => hasAttachments)).toEqual([null, null, null]);
  });

  it('tells a cursor from before the folder was renumbered', async () => {
    const { list } = await server({ folders: three });
    const { cursor } = await list({}, 1);
    const other = await server({ folders: { INBOX: { ...three.INBOX, uidValidity: 15 } } });
    await expect(other.list({}, 1, cursor)).rejects.toMatchObject({ code: 'cursor_stale', status: 409 });
  });

  it('tells a folder that vanishes between two calls', async () => {
    let exists = true;
    const { world } = await server({
      folders: { ...three, Sent: { uidValidity: 1, uidNext: 1, messages: [] } },
      on: ({ tag, name, args }, { send }) => {
        if (exists || name !== 'EXAMINE' || !args.includes('Sent')) return false;
        send(`${tag} NO Sent doesn't exist.\r\n`);
        return true;
      },
    });
    const sent = { folder: { path: 'Sent' }, query: {}, limit: 5, cursor: undefined };
    expect((await world.reading.messages(world.reader, sent)).items).toEqual([]);
    exists = false;
    await expect(world.reading.messages(world.reader, sent)).rejects.toMatchObject({ code: 'no_such_folder' });
  });

  it('costs one search of a stretch of UIDs and one fetch in a folder of 50,000 messages, among 200 folders', async () => {
    const many = Array.from({ length: 50_000 }, (_, n) => mail(10 * (n + 1), `mail ${n}`, 'Grace <grace@x.example>'));
    const empty = { uidValidity: 1, uidNext: 1, messages: [] };
    const others = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`Project ${n}`, empty]));
    const { list, started, world } = await server({ folders: { ...inbox(...many), ...others } });
    const page = await list({}, 10);
    expect(page.items.at(-1)?.subject).toBe('mail 49990');
    const asked = started.heard.filter((line) => /^UID/.test(line));
    expect(asked.filter((line) => line.includes('SEARCH'))).toEqual(['UID SEARCH UID 499801:500000']);
    expect(asked.filter((line) => line.includes('FETCH'))).toHaveLength(1);
    // One LIST, and a STATUS for each folder that is counted.
    const tree = await world.reading.folders(world.reader, { counts: ['inbox'], limit: 200 });
    expect(tree.items).toHaveLength(200);
    expect(tree.cursor).toBeDefined();
    expect(started.heard.filter((line) => line.startsWith('STATUS'))).toHaveLength(1);
  });

  it('looks at no more than it may in one call, and says how far it came', async () => {
    const many = Array.from({ length: 1_400 }, (_, n) =>
      mail(n + 1, n === 100 ? 'wanted' : 'other', 'Grace <grace@x.example>'),
    );
    const { list } = await server({ folders: inbox(...many) });
    const first = await list({ subject: 'wanted', literal: true });
    expect(first).toMatchObject({ items: [], scannedUntil: '2026-03-01T10:00:00.000Z', cursor: expect.any(String) });
    const second = await list({ subject: 'wanted', literal: true }, 50, first.cursor);
    expect(second).toMatchObject({ items: [{ subject: 'wanted' }], scannedUntil: null });
    expect(second.cursor).toBeUndefined();
  });
});
