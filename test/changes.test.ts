import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeImapServers } from './support/imap-servers.ts';
import { composeMail } from './support/mail.ts';
import { accepted, eventsOf, startWorld, type World } from './support/world.ts';

interface Body {
  data: Record<string, unknown> & { messageKey: string; subject?: string };
}

const ada = 'ada@contoso.example';

describeImapServers('what an owner does to mail that was delivered', (imap) => {
  let world: World;
  let client: ImapFlow;
  let mailboxId: string;
  const keys = new Map<string, string>();
  const uids = new Map<string, number>();

  const bodies = (type: string) =>
    world.standIns.nocobase
      .events()
      .filter(accepted(type))
      .map((event) => (event.body as Body).data);
  const changes = (subject: string) =>
    [...bodies('message.updated'), ...bodies('message.removed')].filter(
      ({ messageKey }) => messageKey === keys.get(subject),
    );
  const about = (subject: string, type: string) => (event: Parameters<ReturnType<typeof accepted>>[0]) =>
    accepted(type)(event) && (event.body as Body).data.messageKey === keys.get(subject);

  /** As a mail program does it, in a session of its own. */
  async function inMailbox(work: (uid: string) => Promise<unknown>, subject: string): Promise<void> {
    await client.mailboxOpen('INBOX');
    await work(String(uids.get(subject)));
    await client.mailboxClose();
  }

  beforeAll(async () => {
    world = await startWorld({ imap });
    ({ mailboxId } = await world.connect(ada, { folders: ['inbox', 'archive'] }));
    const subjects = ['to read', 'to delete', 'to move', 'to leave', 'by HTTP'];
    for (const subject of subjects) {
      uids.set(
        subject,
        await world.standIns.imap.deliver(ada, await composeMail({ from: 'g@c.example', to: ada, subject, text: 'x' })),
      );
    }
    for (const event of await eventsOf(world, subjects.length, accepted('message.received'))) {
      const { data } = event.body as Body;
      keys.set(String(data.subject), data.messageKey);
    }
    const { body } = await world.api('POST', `mailboxes/${mailboxId}/token`, { body: {} });
    const { host, port, secure } = world.services.stack.imap;
    client = new ImapFlow({ host, port, secure, logger: false, auth: { user: ada, accessToken: body.accessToken } });
    await client.connect();
  });
  afterAll(async () => {
    await client?.logout();
    await world?.stop();
  });

  it('comes as one message.updated when a mail was read', async () => {
    await inMailbox((uid) => client.messageFlagsAdd(uid, ['\\Seen'], { uid: true }), 'to read');
    await eventsOf(world, 1, about('to read', 'message.updated'));
    expect(changes('to read')).toMatchObject([
      {
        change: 'flags',
        seen: true,
        flagged: false,
        answered: false,
        folder: { role: 'inbox' },
        mailbox: { address: ada },
      },
    ]);
  });

  it('says of a change over HTTP which request caused it', async () => {
    const of = (type: string) => bodies(type).find(({ messageKey }) => messageKey === keys.get('by HTTP'));
    const ref = String(of('message.received')?.messageRef);
    const { body } = await world.api('PATCH', `mailboxes/${mailboxId}/messages/${ref}`, {
      body: { seen: true, moveTo: 'archive' },
    });
    await eventsOf(world, 1, about('by HTTP', 'message.updated'));
    expect(body.requestId).toMatch(/^[\w-]{20,}$/);
    expect(of('message.updated')).toMatchObject({ seen: true, messageRef: body.message.messageRef });
    // A poll may come between the flag and the move; each event is sent once, with the request's id.
    for (const event of changes('by HTTP')) expect(event.causedBy).toBe(body.requestId);
  });

  it('comes as one message.removed when a mail was deleted', async () => {
    await inMailbox((uid) => client.messageDelete(uid, { uid: true }), 'to delete');
    await eventsOf(world, 1, about('to delete', 'message.removed'));
    expect(changes('to delete')).toMatchObject([{ folder: { path: 'INBOX', role: 'inbox' } }]);
  });

  it('comes as one message.updated when a mail was moved to another folder', async () => {
    await inMailbox((uid) => client.messageMove(uid, 'Archive', { uid: true }), 'to move');
    await eventsOf(world, 1, about('to move', 'message.updated'));
    expect(changes('to move')).toMatchObject([
      { change: 'moved', folder: { role: 'archive' }, from: { role: 'inbox' } },
    ]);
  });

  it('is told once each, and of nothing else', async () => {
    // A mail that is read now is reported after several polls, and nothing came before it.
    for (let polls = 0; polls < 3; polls++) {
      await world.poll();
    }
    await inMailbox((uid) => client.messageFlagsAdd(uid, ['\\Flagged', '\\Seen'], { uid: true }), 'to leave');
    await eventsOf(world, 1, about('to leave', 'message.updated'));
    expect(bodies('message.received')).toHaveLength(5);
    const byOthers = bodies('message.updated').filter(({ causedBy }) => causedBy === undefined);
    expect(byOthers.map(({ change }) => change)).toEqual(['flags', 'moved', 'flags']);
    expect(bodies('message.removed')).toHaveLength(1);
    expect(bodies('message.vanished')).toEqual([]);
  });
});
