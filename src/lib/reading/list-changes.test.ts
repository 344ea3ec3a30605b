import { afterEach, describe, expect, it } from 'vitest';
import { type ReadingWorld, readingWorld } from '../../../test/support/reading-world.ts';
import { type ScriptedImap, startScriptedImap } from '../../../test/support/scripted-imap.ts';
import { decodeChangesCursor, encodeChangesCursor } from './changes-cursor.ts';

const servers: ScriptedImap[] = [];
const worlds: ReadingWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function inbox(count: number, uidValidity = 14) {
  const messages = Array.from({ length: count }, (_, n) => ({
    uid: n + 1,
    flags: n % 2 === 0 ? '\\Seen' : '',
    source: `Message-ID: <${n + 1}@x>\r\nFrom: g@x.example\r\nSubject: ${n + 1}\r\n\r\nbody\r\n`,
    structure: '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 1)',
  }));
  const server = await startScriptedImap({ folders: { INBOX: { uidValidity, uidNext: count + 1, messages } } });
  servers.push(server);
  const world = readingWorld(
    { host: '127.0.0.1', port: server.port, secure: false, tokenFor: () => 'token' },
    'ada@contoso.example',
  );
  worlds.push(world);
  return (since?: string, limit = 2) =>
    world.reading.changes(world.reader, { folder: { role: 'inbox' }, since, limit });
}

describe('changed flags on Exchange, which does not count changes', () => {
  it('are the flags of all messages as they are now, page by page, and from the newest again after the last', async () => {
    const changes = await inbox(5);
    const pages = [await changes()];
    for (let n = 0; n < 3; n += 1) pages.push(await changes(pages.at(-1)?.since));
    expect(pages.map(({ items }) => items.map(({ seen }) => seen))).toEqual([
      [true, false],
      [true, false],
      [true],
      [true, false],
    ]);
    expect(pages.map(({ more }) => more)).toEqual([true, true, false, true]);
    expect(pages.every(({ changedOnly }) => !changedOnly)).toBe(true);
    expect(pages[3]?.items).toEqual(pages[0]?.items);
  });

  it('end with an empty page where the last one was full', async () => {
    const changes = await inbox(2);
    const first = await changes();
    expect([first.items.length, first.more]).toEqual([2, true]);
    expect(await changes(first.since)).toMatchObject({ items: [], more: false });
  });

  it('begin again after the folder was renumbered, and refuse what is no cursor of the folder', async () => {
    const { since } = await (await inbox(3))();
    await expect((await inbox(3, 15))(since)).rejects.toMatchObject({ code: 'cursor_stale', status: 409 });
    await expect((await inbox(3))('nonsense')).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

it('a cursor comes back as it was', () => {
  const cursor = { folderId: 'abcdefgh', uidValidity: 14n, modseq: 2n ** 60n, target: 7n, uid: 4_000_000_000 };
  expect(decodeChangesCursor(encodeChangesCursor(cursor))).toEqual(cursor);
  expect(decodeChangesCursor('x')).toBeUndefined();
});
