import { text } from 'node:stream/consumers';
import type { ImapFlow } from 'imapflow';
import { expect, it } from 'vitest';
import { hourMs, secondMs } from '../src/lib/domain/duration.ts';
import { cancelled, sent, unknownNow } from '../src/lib/domain/submission-steps.ts';
import { draftHeader } from '../src/lib/store/submissions/draft.ts';
import { type DraftsWorld, draftsWorld } from './support/drafts-world.ts';
import { composeMail } from './support/mail.ts';
import { describeMailboxServers } from './support/mailbox-servers.ts';

const grace = 'Grace Hopper <grace@fabrikam.example>';
const first = { to: grace, bcc: 'secret@fabrikam.example', subject: 'Offer', text: 'Dear Grace,' };

describeMailboxServers('drafts of a mailbox', { mailboxes: 30, open: draftsWorld }, ({ onEach }) => {
  let world: DraftsWorld;
  let outlook: ImapFlow;
  onEach((given) => {
    world = given.world;
    outlook = given.other;
  });

  /** What lies in Drafts, as any other program sees it. */
  const inDrafts = async () => {
    // Opened again: changes by others to an open folder show late.
    await outlook.mailboxOpen('INBOX');
    const lock = await outlook.getMailboxLock('Drafts');
    try {
      const all: { uid: number; source: string; flags: readonly string[] }[] = [];
      for await (const { uid, source, flags } of outlook.fetch('1:*', { source: true, flags: true })) {
        all.push({ uid, source: source?.toString() ?? '', flags: [...(flags ?? [])] });
      }
      return all;
    } finally {
      lock.release();
    }
  };
  const create = (fields: object = first, close = false) =>
    world.drafts.create(world.reader, world.fields(fields, close));
  const put = (id: string, base: number, fields: object, close = false) =>
    world.drafts.put(world.reader, id, { base, ...world.fields(fields, close) });
  const get = (id: string) => world.drafts.get(world.reader, id);
  const done = async (result: ReturnType<typeof put>) => {
    const told = await result;
    if (told.kind !== 'done') throw new Error(`refused: ${told.code}`);
    return told.shown;
  };
  const headerIn = (source: string, name: string) =>
    new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, 'mi').exec(source)?.[1];

  /** Another program edits a draft: another message, with the headers as they were. */
  const editInOutlook = async (words: string, keepsHeader = true) => {
    const [found] = await inDrafts();
    const source = (found?.source ?? '')
      .replace(/Dear[^\r]*/, words)
      .replace(new RegExp(`^${draftHeader}:.*\\r\\n`, 'm'), keepsHeader ? '$&' : '');
    await outlook.append('Drafts', source, ['\\Draft', '\\Seen']);
    const lock = await outlook.getMailboxLock('Drafts');
    await outlook.messageDelete(String(found?.uid), { uid: true });
    lock.release();
  };

  it('are in Drafts at once, with Bcc, as a draft that has been seen', async () => {
    const { row, fields } = await create();
    const [message, ...others] = await inDrafts();
    expect(others).toEqual([]);
    expect(message?.flags).toEqual(expect.arrayContaining(['\\Draft', '\\Seen']));
    expect(headerIn(message?.source ?? '', 'Bcc')).toBe('secret@fabrikam.example');
    expect(headerIn(message?.source ?? '', 'Message-ID')).toBe(row.draft.messageId);
    expect(headerIn(message?.source ?? '', draftHeader)).toMatch(new RegExp(`^${row.draft.id} 1 `));
    expect(fields).toMatchObject({ subject: 'Offer', text: 'Dear Grace,', to: [{ name: 'Grace Hopper' }] });
  });

  it('are saved in the working copy at once, and reach Drafts at most every 30 s', async () => {
    const { row } = await create();
    const { id, messageId } = row.draft;
    expect(await done(put(id, 1, { ...first, text: 'Dear Grace, two' }))).toMatchObject({
      row: { draft: { version: 2 } },
      fields: { text: 'Dear Grace, two' },
    });
    await done(put(id, 2, { ...first, text: 'Dear Grace, three' }));
    expect((await inDrafts()).map(({ source }) => source)).toEqual([expect.stringContaining('Dear Grace,\r\n')]);
    expect(world.waiting()).toBe(1);
    world.clock.ahead(31 * secondMs);
    await world.work();
    const [message, ...others] = await inDrafts();
    expect(others).toEqual([]);
    expect(message?.source).toContain('Dear Grace, three');
    expect(headerIn(message?.source ?? '', 'Message-ID')).toBe(messageId);
    expect(world.waiting()).toBe(0);
  });

  it('are stored when they are closed, and then read from Drafts, files included', async () => {
    const file = { filename: 'prices.csv', contentType: 'text/csv', content: Buffer.from('a;b').toString('base64') };
    const { row } = await create({ ...first, attachments: [file] });
    const { id } = row.draft;
    await done(put(id, 1, { ...first, html: '<p>Dear <b>Grace</b></p>' }));
    const kept = (await get(id)).fields?.files ?? [];
    expect(kept).toEqual([]);
    const closed = await done(put(id, 2, { ...first, html: '<p>Dear <b>Grace</b></p>', attachments: [file] }, true));
    expect(closed.row.draft).toMatchObject({ copy: undefined, uploads: [], version: 3 });
    expect(world.blobs.names().filter((name) => name.startsWith('draft_'))).toEqual([]);
    expect(closed.fields).toMatchObject({
      ...{ subject: 'Offer', bcc: [{ address: 'secret@fabrikam.example' }] },
      html: expect.stringContaining('<b>Grace</b>'),
      files: [{ filename: 'prices.csv', contentType: 'text/csv', source: { part: expect.any(String) } }],
    });
    // What it says names the file for the next change.
    const [part] = closed.fields?.files ?? [];
    const again = await done(put(id, 3, { ...first, attachments: [part?.source ?? {}] }));
    const [upload] = again.fields?.files ?? [];
    if (upload === undefined || !('uploadId' in upload.source)) throw new Error('no upload');
    const { bytes } = await world.sending.uploads.open(world.row.id, upload.source.uploadId);
    expect(await text(bytes)).toBe('a;b');
    // However old it is, a draft keeps what it uses.
    world.clock.ahead(26 * hourMs);
    await done(put(id, 4, { ...first, attachments: [upload.source] }));
  });

  it.each([true, false])(
    'drafts that Outlook has changed refuse a change of what was before (header kept: %s)',
    async (keeps) => {
      const { row } = await create();
      const { id } = row.draft;
      await editInOutlook('Dear from Outlook', keeps);
      world.clock.ahead(31 * secondMs);
      const refused = await put(id, 1, { ...first, text: 'Dear mine' });
      expect(refused).toMatchObject({
        ...{ kind: 'refused', code: 'draft_changed' },
        current: { row: { draft: { version: 2 } }, fields: { text: expect.stringContaining('Dear from Outlook') } },
      });
      await done(put(id, 2, { ...first, text: 'Dear both' }, true));
      const [message, ...others] = await inDrafts();
      expect(others).toEqual([]);
      expect(message?.source).toContain('Dear both');
    },
  );

  it('keep what was saved too late beside the version of Outlook', async () => {
    const { row } = await create();
    const { id } = row.draft;
    await done(put(id, 1, { ...first, text: 'Dear mine' }));
    await editInOutlook('Dear from Outlook');
    world.clock.ahead(31 * secondMs);
    await world.work();
    const shown = await get(id);
    expect(shown.row.draft.version).toBe(3);
    expect(shown.fields?.text).toContain('Dear from Outlook');
    expect(shown.overtaken?.text).toBe('Dear mine');
    expect(await put(id, 2, first)).toMatchObject({ kind: 'refused', code: 'draft_changed' });
    expect((await inDrafts()).length).toBe(1);
  });

  it('drafts that Outlook has deleted do not come back', async () => {
    const { row } = await create();
    const lock = await outlook.getMailboxLock('Drafts');
    await outlook.messageDelete('1:*');
    lock.release();
    world.clock.ahead(31 * secondMs);
    expect(await put(row.draft.id, 1, first)).toMatchObject({
      ...{ kind: 'refused', code: 'draft_changed' },
      current: { row: { draft: { deleted: true, version: 2 } }, fields: undefined },
    });
    expect(await inDrafts()).toEqual([]);
    await done(put(row.draft.id, 2, first, true));
    expect((await inDrafts()).length).toBe(1);
  });

  it('let one of two clients win, and tell the other what is there now', async () => {
    const { row } = await create();
    const { id } = row.draft;
    const rival = await Promise.all([
      put(id, 1, { ...first, text: 'Dear one' }),
      put(id, 1, { ...first, text: 'Dear other' }),
    ]);
    expect(rival.map(({ kind }) => kind).toSorted()).toEqual(['done', 'refused']);
    const won = rival.find(({ kind }) => kind === 'done');
    const lost = rival.find(({ kind }) => kind === 'refused');
    expect(lost).toMatchObject({
      code: 'draft_changed',
      current: { fields: won?.kind === 'done' ? { text: won.shown.fields?.text } : {} },
    });
  });

  it('answer a mail with its quote, conversation and recipients, to be edited', async () => {
    const original = await composeMail({
      ...{ from: grace, to: world.row.address, subject: 'Question', text: 'How much?' },
      messageId: '<question@fabrikam.example>',
    });
    await outlook.append('INBOX', original, []);
    const { items } = await world.reading.messages(world.reader, {
      ...{ folder: { role: 'inbox' }, query: {}, limit: 1, cursor: undefined },
    });
    const made = await create({ reply: items[0]?.messageRef ?? '', text: 'Ten.' }, false);
    expect(made.fields).toMatchObject({
      ...{ subject: 'Re: Question', to: [{ address: 'grace@fabrikam.example' }] },
      ...{ inReplyTo: '<question@fabrikam.example>', text: expect.stringMatching(/^Ten\.[\s\S]*How much\?/) },
    });
    const saved = await done(put(made.row.draft.id, 1, { to: grace, subject: 'Re: Question', text: 'Eleven.' }, true));
    const [message] = await inDrafts();
    expect(headerIn(message?.source ?? '', 'In-Reply-To')).toBe('<question@fabrikam.example>');
    expect(saved.fields?.text).toContain('Eleven.');
    expect(saved.fields?.text).not.toContain('How much?');
  });

  it('go to the folder for deleted ones when they are discarded', async () => {
    const { row } = await create();
    expect(await world.drafts.discard(world.reader, row.draft.id, 7)).toMatchObject({ code: 'draft_changed' });
    expect(await world.drafts.discard(world.reader, row.draft.id, 1)).toBeUndefined();
    expect(await inDrafts()).toEqual([]);
    const trash = { folder: { role: 'trash' as const }, query: {}, limit: 5, cursor: undefined };
    expect((await world.reading.messages(world.reader, trash)).items).toMatchObject([{ subject: 'Offer' }]);
    await expect(get(row.draft.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(world.blobs.names()).toEqual([]);
  });

  const wish = { keyId: 'key', sendAt: undefined, expiresIn: undefined, onUnknown: 'ask' as const };
  const send = async (id: string, base: number, sendAt?: Date) => {
    const submission = await world.drafts.send(world.reader, id, { ...wish, base, sendAt });
    if ('kind' in submission) throw new Error(`refused: ${submission.code}`);
    return submission;
  };

  it('are deleted only when the message was sent, and locked until then', async () => {
    const { row } = await create();
    const { id, messageId } = row.draft;
    const submission = await send(id, 1);
    expect(submission).toMatchObject({ state: 'queued', ourMessageId: messageId, draftId: id });
    expect((await send(id, 1)).id).toBe(submission.id);
    expect(await put(id, 1, first)).toMatchObject({ kind: 'refused', code: 'draft_locked' });
    expect(await world.drafts.discard(world.reader, id, 1)).toMatchObject({ code: 'draft_locked' });
    await world.work();
    expect((await inDrafts()).length).toBe(1);
    await world.end(submission.id, (current) => sent(current, new Date(world.clock.now()), { refused: [] }));
    await world.work();
    expect(await inDrafts()).toEqual([]);
    await expect(get(id)).rejects.toMatchObject({ code: 'not_found' });
    expect(world.blobs.names()).toEqual([]);
  });

  it('stay, locked, while it is unknown whether they were sent', async () => {
    const { row } = await create();
    const { id } = row.draft;
    const submission = await send(id, 1);
    await world.end(submission.id, (current) =>
      unknownNow({ ...current, state: 'sending' }, new Date(world.clock.now())),
    );
    await world.work();
    expect((await inDrafts()).length).toBe(1);
    expect(await put(id, 1, first)).toMatchObject({ kind: 'refused', code: 'draft_locked' });
    expect((await get(id)).row.draft.submission?.id).toBe(submission.id);
  });

  it('leave Drafts when they are scheduled, and come back when that is cancelled', async () => {
    const { row } = await create();
    const { id, messageId } = row.draft;
    const submission = await send(id, 1, new Date(world.clock.now() + hourMs));
    expect(await inDrafts()).toEqual([]);
    expect((await get(id)).fields?.text).toBe('Dear Grace,');
    await world.end(submission.id, (current) => cancelled(current, new Date(world.clock.now())));
    await world.work();
    const [message, ...others] = await inDrafts();
    expect(others).toEqual([]);
    expect(headerIn(message?.source ?? '', 'Message-ID')).toBe(messageId);
    expect(headerIn(message?.source ?? '', 'Bcc')).toBe('secret@fabrikam.example');
    await done(put(id, 1, { ...first, text: 'Dear Grace, again' }));
  });

  it('drafts without recipients can be saved, and are refused when they are sent', async () => {
    const { row } = await create({ subject: 'Nobody yet' });
    await expect(send(row.draft.id, 1)).rejects.toMatchObject({ code: 'invalid_request' });
    await done(put(row.draft.id, 1, first));
  });

  it('drafts that were edited in Outlook are sent as they are there', async () => {
    const { row } = await create(first, true);
    await editInOutlook('Dear from Outlook');
    expect(await world.drafts.send(world.reader, row.draft.id, { ...wish, base: 1 })).toMatchObject({
      code: 'draft_changed',
    });
    const submission = await send(row.draft.id, 2);
    const found = await world.sending.submissions.read(submission.id);
    expect(found).toMatchObject({ ourMessageId: row.draft.messageId });
    await world.end(submission.id, (current) => sent(current, new Date(world.clock.now()), { refused: [] }));
    await world.work();
    expect(await inDrafts()).toEqual([]);
  });
});
