import { afterEach, describe, expect, it } from 'vitest';
import {
  type ChangeableFolder,
  type ChangeableImapOptions,
  startChangeableImap,
} from '../../../test/support/changeable-imap.ts';
import { type ReadingWorld, readingWorld } from '../../../test/support/reading-world.ts';
import type { ScriptedImap } from '../../../test/support/scripted-imap.ts';
import { decodeMessageRef } from '../delivery/events/message-ref.ts';
import type { MessageChange } from './change.ts';

const servers: ScriptedImap[] = [];
const worlds: ReadingWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const mail = (uid: number, subject: string, flags = '') => ({
  ...{ uid, flags },
  source: `Message-ID: <${subject}@x>\r\nFrom: Grace <grace@x.example>\r\nSubject: ${subject}\r\n\r\nbody\r\n`,
  structure: '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 1)',
});
const folder = (uidValidity: number, ...messages: readonly ReturnType<typeof mail>[]): ChangeableFolder => ({
  ...{ uidValidity, uidNext: 100, messages: [...messages] },
});

/** Two messages in the inbox, and one that another program has marked as deleted and may still want back. */
async function mailbox(options: Omit<ChangeableImapOptions, 'folders'> = {}) {
  const folders: Record<string, ChangeableFolder> = {
    INBOX: folder(14, mail(1, 'one'), mail(2, 'two'), mail(3, 'marked by another', '\\Deleted')),
    Projects: folder(7),
  };
  const server = await startChangeableImap({ ...options, folders });
  servers.push(server);
  const world = readingWorld(
    { host: '127.0.0.1', port: server.port, secure: false, tokenFor: () => 'token' },
    'ada@contoso.example',
  );
  worlds.push(world);
  const list = { folder: { role: 'inbox' }, query: {}, limit: 9, cursor: undefined } as const;
  const { items } = await world.reading.messages(world.reader, list);
  const [one = '', two = ''] = items.map(({ messageRef }) => messageRef).reverse();
  const uids = (path: string) => folders[path]?.messages.map(({ uid }) => uid);
  const change = async (messageRefs: readonly string[], what: MessageChange) => {
    const results = await world.reading.change(world.reader, { requestId: 'req', messageRefs, change: what });
    return results.map((result) => (result.ok ? result.message : result.error.code));
  };
  const placeOf = (result: Awaited<ReturnType<typeof change>>[number] | undefined) =>
    typeof result === 'object' ? decodeMessageRef(result?.messageRef ?? '') : undefined;
  return { server, folders, refs: { one, two }, uids, change, placeOf };
}

const toProjects: MessageChange = { moveTo: { path: 'Projects' } };
/** Exchange's own oddity: it lists the message, and says OK to a FETCH of it without a word about it. */
const withoutAnswerFor = (uid: number, isOn: () => boolean): NonNullable<ChangeableImapOptions['on']> => {
  return ({ tag, name, args }, { send }) => {
    if (!isOn() || name !== 'UID FETCH' || !new RegExp(`^(.*,)?${uid}(,| )`).test(args)) return false;
    send(`${tag} OK FETCH completed.\r\n`);
    return true;
  };
};

describe('a mail server without MOVE', () => {
  it('gets COPY and UID EXPUNGE, and what another program has marked stays', async () => {
    const { server, refs, uids, change, placeOf } = await mailbox({ lacks: ['MOVE', 'UNSELECT'] });
    const [result] = await change([refs.one], { ...toProjects, seen: true });
    expect(result).toMatchObject({ folder: { path: 'Projects' }, seen: true });
    expect(placeOf(result)).toMatchObject({ uidValidity: 7n, uid: 100 });
    expect([uids('INBOX'), uids('Projects')]).toEqual([[2, 3], [100]]);
    expect(server.heard).not.toContain('EXPUNGE');
  });

  it('keeps the message where the copy is refused, unmarked', async () => {
    const { folders, refs, uids, change } = await mailbox({
      lacks: ['MOVE'],
      on: ({ tag, name }, { send }) => {
        if (name === 'UID COPY') send(`${tag} NO The quota is exceeded.\r\n`);
        return name === 'UID COPY';
      },
    });
    expect(await change([refs.one], toProjects)).toEqual(['change_refused']);
    expect(uids('INBOX')).toEqual([1, 2, 3]);
    expect(folders.INBOX?.messages[0]?.flags).toBe('');
  });
});

