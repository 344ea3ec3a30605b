import { afterEach, describe, expect, it } from 'vitest';
import { type ReadingWorld, readingWorld } from '../../../test/support/reading-world.ts';
import { type ScriptedImap, startScriptedImap } from '../../../test/support/scripted-imap.ts';
import { referenceIn } from './find-referenced.ts';

const servers: ScriptedImap[] = [];
const worlds: ReadingWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const offer = (uid: number) => ({
  uid,
  source: 'Message-ID: <offer@x>\r\nFrom: Grace <grace@x.example>\r\nSubject: Offer\r\n\r\nbody\r\n',
  structure: '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 1)',
});
const folder = (uidValidity: number, ...messages: readonly ReturnType<typeof offer>[]) => ({
  ...{ uidValidity, uidNext: 100, messages },
});
/** As many folders as an old mailbox has, none of which has a role. */
const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`Project ${n}`, folder(1)]));

async function mailbox(folders: Readonly<Record<string, ReturnType<typeof folder>>>) {
  const server = await startScriptedImap({ folders });
  servers.push(server);
  const world = readingWorld(
    { host: '127.0.0.1', port: server.port, secure: false, tokenFor: () => 'token' },
    'ada@contoso.example',
  );
  worlds.push(world);
  const list = async () =>
    (await world.reading.messages(world.reader, { folder: { role: 'inbox' }, query: {}, limit: 5, cursor: undefined }))
      .items;
  const thread = (ref: string) =>
    world.reading.thread(world.reader, { ref: referenceIn(ref), folders: [], path: undefined });
  return { server, list, thread };
}

describe('a reference that is out of date', () => {
  it('leads to the message after its folder was renumbered, under its new number', async () => {
    const [{ messageRef: old = '' } = {}] = await (await mailbox({ INBOX: folder(14, offer(3)) })).list();
    const { thread, list } = await mailbox({ INBOX: folder(15, offer(1)) });
    const [found] = (await thread(old)).items;
    expect(found).toMatchObject({ subject: 'Offer', messageRef: (await list())[0]?.messageRef });
    expect(found?.messageRef).not.toBe(old);
  });

  it('is not taken for another message that has its number now', async () => {
    const [{ messageRef: old = '' } = {}] = await (await mailbox({ INBOX: folder(14, offer(3)) })).list();
    const other = { ...offer(3), source: 'Message-ID: <b@x>\r\nFrom: b@x\r\nSubject: Other\r\n\r\nbody\r\n' };
    const { thread } = await mailbox({ INBOX: folder(14, other) });
    await expect(thread(old)).rejects.toMatchObject({ code: 'message_gone', status: 410 });
  });

  it('a reference to a deleted message is 410 where every folder was looked into, and 404 where there are many', async () => {
    const [{ messageRef: old = '' } = {}] = await (await mailbox({ INBOX: folder(14, offer(3)) })).list();
    const small = await mailbox({ INBOX: folder(14), Projects: folder(1) });
    await expect(small.thread(old)).rejects.toMatchObject({ code: 'message_gone', status: 410 });
    const large = await mailbox({ INBOX: folder(14), ...many });
    await expect(large.thread(old)).rejects.toMatchObject({ code: 'not_found_here', status: 404 });
    // It was looked for in the two folders that are watched, and not in two hundred.
    const opened = large.server.heard.filter((line) => line.startsWith('EXAMINE'));
    expect([...new Set(opened)].toSorted()).toEqual(['EXAMINE "Gesendete Elemente"', 'EXAMINE INBOX']);
  });
});
