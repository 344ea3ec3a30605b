import { storeAt } from '../../test/support/tables.ts';
import { cloneShards } from '../parts/clone-shards.ts';
import { median, type Row, type Scenario, spread } from '../parts/measure.ts';
import { collection, startSite } from '../parts/site.ts';

const sizes = [
  { mailboxes: 128, rounds: 5 },
  { mailboxes: 1_024, rounds: 3 },
  { mailboxes: 10_048, rounds: 1 },
] as const;
const perShard = 64;
/** As an instance takes wake-ups from the queue (host.json, `batchSize`). */
const shardsAtOnce = 16;
const firstShard = 1;

interface Found {
  readonly mailboxes: number;
  readonly cpu: number[];
  readonly table: number[];
  readonly wall: number[];
}

/**
 * A tick in which nothing has happened over about 100, 1,000 and 10,000 mailboxes of two folders, no session kept: what each
 * mailbox costs must not depend on how many there are.
 */
export const growth: Scenario = {
  name: 'growth',
  async run(tell) {
    const site = await startSite({ mail: 'counting' });
    try {
      const { storageConnectionString } = site.services;
      const store = storeAt({ connectionString: storageConnectionString });
      const port = `${new URL(/TableEndpoint=([^;]+)/.exec(storageConnectionString)?.[1] ?? '').port} `;
      const first = site.worker({ WARM_SESSIONS: '0' });
      const destinationId = await first.call('addDestination', collection(site));
      const addresses = Array.from({ length: perShard }, (_, number) => `q${number}@contoso.example`);
      await first.call('addMailboxes', { addresses, destinationId });
      for (let tick = 0; tick < 2; tick++) await first.call('tick');
      await first.stop();

      const found: Found[] = [];
      let shards = 1;
      for (const { mailboxes, rounds } of sizes) {
        const wanted = mailboxes / perShard;
        const more = Array.from({ length: wanted - shards }, (_, number) => firstShard + shards + number);
        await cloneShards(store, firstShard, more);
        shards = wanted;
        const worker = site.worker({ WARM_SESSIONS: '0' });
        // Loads code, with as little as possible.
        if (found.length === 0) await worker.call('tickBounded', shardsAtOnce);
        const one: Found = { mailboxes, cpu: [], table: [], wall: [] };
        for (let round = 0; round < rounds; round++) {
          await worker.call('requests');
          await site.counting?.call('commands');
          const tick = await worker.call('tickBounded', shardsAtOnce);
          const rows = (await worker.call('requests')).filter(([name]) => name.startsWith(port));
          if (tick.shards !== shards) throw new Error(`${tick.shards} of ${shards} shards had their run.`);
          const asked = Object.values((await site.counting?.call('commands')) ?? {}).reduce(
            (sum, count) => sum + count,
            0,
          );
          // A log-in, a STATUS of each folder, and what stands around them.
          if (asked / mailboxes < 4) throw new Error(`${asked} commands were sent for ${mailboxes} mailboxes.`);
          one.cpu.push(tick.cpuMs / mailboxes);
          one.table.push(rows.reduce((sum, [, count]) => sum + count, 0) / mailboxes);
          one.wall.push(tick.wallMs / 1000);
        }
        const problems = await worker.call('problems');
        if (problems.length > 0) throw new Error(problems[0]);
        await worker.stop();
        found.push(one);
        tell(`${mailboxes} mailboxes: ${median(one.cpu).toFixed(2)} ms each, ${median(one.wall).toFixed(0)} s a tick`);
      }
      const [small, , large] = found;
      if (small === undefined || large === undefined) throw new Error('Nothing was measured.');
      const text = (of: (one: Found) => string) => found.map(of).join('; ');
      const name = found.map(({ mailboxes }) => mailboxes.toLocaleString('en-US')).join(', ');
      const cpuRatio = median(large.cpu) / median(small.cpu);
      const tableRatio = median(large.table) / median(small.table);
      const rows: Row[] = [
        {
          what: `Idle tick over ${name} mailboxes, two folders, no session kept: CPU for each mailbox`,
          floor: '-',
          ours: text(({ cpu }) => spread(cpu, 'ms', 2)),
          ratio: `${cpuRatio.toFixed(2)} x from least to most`,
          target: 'at most 1.25 x',
          met: cpuRatio <= 1.25,
        },
        {
          what: 'The same: table operations for each mailbox',
          floor: '-',
          ours: text(({ table }) => spread(table, '', 3).trim()),
          ratio: `${tableRatio.toFixed(2)} x from least to most`,
          target: 'at most 1.05 x',
          met: tableRatio <= 1.05,
        },
        {
          what: 'The same: how long the tick takes in one process',
          floor: '-',
          ours: text(({ wall }) => `${median(wall).toFixed(0)} s`),
          ratio: '-',
          target: '-',
          met: true,
        },
      ];
      return { rows, rounds: Math.max(...sizes.map(({ rounds }) => rounds)) };
    } finally {
      await site.stop();
    }
  },
};
