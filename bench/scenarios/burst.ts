import { windowSizes } from '../../src/lib/domain/events/window-size.ts';
import { fill } from '../parts/fill.ts';
import { percent, type Row, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { makeMessage, type Sort } from '../parts/messages.ts';
import { measured } from '../parts/rounds.ts';
import { collection, startSite, webhook } from '../parts/site.ts';

const messages = 2000;
/** In rounds that are thrown away. */
const warmingMessages = 600;
const rounds = 4;

/** As many as the window of a folder holds when it has grown. */
const atOnce = windowSizes.most;

/**
 * 2,000 messages that lie in one mailbox when it is polled, delivered in order and in a window. The floor does the same
 * with the bare libraries: as many POSTs at once as we make, one after the other where order counts. There a second floor
 * writes one row after every POST.
 */
export const burst: Scenario = {
  name: 'burst',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    try {
      const floor = site.floor();
      const tables = site.services.storageConnectionString;
      const worker = site.worker();
      const orders = {
        window: { destination: await worker.call('addDestination', collection(site)), url: `${site.collectionUrl}/x` },
        strict: { destination: await worker.call('addDestination', webhook(site)), url: site.hookUrl },
      };
      const fresh = async (order: keyof typeof orders, sort: Sort, name: string, count: number) => {
        const { destination, url } = orders[order];
        const address = `${order}-${sort}-${name}@contoso.example`;
        const [id = ''] = await worker.call('addMailboxes', { addresses: [address], destinationId: destination });
        await worker.call('tick');
        const mail = Array.from({ length: count }, (_, number) => makeMessage(sort, number));
        await fill(site.imap, address, mail);
        return { address, id, url, count };
      };
      /** Rounds of one order and one sort of mail: both sides read the same mailbox, one after the other. */
      const contest = (order: keyof typeof orders, sort: Sort) => {
        let at: Promise<Awaited<ReturnType<typeof fresh>>> | undefined;
        let done = 0;
        const turn = async <T>(
          round: number,
          isWarming: boolean,
          work: (of: Awaited<typeof at> & object) => Promise<T>,
        ) => {
          at ??= fresh(order, sort, String(round), isWarming ? warmingMessages : messages);
          const mailbox = await at;
          await site.receiver.call('clear');
          const value = await work(mailbox);
          done += 1;
          if (done % 2 === 0) {
            await worker.call('pause', [mailbox.id]);
            at = undefined;
          }
          return { ...value, count: mailbox.count };
        };
        return measured({
          rounds,
          floor: (round, isWarming) =>
            turn(round, isWarming, async ({ address, url }) => {
              const job = {
                imap: site.imap,
                addresses: [address],
                url,
                atOnce: order === 'strict' ? 1 : atOnce,
                html: sort === 'html',
              };
              const bare = await floor.call('drain', job);
              if (order === 'window' || sort === 'html') return { ...bare, writing: undefined };
              return { ...bare, writing: await floor.call('drain', { ...job, tables }) };
            }),
          ours: (round, isWarming) =>
            turn(round, isWarming, async ({ count }) => {
              const ours = await worker.call('tick');
              const arrived = await site.receiver.call('count');
              if (arrived !== count)
                throw new Error(
                  `${arrived} of ${count} messages arrived. ${(await worker.call('problems')).join('; ')}`,
                );
              return ours;
            }),
          steady: ({ wallMs, count }) => count / wallMs,
        });
      };

      const rows: Row[] = [];
      for (const sort of ['text', 'html'] as const) {
        const rate = ({ wallMs, count }: { readonly wallMs: number; readonly count: number }) =>
          (count / wallMs) * 1000;
        const cpuOf = ({ cpuMs, count }: { readonly cpuMs: number; readonly count: number }) => cpuMs / count;
        const roundsOf = async (order: keyof typeof orders) => {
          const { floor: bare, ours } = await contest(order, sort);
          tell(`${sort} ${order}: ${spread(ours.map(rate), '')} of ${spread(bare.map(rate), 'msg/s')}`);
          const writing = bare.flatMap((one) =>
            one.writing === undefined ? [] : [{ ...one.writing, count: one.count }],
          );
          return {
            floor: bare.map(rate),
            writing: writing.map(rate),
            ours: ours.map(rate),
            floorCpu: bare.map(cpuOf),
            oursCpu: ours.map(cpuOf),
          };
        };
        const found = { window: await roundsOf('window'), strict: await roundsOf('strict') };
        const mail = sort === 'text' ? 'plain text' : 'text and HTML, sanitised on both sides';
        for (const [order, least] of [
          ['window', 0.7],
          ['strict', 0.4],
        ] as const) {
          const one = found[order];
          const ratio = ratioOf(one.ours, one.floor);
          rows.push({
            what: `Burst of 2,000 messages in one mailbox, \`${order}\`, ${mail} (floor: ${order === 'strict' ? 'one POST after the other' : `${atOnce} POSTs at once`}, nothing signed or stored)`,
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
            // Plain text: sanitising HTML alone takes more than that.
            target: order === 'window' && sort === 'text' ? 'at most 0.9 ms' : '-',
            met: order === 'strict' || sort === 'html' || cpu <= 0.9,
          });
          if (one.writing.length > 0) {
            const beside = ratioOf(one.ours, one.writing);
            rows.push({
              what: 'The same burst, beside a floor that writes one row after every POST',
              floor: spread(one.writing, 'msg/s'),
              ours: spread(one.ours, 'msg/s'),
              ratio: percent(beside),
              target: 'at least 60 %',
              met: beside >= 0.6,
            });
          }
        }
      }
      return { rows, rounds };
    } finally {
      await site.stop();
    }
  },
};
