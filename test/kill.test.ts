import { afterAll, beforeAll, expect, it } from 'vitest';
import { leaseMs, takeoverMs } from '../src/lib/store/shard/lease.ts';
import { describeImapServers } from './support/imap-servers.ts';
import { shortMail } from './support/mail.ts';
import { attemptsOf, subjectOf } from './support/received.ts';
import { accepted, eventsOf, eventually, pollsPass, startWorld, type World } from './support/world.ts';

const lina = 'lina@contoso.example';
const subjects = ['kill 0', 'kill 1', 'kill 2'];

describeImapServers('a host that is killed', (imap) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ imap, movableTime: true });
  });
  afterAll(() => world?.stop());

  it('sends only the message between POST and commit again, under the same id', async () => {
    await world.connect(lina);
    await eventsOf(world, 1, accepted('mailbox.connected'));
    world.standIns.nocobase.mode({ delayMs: 1_500 });
    for (const subject of subjects) await world.standIns.imap.deliver(lina, await shortMail(lina, subject));
    // The stand-in notes a request when it has read it and answers 1.5 s later: the POST is out, nothing committed.
    await eventually('the first POST', () => attemptsOf(world, 'kill').length >= 1);
    await world.killHost();
    world.standIns.nocobase.mode({});
    // No run takes over before the lease of the dead run has expired by the storage's clock.
    await world.startHost();
    await eventually('a run that finds the shard held', () => /shard.skipped.*held/.test(world.output()));
    expect(attemptsOf(world, 'kill')).toHaveLength(1);
    world.pass(leaseMs + takeoverMs);
    const arrived = () => attemptsOf(world, 'kill').filter(accepted('message.received'));
    await eventually('all three', () => new Set(arrived().map(subjectOf)).size === 3);
    await pollsPass(world);
    const all = attemptsOf(world, 'kill');
    for (const subject of subjects) {
      expect(new Set(all.filter((event) => subjectOf(event) === subject).map(({ id }) => id)).size).toBe(1);
    }
    // In strict order one message of a folder is in flight: one comes twice, and no other.
    expect(all.map(subjectOf)).toEqual(['kill 0', 'kill 0', 'kill 1', 'kill 2']);
  });
});
