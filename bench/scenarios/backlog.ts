import { setTimeout as delay } from 'node:timers/promises';
import { fill } from '../parts/fill.ts';
import { median, type Scenario, until } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { collection, startSite } from '../parts/site.ts';

const backlogMessages = 20_000;
const others = 30;
const everyMs = 1_000;
const pollIntervalSeconds = 10;

/** 20,000 messages wait in one mailbox; what others in its shard get meanwhile, and before. */
export const backlog: Scenario = {
  name: 'backlog',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot', pollIntervalSeconds });
    try {
      const worker = site.worker();
      const destinationId = await worker.call('addDestination', collection(site));
      const addresses = Array.from({ length: others }, (_, number) => `other${number}@contoso.example`);
      const ids = await worker.call('addMailboxes', { addresses, destinationId });
      const [full = ''] = await worker.call('addMailboxes', { addresses: ['full@contoso.example'], destinationId });
      await worker.call('startTicking');

      /** Each of the others gets one message, one after the other; answers how long each took to arrive, in seconds. */
      const latencies = async (): Promise<number[]> => {
        await site.receiver.call('clear');
        const sent = new Map<string, number>();
        for (const [number, address] of addresses.entries()) {
          sent.set(ids[number] ?? '', Date.now());
          await fill(site.imap, address, [makeMessage('text', number)]);
          await delay(everyMs);
        }
        return until(
          'a message of every other mailbox',
          async () => {
            const arrived = (await site.receiver.call('all')).filter(({ mailboxId }) => mailboxId !== full);
            if (arrived.length < others) return undefined;
            return arrived.map(({ mailboxId, at }) => (at - (sent.get(mailboxId) ?? 0)) / 1000);
          },
          300_000,
        );
      };

      const before = await latencies();
      // Else it would be delivered as fast as it is made.
      await worker.call('pause', [full]);
      await fill(
        site.imap,
        'full@contoso.example',
        (function* () {
          for (let number = 0; number < backlogMessages; number++) yield makeMessage('text', number);
        })(),
      );
      tell('the backlog is there');
      await worker.call('resume', [full]);
      const during = await latencies();
      const arrived = (await site.receiver.call('all')).length - others;
      tell(`${arrived} of the backlog delivered meanwhile`);
      await worker.call('stopTicking');
      const more = Math.max(...during) - Math.max(...before);
      const text = (list: readonly number[]) =>
        `${median(list).toFixed(0)} s, at most ${Math.max(...list).toFixed(0)} s`;
      return {
        rows: [
          {
            what: `A message of another mailbox until it is delivered, beside a backlog of ${backlogMessages} (a poll every ${pollIntervalSeconds} s; floor: without the backlog)`,
            floor: text(before),
            ours: text(during),
            ratio: `${more.toFixed(0)} s more`,
            target: 'at most 60 s more',
            met: more <= 60,
          },
        ],
        rounds: 1,
      };
    } finally {
      await site.stop();
    }
  },
};
