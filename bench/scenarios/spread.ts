import { fill } from '../parts/fill.ts';
import { median, percent, type Row, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { measured } from '../parts/rounds.ts';
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
      let at: Promise<readonly string[]> | undefined;
      let done = 0;
      /** The same messages for both: in our mailboxes, and in fresh ones for the bare client, which knows of no position. */
      const turn = async <T>(round: number, work: (bare: readonly string[]) => Promise<T>): Promise<T> => {
        at ??= deal(round);
        const bare = await at;
        await site.receiver.call('clear');
        const value = await work(bare);
        done += 1;
        if (done % 2 === 0) at = undefined;
        return value;
      };
      const { floor: bare, ours } = await measured({
        rounds,
        floor: (round) =>
          turn(round, (bare) =>
            floor.call('drain', {
              imap: site.imap,
              addresses: bare,
              url: `${site.collectionUrl}/x`,
              atOnce: 1,
              html: false,
            }),
          ),
        ours: (round) =>
          turn(round, async () => {
            const before = Date.now();
            const { wallMs } = await worker.call('tick');
            const arrived = await site.receiver.call('all');
            if (arrived.length !== mailboxes * each) throw new Error(`${arrived.length} messages arrived.`);
            const last = new Map<string, number>();
            for (const { mailboxId, at: when } of arrived)
              last.set(mailboxId, Math.max(last.get(mailboxId) ?? 0, when - before));
            return { wallMs, late: Math.max(...last.values()) / median([...last.values()]) };
          }),
        steady: ({ wallMs }) => 1 / wallMs,
      });
      const rate = ({ wallMs }: { readonly wallMs: number }) => ((mailboxes * each) / wallMs) * 1000;
      const found = { floor: bare.map(rate), ours: ours.map(rate), late: ours.map(({ late }) => late) };
      tell(`${spread(found.ours, '')} of ${spread(found.floor, 'msg/s')}`);
      const ratio = ratioOf(found.ours, found.floor);
      const rows: Row[] = [
        {
          what: '2,000 messages over 100 mailboxes (floor: one POST at once for each mailbox, nothing signed or stored)',
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

      async function deal(round: number): Promise<string[]> {
        const others = addresses.map((address) => `bare${round}-${address}`);
        for (const [box, address] of addresses.entries()) {
          const mail = Array.from({ length: each }, (_, number) =>
            makeMessage('text', round * 10_000 + box * 100 + number),
          );
          await fill(site.imap, address, mail);
          await fill(site.imap, others[box] ?? '', mail);
        }
        return others;
      }
    } finally {
      await site.stop();
    }
  },
};
