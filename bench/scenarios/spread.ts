import { fill } from '../parts/fill.ts';
import { median, percent, type Row, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { collection, startSite } from '../parts/site.ts';

const mailboxes = 100;
const each = 20;
const rounds = 4;

/** 2,000 messages over 100 mailboxes in two shards; and how late the last mailbox is. */
export const spreadOut: Scenario = {
  name: 'spread',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    try {
      const floor = site.floor();
      const worker = site.worker();
      const destinationId = await worker.call('addDestination', collection(site));
      const addresses = Array.from({ length: mailboxes }, (_, number) => `p${number}@contoso.example`);
      await worker.call('addMailboxes', { addresses, destinationId });
      await worker.call('tick');
      const found = { floor: [] as number[], ours: [] as number[], late: [] as number[] };
      for (let round = -1; round < rounds; round++) {
        const batch = addresses.map((_, box) =>
          Array.from({ length: each }, (_, number) => makeMessage('text', (round + 1) * 10_000 + box * 100 + number)),
        );
        for (const [box, address] of addresses.entries()) await fill(site.imap, address, batch[box] ?? []);
        await site.receiver.call('clear');
        const before = Date.now();
        const ours = await worker.call('tick');
        const arrived = await site.receiver.call('all');
        if (arrived.length !== mailboxes * each) throw new Error(`${arrived.length} messages arrived.`);
        const last = new Map<string, number>();
        for (const { mailboxId, at } of arrived) last.set(mailboxId, Math.max(last.get(mailboxId) ?? 0, at - before));
        const bare = await floor.call('drain', {
          imap: site.imap,
          // The same messages and no others: the bare client knows of no position, and is given fresh mailboxes.
          addresses: await fresh(batch, round),
          url: `${site.collectionUrl}/x`,
          atOnce: 1,
          html: false,
        });
        if (round < 0) continue;
        found.ours.push(((mailboxes * each) / ours.wallMs) * 1000);
        found.floor.push(((mailboxes * each) / bare.wallMs) * 1000);
        found.late.push(Math.max(...last.values()) / median([...last.values()]));
        tell(`${found.ours.at(-1)?.toFixed(0)} of ${found.floor.at(-1)?.toFixed(0)} msg/s`);
      }
      const ratio = ratioOf(found.ours, found.floor);
      const rows: Row[] = [
        {
          what: '2,000 messages over 100 mailboxes',
          floor: spread(found.floor, 'msg/s'),
          ours: spread(found.ours, 'msg/s'),
          ratio: percent(ratio),
          target: 'at least 70 %',
          met: ratio >= 0.7,
        },
        {
          what: 'The last of these mailboxes to be done, beside the median one',
          floor: '-',
          ours: spread(found.late, 'times', 2),
          ratio: '-',
          target: 'no straggler (at most twice)',
          met: median(found.late) <= 2,
        },
      ];
      return { rows, rounds };

      async function fresh(batch: readonly Buffer[][], round: number): Promise<string[]> {
        const others = addresses.map((address) => `bare${round + 1}-${address}`);
        for (const [box, address] of others.entries()) await fill(site.imap, address, batch[box] ?? []);
        return others;
      }
    } finally {
      await site.stop();
    }
  },
};
