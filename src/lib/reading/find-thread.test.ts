import { afterEach, describe, expect, it } from 'vitest';
import { type ReadingWorld, readingWorld } from '../../../test/support/reading-world.ts';
import { type Script, type ScriptedImap, startScriptedImap } from '../../../test/support/scripted-imap.ts';

const servers: ScriptedImap[] = [];
const worlds: ReadingWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const mail = (uid: number, id: string, answers?: string) => ({
  uid,
  source: `Message-ID: <${id}>\r\nFrom: Grace <grace@x.example>\r\nSubject: ${id}\r\n${
    answers === undefined ? '' : `In-Reply-To: <${answers}>\r\n`
  }\r\nbody\r\n`,
  structure: '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 1)',
});

const folder = (...messages: readonly ReturnType<typeof mail>[]) => ({
  ...{ uidValidity: 14, uidNext: (messages.at(-1)?.uid ?? 0) + 1, messages },
});

const folders = {
  INBOX: folder(mail(3, 'first'), mail(7, 'other'), mail(9, 'third', 'second')),
  Sent: folder(mail(1, 'second', 'first')),
  Projects: folder(mail(1, 'fourth', 'third')),
};

async function start(script: Script) {
  const server = await startScriptedImap({ folders, ...script });
  servers.push(server);
  const world = readingWorld(
    { host: '127.0.0.1', port: server.port, secure: false, tokenFor: () => 'token' },
    'ada@contoso.example',
  );
  worlds.push(world);
  const listed = await world.reading.messages(world.reader, {
    ...{ folder: { role: 'inbox' }, query: {}, limit: 5, cursor: undefined },
  });
  const { decodeMessageRef } = await import('../delivery/events/message-ref.ts');
  const ref = decodeMessageRef(listed.items.at(-1)?.messageRef ?? '');
  if (ref === undefined) throw new Error('no reference');
  return { server, thread: (path?: string) => world.reading.thread(world.reader, { ref, folders: [], path }) };
}

const all = ['first', 'second', 'third'];

describe('a conversation on Exchange', () => {
  it('is found in the watched folders, in Sent and Archive, and names the folders that are left', async () => {
    const { thread, server } = await start({});
    const found = await thread();
    expect(found.items.map(({ subject }) => subject).sort()).toEqual(all);
    expect(found).toMatchObject({
      ...{ complete: false, missing: [] },
      left: [{ path: 'Projects', role: null, scannedUntil: null }],
    });
    expect(server.heard.join('\n')).not.toContain('CHARSET');
  });

  it('is whole with the folder that the caller names', async () => {
    const { thread } = await start({});
    const found = await thread('Projects');
    expect(found.items.map(({ subject }) => subject).sort()).toEqual([...all, 'fourth'].sort());
    expect(found).toMatchObject({ complete: true, left: [] });
    await expect(thread('Nowhere')).rejects.toMatchObject({ code: 'no_such_folder', status: 404 });
  });

  it.each([
    ['refuses the search', (tag: string) => `${tag} BAD Command Argument Error. 11\r\n`],
    ['finds nothing, not even the message itself', (tag: string) => `* SEARCH\r\n${tag} OK SEARCH completed.\r\n`],
  ])('is compared message by message where the server %s', async (_, answer) => {
    const { thread } = await start({
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'UID SEARCH' || !args.includes('HEADER')) return false;
        send(answer(tag));
        return true;
      },
    });
    const found = await thread('Projects');
    expect(found.items.map(({ subject }) => subject).sort()).toEqual([...all, 'fourth'].sort());
    expect(found.complete).toBe(true);
  });

  it('says how far a large folder was compared', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) =>
      mail(n + 1, n === 0 ? 'second' : `m${n}`, n === 0 ? 'first' : undefined),
    );
    const { thread } = await start({
      folders: { INBOX: folders.INBOX, Sent: folder(...many) },
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'UID SEARCH' || !args.includes('HEADER')) return false;
        send(`${tag} NO [BADCHARSET] Not supported.\r\n`);
        return true;
      },
    });
    const found = await thread();
    expect(found.items.map(({ subject }) => subject)).toEqual(['first']);
    expect(found).toMatchObject({
      complete: false,
      left: [{ path: 'Sent', scannedUntil: expect.stringMatching(/Z$/) }],
    });
  });

  it('passes over a folder that vanishes meanwhile, and names the ids that were not found', async () => {
    const { thread } = await start({
      on: ({ tag, name, args }, { send }) => {
        if (name !== 'EXAMINE' || !args.includes('Sent')) return false;
        send(`${tag} NO Sent doesn't exist.\r\n`);
        return true;
      },
    });
    const found = await thread();
    expect(found.items.map(({ subject }) => subject)).toEqual(['first']);
  });
});
