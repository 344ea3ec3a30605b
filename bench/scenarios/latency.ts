import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '../../src/lib/config.ts';
import { fill } from '../parts/fill.ts';
import { median, type Row, type Scenario, until } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { type Site, startSite, webhook } from '../parts/site.ts';

const mailboxes = 12;
/** Arrivals, spread evenly over an interval. */
const messages = 30;

const seconds = (list: readonly number[]) => {
  const sorted = [...list].sort((a, b) => a - b);
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
  const [middle, most, last] = [median(sorted), p95, sorted.at(-1) ?? Number.NaN].map((one) =>
    one.toFixed(one < 1 ? 2 : 1),
  );
  return `${middle} s, 95 % within ${most} s, at most ${last} s`;
};

/** What users wait: from a mail in its mailbox to its delivery, by the default interval and by a notification. */
export const latency: Scenario = {
  name: 'latency',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    try {
      const { pollIntervalSeconds } = readConfig({ ...site.services.settings, POLL_INTERVAL: undefined });
      const worker = site.worker({ POLL_INTERVAL: String(pollIntervalSeconds) });
      const destinationId = await worker.call('addDestination', webhook(site));
      const addresses = Array.from({ length: mailboxes }, (_, number) => `user${number}@contoso.example`);
      const ids = await worker.call('addMailboxes', { addresses, destinationId });

      await site.receiver.call('clear');
      await worker.call('startTicking');
      const sent = new Map<string, number[]>();
      for (let number = 0; number < messages; number++) {
        const box = number % mailboxes;
        const id = ids[box] ?? '';
        await fill(site.imap, addresses[box] ?? '', [makeMessage('text', 1_000 + number)]);
        sent.set(id, [...(sent.get(id) ?? []), Date.now()]);
        await delay((pollIntervalSeconds * 1000) / messages);
      }
      const polled = await until(
        'all messages',
        async () => {
          const arrived = await site.receiver.call('all');
          if (arrived.length < messages) return undefined;
          // In the order of their arrival, in which a webhook gets the mail of a folder.
          return ids.flatMap((id) => {
            const at = arrived.filter((each) => each.mailboxId === id).map((each) => each.at);
            return (sent.get(id) ?? []).map(
              (since, index) => ((at.sort((a, b) => a - b)[index] ?? since) - since) / 1000,
            );
          });
        },
        2 * pollIntervalSeconds * 1000 + 60_000,
      );
      await worker.call('stopTicking');
      tell(`by interval: ${seconds(polled)}`);

      // Then by notifications, in the same process, as on an instance that is awake.
      const rung: number[] = [];
      for (let number = 0; number < messages; number++) {
        const box = number % mailboxes;
        rung.push(await one(site, addresses[box] ?? '', number, () => worker.call('ring', ids[box] ?? '')));
      }
      tell(`by notification: ${seconds(rung)}`);
      const rows: Row[] = [
        {
          what: `From a mail in its mailbox to its delivery, by the default interval of ${pollIntervalSeconds} s, in mailboxes in use`,
          floor: `${(pollIntervalSeconds / 2).toFixed(0)} s, the interval by itself`,
          ours: seconds(polled),
          ratio: `${(median(polled) - pollIntervalSeconds / 2).toFixed(1)} s more`,
          target: `median at most ${(pollIntervalSeconds / 2 + 2).toFixed(0)} s`,
          met: median(polled) <= pollIntervalSeconds / 2 + 2,
        },
        {
          what: 'The same, by a notification (from the queue function on: without the time of Microsoft Graph and of the queue)',
          floor: '-',
          ours: seconds(rung),
          ratio: '-',
          target: 'median at most 2 s',
          met: median(rung) <= 2,
        },
      ];
      return { rows, rounds: 1 };
    } finally {
      await site.stop();
    }
  },
};

/** One mail, of which someone then tells; seconds from its arrival to its delivery. */
async function one(site: Site, address: string, number: number, tell: () => Promise<unknown>): Promise<number> {
  await site.receiver.call('clear');
  await fill(site.imap, address, [makeMessage('text', number + 100)]);
  const since = Date.now();
  const arrived = site.receiver.call('reach', 1);
  await tell();
  const late = delay(60_000, undefined, { ref: false });
  const at = await Promise.race([arrived, late]);
  if (at === undefined) throw new Error(`A mail that was announced for ${address} did not arrive within a minute.`);
  return (at - since) / 1000;
}
