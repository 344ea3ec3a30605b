import { fill } from '../parts/fill.ts';
import { percent, type Row, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { makeMessage, type Sort } from '../parts/messages.ts';
import { collection, startSite, webhook } from '../parts/site.ts';

const messages = 2000;
const rounds = 3;

/** As many messages as the window of a folder holds. */
const atOnce = 8;

/** 2,000 messages that lie in one mailbox when it is polled, delivered in order and in a window. */
export const burst: Scenario = {
  name: 'burst',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    try {
      const floor = site.floor();
      const worker = site.worker();
      const orders = {
        window: { destination: await worker.call('addDestination', collection(site)), url: `${site.collectionUrl}/x` },
        strict: { destination: await worker.call('addDestination', webhook(site)), url: site.hookUrl },
      };
      const measure = async (order: keyof typeof orders, sort: Sort, name: string, count: number) => {
        const { destination, url } = orders[order];
        const address = `${order}-${sort}-${name}@contoso.example`;
        const [id = ''] = await worker.call('addMailboxes', { addresses: [address], destinationId: destination });
        await worker.call('tick');
        await fill(
          site.imap,
          address,
          Array.from({ length: count }, (_, number) => makeMessage(sort, number)),
        );
        await site.receiver.call('clear');
        const bare = await floor.call('drain', {
          imap: site.imap,
          addresses: [address],
          url,
          atOnce,
          html: sort === 'html',
        });
        await site.receiver.call('clear');
        const ours = await worker.call('tick');
        const arrived = await site.receiver.call('count');
        if (arrived !== count)
          throw new Error(`${arrived} of ${count} messages arrived. ${(await worker.call('problems')).join('; ')}`);
        await worker.call('pause', [id]);
        return { bare, ours };
      };

      const rows: Row[] = [];
      for (const sort of ['text', 'html'] as const) {
        for (const order of ['window', 'strict'] as const) await measure(order, sort, 'warm', 300);
        const found = {
          window: { floor: [] as number[], ours: [] as number[], floorCpu: [] as number[], oursCpu: [] as number[] },
          strict: { floor: [] as number[], ours: [] as number[], floorCpu: [] as number[], oursCpu: [] as number[] },
        };
        for (let round = 0; round < rounds; round++) {
          for (const order of ['window', 'strict'] as const) {
            const { bare, ours } = await measure(order, sort, String(round), messages);
            found[order].floor.push((messages / bare.wallMs) * 1000);
            found[order].ours.push((messages / ours.wallMs) * 1000);
            found[order].floorCpu.push(bare.cpuMs / messages);
            found[order].oursCpu.push(ours.cpuMs / messages);
            tell(
              `${sort} ${order}: ${found[order].ours.at(-1)?.toFixed(0)} of ${found[order].floor.at(-1)?.toFixed(0)}`,
            );
          }
        }
        const mail = sort === 'text' ? 'plain text' : 'text and HTML, sanitised on both sides';
        for (const [order, least] of [
          ['window', 0.7],
          ['strict', 0.25],
        ] as const) {
          const one = found[order];
          const ratio = ratioOf(one.ours, one.floor);
          rows.push({
            what: `Burst of 2,000 messages in one mailbox, \`${order}\`, ${mail}`,
            floor: spread(one.floor, 'msg/s'),
            ours: spread(one.ours, 'msg/s'),
            ratio: percent(ratio),
            target: `at least ${percent(least)}`,
            met: ratio >= least,
          });
          const cpu = Number(spread(one.oursCpu, '', 2).split(' ')[0]);
          rows.push({
            what: `CPU of the same, for each message`,
            floor: spread(one.floorCpu, 'ms', 2),
            ours: spread(one.oursCpu, 'ms', 2),
            ratio: `${ratioOf(one.oursCpu, one.floorCpu).toFixed(1)} x`,
            // Of plain text: to sanitise HTML takes more than that by itself, with nothing around it.
            target: order === 'window' && sort === 'text' ? 'at most 1.2 ms' : '-',
            met: order === 'strict' || sort === 'html' || cpu <= 1.2,
          });
        }
      }
      return { rows, rounds };
    } finally {
      await site.stop();
    }
  },
};
