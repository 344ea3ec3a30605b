import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDovecotForTests } from './support/dovecot.ts';
import type { ImapServer } from './support/embedded.ts';
import { shortMail } from './support/mail.ts';
import { type ReadingWorld, readingWorld } from './support/reading-world.ts';
import { describeNeeding } from './support/requirements.ts';

describeNeeding('dovecot', 'a mail server that counts changes (CONDSTORE)', () => {
  let server: ImapServer;
  let world: ReadingWorld;

  beforeAll(async () => {
    server = await startDovecotForTests({ everything: true });
    world = readingWorld(server, 'ada@contoso.example');
  });
  afterAll(async () => {
    await world?.close();
    await server?.stop();
  });

  it('tells only what changed since, in pages that lose nothing that changes meanwhile', async () => {
    const other = await world.client();
    for (const n of [1, 2, 3, 4]) await other.append('INBOX', await shortMail(world.row.address, `mail ${n}`));
    const changes = (since?: string, limit = 50) =>
      world.reading.changes(world.reader, { folder: { role: 'inbox' }, since, limit });
    const first = await changes();
    expect(first).toMatchObject({ items: [], changedOnly: true, more: false, folder: { messages: 4 } });
    expect(await changes(first.since)).toMatchObject({ items: [], changedOnly: true });

    await other.mailboxOpen('INBOX');
    await other.messageFlagsAdd('1', ['\\Seen']);
    await other.messageFlagsAdd('3', ['\\Flagged']);
    const second = await changes(first.since, 1);
    expect(second).toMatchObject({ items: [{ flagged: true, seen: false }], more: true });
    await other.messageFlagsAdd('4', ['\\Answered']);
    const third = await changes(second.since, 1);
    expect(third).toMatchObject({ items: [{ seen: true }], more: false });
    const fourth = await changes(third.since);
    expect(fourth).toMatchObject({ items: [{ answered: true }], more: false });
    expect((await changes(fourth.since)).items).toEqual([]);
    await other.logout();
  });
});
