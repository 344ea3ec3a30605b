import { type Child, startChild } from '../parts/child.ts';
import type { FarStoreCalls } from '../parts/far-store.ts';
import { fill } from '../parts/fill.ts';
import { median, percent, type Row, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { collection, startSite, webhook } from '../parts/site.ts';

const messages = 2000;
const rounds = 3;
const farMs = 10;

/** As many messages as the window of a folder holds when it has grown. */
const atOnce = { window: 32, strict: 1 } as const;
const least = { window: 900, strict: 70 } as const;

/**
 * 2,000 messages of plain text in one mailbox, with every call of the tables taking 10 ms longer than the emulator. In
 * `strict` the second floor writes one row after every message, over the same distance.
 */
export const far: Scenario = {
  name: 'far',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    const store: Child<FarStoreCalls> = startChild(new URL('../parts/far-store.ts', import.meta.url));
    try {
      const near = site.services.storageConnectionString;
      const port = /TableEndpoint=http:\/\/[^:]+:(\d+)/.exec(near)?.[1] ?? '';
      const farPort = await store.call('listen', { port: Number(port), ms: farMs });
      const tables = near.replace(`:${port}/`, `:${farPort}/`);
      const worker = site.worker({ TABLES_CONNECTION_STRING: tables });
      const floor = site.floor();
      const orders = {
        window: { destination: await worker.call('addDestination', collection(site)), url: `${site.collectionUrl}/x` },
        strict: { destination: await worker.call('addDestination', webhook(site)), url: site.hookUrl },
      };
      const rows: Row[] = [];
      for (const order of ['window', 'strict'] as const) {
        const count = order === 'window' ? messages : messages / 4;
        const found = { floor: [] as number[], writing: [] as number[], ours: [] as number[] };
        for (let round = 0; round <= rounds; round++) {
          const { destination, url } = orders[order];
          const address = `far-${order}-${round}@contoso.example`;
          const [id = ''] = await worker.call('addMailboxes', { addresses: [address], destinationId: destination });
          await worker.call('tick');
          const mail = Array.from({ length: count }, (_, number) => makeMessage('text', number));
          await fill(site.imap, address, mail);
          await site.receiver.call('clear');
          const job = { imap: site.imap, addresses: [address], url, atOnce: atOnce[order], html: false };
          const bare = await floor.call('drain', job);
          await site.receiver.call('clear');
          const writing = order === 'strict' ? await floor.call('drain', { ...job, tables }) : undefined;
          await site.receiver.call('clear');
          const ours = await worker.call('tick');
          const arrived = await site.receiver.call('count');
          if (arrived !== count) throw new Error(`${arrived} of ${count} arrived: ${await worker.call('problems')}`);
          await worker.call('pause', [id]);
          // The first round warms both up.
          if (round === 0) continue;
          found.floor.push((count / bare.wallMs) * 1000);
          if (writing !== undefined) found.writing.push((count / writing.wallMs) * 1000);
          found.ours.push((count / ours.wallMs) * 1000);
          tell(`${order}: ${found.ours.at(-1)?.toFixed(0)} of ${found.floor.at(-1)?.toFixed(0)} msg/s`);
        }
        rows.push({
          what: `Tables ${farMs} ms away, one mailbox, \`${order}\`, plain text`,
          floor: spread(found.floor, 'msg/s'),
          ours: spread(found.ours, 'msg/s'),
          ratio: percent(ratioOf(found.ours, found.floor)),
          target: `at least ${least[order]} msg/s`,
          met: median(found.ours) >= least[order],
        });
        if (order === 'strict') rows.push(besideWriting(found));
      }
      return { rows, rounds };
    } finally {
      await store.stop();
      await site.stop();
    }
  },
};

/** Ours beside a floor that stores as little as can be of every message before the next. */
const besideWriting = (found: { readonly writing: readonly number[]; readonly ours: readonly number[] }): Row => ({
  what: 'The same burst, beside a floor that writes one row after every POST',
  floor: spread(found.writing, 'msg/s'),
  ours: spread(found.ours, 'msg/s'),
  ratio: percent(ratioOf(found.ours, found.writing)),
  target: 'at least 80 %',
  met: ratioOf(found.ours, found.writing) >= 0.8,
});
