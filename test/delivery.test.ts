import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeImapServers } from './support/imap-servers.ts';
import { shortMail } from './support/mail.ts';
import { attemptsOf, subjectOf } from './support/received.ts';
import { accepted, eventsOf, eventually, pollsPass, startWorld, type World } from './support/world.ts';

const lina = 'lina@contoso.example';

const arrived = accepted('message.received');

describeImapServers('delivery through failures', (imap) => {
  let world: World;

  const put = async (...subjects: string[]) => {
    for (const subject of subjects) await world.standIns.imap.deliver(lina, await shortMail(lina, subject));
  };
  const attempts = (prefix: string) => attemptsOf(world, prefix);

  beforeAll(async () => {
    world = await startWorld({ imap, movableTime: true });
    await world.connect(lina);
    await eventsOf(world, 1, accepted('mailbox.connected'));
  });
  afterAll(() => world?.stop());

  it('delivers everything once and in order when NocoBase is back after three polls', async () => {
    world.standIns.nocobase.mode({ status: 503 });
    const subjects = Array.from({ length: 7 }, (_, index) => `down ${index}`);
    await put(...subjects.slice(0, 4));
    await eventually('a first attempt', () => attempts('down').length >= 1);
    await pollsPass(world, 3);
    await put(...subjects.slice(4));
    expect(attempts('down').filter(arrived)).toEqual([]);
    world.standIns.nocobase.mode({});
    // The next probe is due.
    world.pass(20_000);
    const events = await eventsOf(world, 7, (event) => arrived(event) && subjectOf(event).startsWith('down'));
    await pollsPass(world);
    expect(events.map(subjectOf)).toEqual(subjects);
    expect(attempts('down').filter(arrived)).toHaveLength(7);
    // Held, not hammered: while it was down at most a probe now and then came by.
    expect(attempts('down').length).toBeLessThan(7 + 10);
  });

  it('logs the tick and the delivery that it led to under one id', () => {
    const idsOf = (event: string) => {
      const lines = world.output().matchAll(new RegExp(`${event.replace('.', '\\.')}, traceId: ([0-9a-f]{32})`, 'g'));
      return new Set([...lines].map(([, id]) => id));
    };
    const deliveries = [...idsOf('delivery.deferred')];
    expect(deliveries.length).toBeGreaterThan(0);
    // A longer run, and one for a mailbox that was just connected, belong to what started them.
    for (const other of ['dispatch.finished', 'shard.finished']) {
      expect(deliveries.some((id) => idsOf(other).has(id))).toBe(true);
    }
  });

  it('delivers what arrived while no broker was running', async () => {
    expect(await world.stopHost()).toBe(0);
    await put('away 0', 'away 1');
    await world.startHost();
    const events = await eventsOf(world, 2, (event) => arrived(event) && subjectOf(event).startsWith('away'));
    expect(events.map(subjectOf)).toEqual(['away 0', 'away 1']);
  });

  it('does not deliver mail that arrives after the mailbox was removed, and reports the removal', async () => {
    const { body } = await world.api('GET', `mailboxes?address=${lina}`);
    const id = body.items[0].id;
    expect((await world.api('DELETE', `mailboxes/${id}`)).status).toBe(204);
    expect((await world.api('DELETE', `mailboxes/${id}`)).status).toBe(404);
    await eventsOf(world, 1, accepted('mailbox.removed'));
    await put('gone 0');
    await pollsPass(world);
    expect(attempts('gone')).toEqual([]);
    expect((await world.api('GET', `mailboxes/${id}`)).status).toBe(404);
    expect((await world.api('POST', `mailboxes/${id}/token`, { body: {} })).status).toBe(404);
  });
});
