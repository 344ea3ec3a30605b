import type { ImapFlow } from 'imapflow';
import { expect, it } from 'vitest';
import type { MessageChange } from '../src/lib/changing/change.ts';
import type { FolderChoice } from '../src/lib/domain/mail/folder.ts';
import type { ImapServer } from './support/embedded.ts';
import { shortMail } from './support/mail.ts';
import { append, describeMailboxServers } from './support/mailbox-servers.ts';
import { type ReadingWorld, readingWorld } from './support/reading-world.ts';

describeMailboxServers('messages changed over HTTP', { mailboxes: 20, open: readingWorld }, ({ kind, onEach }) => {
  // The embedded server removes marked messages by CLOSE, however the folder was opened; no real one does.
  const sparesMarked = kind === 'dovecot';
  let server: ImapServer;
  let world: ReadingWorld;
  let other: ImapFlow;
  onEach((given) => {
    ({ server, world, other } = given);
  });

  const deliver = async (subject: string) => append(other, await shortMail(world.row.address, subject));
  const list = async (folder: FolderChoice = { role: 'inbox' }) =>
    (await world.reading.messages(world.reader, { folder, query: {}, limit: 100, cursor: undefined })).items;
  const refs = async () => (await list()).map(({ messageRef }) => messageRef).reverse();
  const change = (messageRefs: readonly string[], what: MessageChange) =>
    world.reading.change(world.reader, { requestId: 'req', messageRefs, change: what });
  const told = async (messageRefs: readonly string[], what: MessageChange) =>
    (await change(messageRefs, what)).map((result) => (result.ok ? result.message : result.error.code));

  it('sets and clears flags, as often as it is asked to', async () => {
    await deliver('one');
    const [ref = ''] = await refs();
    for (let n = 0; n < 2; n += 1) {
      expect(await told([ref], { seen: true, flagged: true })).toMatchObject([
        { messageRef: ref, seen: true, flagged: true, answered: false, folder: { path: 'INBOX' } },
      ]);
    }
    expect(await told([ref], { flagged: false, answered: true })).toMatchObject([
      { seen: true, flagged: false, answered: true },
    ]);
    expect((await list())[0]).toMatchObject({ seen: true, flagged: false, answered: true });
  });

  it('moves messages by role or path, and answers where each is now', async () => {
    for (const subject of ['one', 'two', 'three']) await deliver(subject);
    const [one = '', two = '', three = ''] = await refs();
    await other.mailboxCreate('Greenhouse');
    expect(await told([one], { moveTo: { role: 'archive' }, seen: true })).toMatchObject([
      { folder: { path: 'Archive', role: 'archive' }, seen: true },
    ]);
    const [junk, project] = [
      await told([two], { moveTo: { role: 'junk' } }),
      await told([three], { moveTo: { path: 'Greenhouse' } }),
    ];
    expect(junk).toMatchObject([{ folder: { role: 'junk' } }]);
    expect(project).toMatchObject([{ folder: { path: 'Greenhouse', role: null } }]);
    expect(await list()).toEqual([]);
    const moved = (await list({ path: 'Greenhouse' }))[0];
    expect(project).toMatchObject([{ messageRef: moved?.messageRef, fingerprint: moved?.fingerprint }]);
    // The new reference is good for the next change, and to move it where it is already changes nothing.
    const again = await told([moved?.messageRef ?? ''], { moveTo: { path: 'Greenhouse' }, flagged: true });
    expect(again).toMatchObject([{ messageRef: moved?.messageRef, flagged: true }]);
    expect(await list({ path: 'Greenhouse' })).toHaveLength(1);
  });

  it('puts messages into the folder for deleted ones, or deletes these alone for good', async () => {
    for (const subject of ['one', 'two', 'three']) await deliver(subject);
    const [one = '', two = ''] = await refs();
    expect(await told([one], { moveTo: { role: 'trash' } })).toMatchObject([{ folder: { role: 'trash' } }]);
    // Another program has marked this one, and must not lose it by our EXPUNGE.
    await other.mailboxOpen('INBOX');
    if (sparesMarked) await other.messageFlagsAdd('3', ['\\Deleted'], { uid: true });
    expect(await told([two], { deletePermanently: true })).toEqual([null]);
    expect((await list()).map(({ subject }) => subject)).toEqual(['three']);
    expect(await told([two], { seen: true })).toEqual(['message_gone']);
  });

  it('answers for each of a hundred messages, in their order, also where some are not there', async () => {
    for (let n = 0; n < 30; n += 1) await deliver(`mail ${n}`);
    const all = await refs();
    const asked = [...all.slice(0, 15), 'nonsense', ...all.slice(15)];
    const results = await change(asked, { seen: true });
    expect(results.map(({ messageRef }) => messageRef)).toEqual(asked);
    expect(results.map(({ ok }) => ok)).toEqual(asked.map((ref) => ref !== 'nonsense'));
    expect(results[15]).toMatchObject({ ok: false, error: { code: 'not_found_here' } });
    expect((await list()).every(({ seen }) => seen)).toBe(true);
  });

  it('changes a message that another program has moved meanwhile, where it is now', async () => {
    const uid = await deliver('moved');
    await deliver('stays');
    const [moved = '', stays = ''] = await refs();
    await other.mailboxOpen('INBOX');
    await other.messageMove(String(uid), 'Archive', { uid: true });
    expect(await told([moved, stays], { flagged: true })).toMatchObject([
      { folder: { path: 'Archive' }, flagged: true },
      { folder: { path: 'INBOX' }, flagged: true },
    ]);
  });

  it('lets the last of two who change the same message win, and tells each what it is then', async () => {
    await deliver('shared');
    const [ref = ''] = await refs();
    const rival = readingWorld(server, world.row.address);
    const [mine, theirs] = await Promise.all([
      change([ref], { moveTo: { role: 'archive' } }),
      rival.reading.change(rival.reader, {
        ...{ requestId: 'other', messageRefs: [ref] },
        change: { moveTo: { role: 'junk' } },
      }),
    ]);
    await rival.close();
    const where = [...(await list({ role: 'archive' })), ...(await list({ role: 'junk' }))];
    expect(where).toHaveLength(1);
    for (const [result] of [mine, theirs]) if (result?.ok !== true) expect(result?.error.code).toBe('not_found_here');
  });

  it('keeps categories where the server keeps keywords', async () => {
    await deliver('one');
    const [ref = ''] = await refs();
    expect(await told([ref], { addCategories: ['Sales', 'Q4'] })).toMatchObject([{ categories: ['Q4', 'Sales'] }]);
    expect(await told([ref], { removeCategories: ['Q4'] })).toMatchObject([{ categories: ['Sales'] }]);
  });

  it('changes nothing for a folder that is not there', async () => {
    await deliver('one');
    const [ref = ''] = await refs();
    await expect(change([ref], { moveTo: { path: 'Nowhere' }, seen: true })).rejects.toMatchObject({
      code: 'no_such_folder',
    });
    expect((await list())[0]?.seen).toBe(false);
  });
});
