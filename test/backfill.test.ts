import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeImapServers } from './support/imap-servers.ts';
import { shortMail } from './support/mail.ts';
import { subjectOf } from './support/received.ts';
import { accepted, eventsOf, eventually, pollsPass, startWorld, type World } from './support/world.ts';

const ada = 'ada@contoso.example';
const bea = 'grace@contoso.example';
const dayMs = 86_400_000;
const daysAgo = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - days * dayMs);

describeImapServers('mail from before the connection', (imap) => {
  let world: World;
  let mailboxId: string;

  const fill = async (address: string, days: number, folder = 'INBOX') => {
    const mail = await shortMail(address, `${folder} ${days} days ago`);
    await world.standIns.imap.deliver(address, mail, { folder, date: daysAgo(days) });
  };
  const received = () =>
    world.standIns.nocobase
      .events()
      .filter(accepted('message.received'))
      .map((event) => ({ subject: subjectOf(event), data: (event.body as { data: Record<string, unknown> }).data }));
  const subjects = () => received().map(({ subject }) => subject);
  const shown = async () => (await world.api('GET', `mailboxes/${mailboxId}`)).body;
  const done = (count: number) =>
    eventually('the first sync is done', async () => {
      const { firstSync } = await shown();
      return firstSync.state === 'done' && firstSync.done === count ? firstSync : undefined;
    });

  beforeAll(async () => {
    world = await startWorld({ imap });
    for (const days of [100, 45, 20, 10, 1]) await fill(ada, days);
    for (const days of [50, 5]) await fill(ada, days, 'Sent Items');
    await fill(bea, 3);
    ({ mailboxId } = await world.connect(ada));
  });
  afterAll(() => world?.stop());

  it('brings the past month by default, the latest first, from every folder', async () => {
    await eventsOf(world, 4, accepted('message.received'));
    const firstSync = await done(4);
    expect(subjects()).toEqual(['INBOX 1 days ago', 'INBOX 10 days ago', 'INBOX 20 days ago', 'Sent Items 5 days ago']);
    expect(received().map(({ data }) => [data.seemsNew, data.late, data.direction])).toEqual([
      [false, false, 'in'],
      [false, false, 'in'],
      [false, false, 'in'],
      [false, false, 'out'],
    ]);
    expect(firstSync).toMatchObject({ done: 4, total: 4, secondsLeft: null });
    const days = (Date.now() - Date.parse(firstSync.since)) / dayMs;
    expect(days).toBeGreaterThan(27.9);
    expect(days).toBeLessThan(31.1);
    const lastDelivery = Date.parse((await shown()).lastDelivery);
    expect(Math.abs(Date.now() - lastDelivery)).toBeLessThan(dayMs);
    const [inList] = (await world.api('GET', 'mailboxes')).body.items;
    expect(inList).not.toHaveProperty('firstSync');
    expect(inList).not.toHaveProperty('lastDelivery');
  });

  it('leaves new mail what it is', async () => {
    await world.standIns.imap.deliver(ada, await shortMail(ada, 'new'));
    await eventsOf(world, 1, (event) => subjectOf(event) === 'new' && accepted('message.received')(event));
    expect(received().find(({ subject }) => subject === 'new')?.data.seemsNew).toBe(true);
  });

  it('goes further back when that is asked for, and each mail comes once', async () => {
    const { status, body } = await world.api('PATCH', `mailboxes/${mailboxId}`, {
      body: { syncFrom: daysAgo(60).toISOString() },
    });
    // The count has not reached that far yet.
    expect([status, body.firstSync.done, body.firstSync.total]).toEqual([200, 4, null]);
    await done(6);
    await pollsPass(world);
    expect(subjects().slice(-2)).toEqual(['INBOX 45 days ago', 'Sent Items 50 days ago']);
    const keys = received().map(({ data }) => data.messageKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(7);
  });

  it('does not come where only new mail is wanted', async () => {
    const { mailboxId: id } = await world.connect(bea, { syncFrom: 'now' });
    const view = (await world.api('GET', `mailboxes/${id}`)).body;
    expect([view.syncFrom, view.firstSync]).toEqual([null, null]);
    await world.standIns.imap.deliver(bea, await shortMail(bea, 'new for bea'));
    await eventsOf(world, 1, (event) => subjectOf(event) === 'new for bea');
    await pollsPass(world);
    expect(subjects().filter((subject) => subject.includes('3 days ago'))).toEqual([]);
  });
});
