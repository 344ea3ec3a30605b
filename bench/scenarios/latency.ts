import { setTimeout as delay } from 'node:timers/promises';
import { readHostJson } from '../../local/host/host-json.ts';
import { readConfig } from '../../src/lib/config.ts';
import { type Announced, distances, measureAnnounced } from '../parts/announced.ts';
import { fill } from '../parts/fill.ts';
import { median, type Row, type Scenario, until } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { startSite, webhook } from '../parts/site.ts';

const mailboxes = 12;
/** Arrivals, spread evenly over an interval. */
const messages = 30;

/** Notifications in a process that is at work, and processes that are started for one. */
const notifications = { warm: 100, cold: 10 } as const;

const within95 = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.ceil(list.length * 0.95) - 1] ?? Number.NaN;

const seconds = (list: readonly number[]) => {
  const [middle, most, last] = [median(list), within95(list), Math.max(...list)].map((one) =>
    one.toFixed(one < 1 ? 2 : 1),
  );
  return `${middle} s, 95 % within ${most} s, at most ${last} s`;
};

/** What users wait: from a mail in its mailbox to its delivery, by the default interval and by a notification. */
export const latency: Scenario = {
  name: 'latency',
  async run(tell) {
    const polled = await byInterval(tell);
    const announced = await measureAnnounced({ ...notifications, tell });
    tell(`by notification: ${seconds(announced.warm)}; of a new process: ${seconds(announced.cold)}`);
    return { rows: [...polled, ...announcedRows(announced)], rounds: 1 };
  },
};

async function byInterval(tell: (line: string) => void): Promise<Row[]> {
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

    return [
      {
        what: `From a mail in its mailbox to its delivery, by the default interval of ${pollIntervalSeconds} s, in mailboxes in use`,
        floor: `${(pollIntervalSeconds / 2).toFixed(0)} s, the interval by itself`,
        ours: seconds(polled),
        ratio: `${(median(polled) - pollIntervalSeconds / 2).toFixed(1)} s more`,
        target: `median at most ${(pollIntervalSeconds / 2 + 2).toFixed(0)} s`,
        met: median(polled) <= pollIntervalSeconds / 2 + 2,
      },
    ];
  } finally {
    await site.stop();
  }
}

function announcedRows({ warm, cold, answered }: Announced): Row[] {
  const { imapMs, storageMs, logInMs } = distances;
  const lookSeconds = readHostJson(new URL('../../host.json', import.meta.url)).queues.maxPollingIntervalMs / 1000;
  const where = `mail server ${imapMs} ms away, tables and queue ${storageMs} ms`;
  return [
    {
      what: `From a notification of new mail to the POST, through front door, queue and the local host with host.json as deployed, in a process at work: ${warm.length} mails at random moments (${where}; without the time of Microsoft Graph)`,
      floor: `${(lookSeconds / 2).toFixed(0)} s, the host's looks into the queue by themselves`,
      ours: seconds(warm),
      ratio: `${(median(warm) - lookSeconds / 2).toFixed(1)} s more`,
      target: 'median at most 2 s, 95 % within 4 s',
      met: median(warm) <= 2 && within95(warm) <= 4,
    },
    {
      what: 'The same: until the notification is answered',
      floor: '-',
      ours: seconds(answered),
      ratio: '-',
      target: 'all within 3 s, as Microsoft Graph asks',
      met: Math.max(...answered) <= 3,
    },
    {
      what: `The same, the first notification of a process, right after its start (log-in of ${logInMs} ms; ${cold.length} processes; without the time that Azure takes to start an instance)`,
      floor: '-',
      ours: seconds(cold),
      ratio: '-',
      target: '-',
      met: true,
    },
  ];
}
