import { median, type Row, type Scenario, spread } from '../parts/measure.ts';
import { collection, startSite } from '../parts/site.ts';

const mailboxes = 1000;
const folders = ['INBOX', 'Sent Items'];
const rounds = 5;
const mib = 1024 * 1024;

/** A tick over 1,000 mailboxes in which nothing has happened: with connections kept from the tick before, and without. */
export const idle: Scenario = {
  name: 'idle',
  async run(tell) {
    const site = await startSite({ mail: 'counting' });
    const { counting } = site;
    if (counting === undefined) throw new Error('This needs the server that counts.');
    try {
      const addresses = Array.from({ length: mailboxes }, (_, number) => `q${number}@contoso.example`);
      const first = site.worker({ WARM_SESSIONS: '0' });
      const destinationId = await first.call('addDestination', collection(site));
      await first.call('addMailboxes', { addresses, destinationId });
      tell('connected');
      await first.call('tick');
      await first.stop();
      const table = `${new URL(/TableEndpoint=([^;]+)/.exec(site.services.storageConnectionString)?.[1] ?? '').port} `;

      const measure = async (warm: number) => {
        const worker = site.worker({ WARM_SESSIONS: String(warm) });
        // The first ticks load code, and where sessions are kept open them.
        for (let tick = 0; tick < 3; tick++) await worker.call('tick');
        const found = { cpu: [] as number[], trips: [] as number[], table: [] as number[], wall: [] as number[] };
        for (let round = 0; round < rounds; round++) {
          await worker.call('requests');
          await counting.call('commands');
          const { cpuMs, wallMs } = await worker.call('tick');
          const asked = Object.values(await counting.call('commands')).reduce((sum, count) => sum + count, 0);
          const rows = (await worker.call('requests')).filter(([name]) => name.startsWith(table));
          found.cpu.push(cpuMs / mailboxes);
          found.wall.push(wallMs);
          found.trips.push(asked / mailboxes / folders.length);
          found.table.push(rows.reduce((sum, [, count]) => sum + count, 0) / mailboxes);
        }
        const rss = await worker.call('rss');
        const problems = await worker.call('problems');
        if (problems.length > 0) throw new Error(problems[0]);
        await worker.stop();
        tell(`${warm} sessions kept: ${median(found.cpu).toFixed(2)} ms CPU each`);
        return { ...found, rss };
      };

      const bare = site.floor();
      await bare.call('keep', { imap: site.imap, addresses });
      await bare.call('status', folders);
      const bareCpu: number[] = [];
      for (let round = 0; round < rounds; round++) bareCpu.push((await bare.call('status', folders)).cpuMs / mailboxes);
      const bareRss = await bare.call('rss');
      await bare.stop();
      const cold = await measure(0);
      const warm = await measure(mailboxes);

      const rows: Row[] = [
        {
          what: 'Idle tick over 1,000 mailboxes, sessions kept: round trips for each folder',
          floor: '1',
          ours: spread(warm.trips, '', 2).trim(),
          ratio: '-',
          target: 'at most 1.2',
          met: median(warm.trips) <= 1.2,
        },
        {
          what: 'The same: CPU for each mailbox (two folders)',
          floor: spread(bareCpu, 'ms', 2),
          ours: spread(warm.cpu, 'ms', 2),
          ratio: `${(median(warm.cpu) / median(bareCpu)).toFixed(1)} x`,
          target: 'at most 0.5 ms',
          met: median(warm.cpu) <= 0.5,
        },
        {
          what: 'The same: table operations for each mailbox',
          floor: '-',
          ours: spread(warm.table, '', 3).trim(),
          ratio: '-',
          target: 'at most 0.1',
          met: median(warm.table) <= 0.1,
        },
        {
          what: 'The same: memory of the process, beside a bare client with 1,000 sessions',
          floor: `${(bareRss / mib).toFixed(0)} MiB`,
          ours: `${(warm.rss / mib).toFixed(0)} MiB`,
          ratio: `${((warm.rss - bareRss) / mib).toFixed(0)} MiB more`,
          target: 'at most 64 MiB more',
          met: warm.rss - bareRss <= 64 * mib,
        },
        {
          what: 'Idle tick over 1,000 mailboxes, no session kept: CPU for each mailbox',
          floor: '-',
          ours: spread(cold.cpu, 'ms', 2),
          ratio: '-',
          target: 'at most 5 ms',
          met: median(cold.cpu) <= 5,
        },
        {
          what: 'The same: commands for each mailbox, log-in and log-out included',
          floor: '-',
          ours: (median(cold.trips) * folders.length).toFixed(1),
          ratio: '-',
          target: '-',
          met: true,
        },
      ];
      return { rows, rounds };
    } finally {
      await site.stop();
    }
  },
};