describe('a mail server without UIDPLUS', () => {
  it('moves by MOVE, and the new reference is looked for', async () => {
    const { refs, uids, change, placeOf } = await mailbox({ lacks: ['UIDPLUS'] });
    const [result] = await change([refs.one], toProjects);
    expect(placeOf(result)).toMatchObject({ uidValidity: 7n, uid: 100 });
    expect(uids('INBOX')).toEqual([2, 3]);
  });

  it('deletes nothing for good, because its EXPUNGE takes what another program has marked', async () => {
    const { server, folders, refs, uids, change } = await mailbox({ lacks: ['UIDPLUS', 'UNSELECT'] });
    expect(await change([refs.one, refs.two], { deletePermanently: true })).toEqual([
      'change_refused',
      'change_refused',
    ]);
    expect(uids('INBOX')).toEqual([1, 2, 3]);
    expect(folders.INBOX?.messages[0]?.flags).toBe('');
    expect(server.heard.filter((line) => /EXPUNGE|STORE/.test(line))).toEqual([]);
  });

  it('moves nothing if it has no MOVE either, for the same reason', async () => {
    const { server, refs, uids, change } = await mailbox({ lacks: ['MOVE', 'UIDPLUS', 'UNSELECT'] });
    expect(await change([refs.one], toProjects)).toEqual(['change_refused']);
    expect([uids('INBOX'), uids('Projects')]).toEqual([[1, 2, 3], []]);
    expect(server.heard.filter((line) => /EXPUNGE|STORE|COPY/.test(line))).toEqual([]);
    expect(await change([refs.one], { flagged: true })).toMatchObject([{ flagged: true }]);
  });
});

describe('a mail server that does not tell new UIDs (COPYUID)', () => {
  it.each([
    ['MOVE', []],
    ['COPY', ['MOVE']],
  ] as const)('has the new reference looked for after a %s', async (_, lacks) => {
    const { refs, change, placeOf } = await mailbox({ lacks, hidesCopyUid: true });
    const results = await change([refs.two, refs.one], toProjects);
    expect(results.map((result) => placeOf(result)?.uid)).toEqual([101, 100]);
  });

  it('leaves it unknown where the message is not found in the folder either', async () => {
    let inProjects: ChangeableFolder['messages'] | undefined;
    const { folders, refs, change } = await mailbox({
      hidesCopyUid: true,
      on: ({ name }) => {
        // A rule of the mailbox moves it on.
        if (name === 'EXAMINE') inProjects?.splice(0);
        return false;
      },
    });
    inProjects = folders.Projects?.messages;
    const [result] = await change([refs.one], toProjects);
    expect(result).toMatchObject({ messageRef: null, folder: { path: 'Projects' } });
  });
});

describe('a FETCH that is answered with nothing', () => {
  it('is no proof that the message is gone', async () => {
    let isOn = false;
    const { refs, uids, change } = await mailbox({ on: withoutAnswerFor(1, () => isOn) });
    isOn = true;
    expect(await change([refs.one], { seen: true })).toEqual(['not_found_here']);
    expect(await change([refs.one], { deletePermanently: true })).toEqual(['not_found_here']);
    expect(uids('INBOX')).toEqual([1, 2, 3]);
  });

  it('after the change does not have the old flags told as the current ones', async () => {
    let isOn = false;
    const unanswered = withoutAnswerFor(1, () => isOn);
    const { refs, change } = await mailbox({
      on: (command, connection) => {
        isOn ||= command.name === 'UID STORE';
        return unanswered(command, connection);
      },
    });
    expect(await change([refs.one], { seen: true })).toMatchObject([{ seen: true, flagged: false }]);
  });
});

describe('a folder that vanishes', () => {
  it('before the change takes its messages with it', async () => {
    const { folders, refs, change } = await mailbox();
    delete folders.INBOX;
    expect(await change([refs.one], { seen: true })).toEqual(['message_gone']);
  });

  it.each([
    ['flags', { flagged: true }],
    ['a move', toProjects],
    ['a deletion', { deletePermanently: true }],
  ] as const)('between the look at a message and %s is a refusal for this message', async (_, what) => {
    const { folders, refs, uids, change } = await mailbox({
      on: ({ name }) => {
        if (/^UID (STORE|MOVE)$/.test(name)) delete folders.INBOX;
        return false;
      },
    });
    expect(await change([refs.one], what)).toEqual(['change_refused']);
    expect(uids('Projects')).toEqual([]);
  });

  it.each([
    ['MOVE', []],
    ['COPY', ['MOVE']],
  ] as const)('as the target of a %s leaves the message where it is', async (_, lacks) => {
    const { folders, refs, uids, change } = await mailbox({
      lacks,
      on: ({ name }) => {
        if (name === 'SELECT') delete folders.Projects;
        return false;
      },
    });
    expect(await change([refs.one], toProjects)).toEqual(['change_refused']);
    expect(uids('INBOX')).toEqual([1, 2, 3]);
    expect(folders.INBOX?.messages[0]?.flags).toBe('');
  });

  it('between LIST and the search is no proof that the message is gone', async () => {
    const { folders, refs, change } = await mailbox({
      on: ({ name, args }) => {
        // Renamed, with the message in it, since it was listed.
        if (name === 'EXAMINE' && args.includes('Projects')) delete folders.Projects;
        return false;
      },
    });
    folders.INBOX?.messages.splice(0, 1);
    expect(await change([refs.one], { seen: true })).toEqual(['not_found_here']);
  });
});
