import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { shortMail } from './support/mail.ts';
import { attemptsOf, subjectOf } from './support/received.ts';
import { dovecotAvailable } from './support/requirements.ts';
import { accepted, eventsOf, eventually, startWorld } from './support/world.ts';

const lina = 'lina@contoso.example';
const subjects = ['kill 0', 'kill 1', 'kill 2'];

// A killed run's lease has to end before another takes over, which takes 70 s: both servers wait side by side.
for (const imap of ['embedded', 'dovecot'] as const) {
  (imap === 'dovecot' && !dovecotAvailable ? it.skip : it.concurrent)(
    `sends a message again under the same id, and only that one, when it is killed between POST and commit (${imap})`,
    async () => {
      const world = await startWorld({ imap });
      try {
        await world.connect(lina);
        await eventsOf(world, 1, accepted('mailbox.connected'));
        world.standIns.nocobase.mode({ delayMs: 1_500 });
        for (const subject of subjects) await world.standIns.imap.deliver(lina, await shortMail(lina, subject));
        // The stand-in notes a request when it has read it and answers 1.5 s later: the POST is out, nothing committed.
        await eventually('the first POST', () => attemptsOf(world, 'kill').length >= 1);
        await world.killHost();
        world.standIns.nocobase.mode({});
        await world.startHost();
        const arrived = () => attemptsOf(world, 'kill').filter(accepted('message.received'));
        await eventually('all three', () => new Set(arrived().map(subjectOf)).size === 3, 200_000);
        await delay(3_000);
        const all = attemptsOf(world, 'kill');
        for (const subject of subjects) {
          expect(new Set(all.filter((event) => subjectOf(event) === subject).map(({ id }) => id)).size).toBe(1);
        }
        expect(subjectOf(all[1] ?? all[0] ?? expect.fail())).toBe('kill 0');
        // In strict order one message of a folder is in flight: one comes twice, and no other.
        expect(all).toHaveLength(4);
      } finally {
        await world.stop();
      }
    },
    240_000,
  );
}
