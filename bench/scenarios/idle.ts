import type { FolderChoice } from '../../src/lib/domain/mail/folder.ts';
import type { Held } from '../parts/held.ts';
import { median, type Row, type Scenario, spread } from '../parts/measure.ts';
import { collection, startSite } from '../parts/site.ts';

const mailboxes = 1000;
const rounds = 5;
const mib = 1024 * 1024;

interface Found {
  readonly cpu: number[];
  readonly trips: number[];
  readonly table: number[];
  readonly held: Held;
}

/** Ticks over mailboxes that watch these folders: by a bare client, without and with connections that are kept. */
async function measure(folders: readonly string[], choices: readonly FolderChoice[], tell: (line: string) => void) {
  const site = await startSite({ mail: 'counting' });
  const { counting } = site;
  if (counting === undefined) throw new Error('This needs the server that counts.');
  try {
    const addresses = Array.from({ length: mailboxes }, (_, number) => `q${number}@contoso.example`);
    const first = site.worker({ WARM_SESSIONS: '0' });
    const destinationId = await first.call('addDestination', collection(site));
    await first.call('addMailboxes', { addresses, destinationId, folders: choices });
    tell('connected');
    await first.call('tick');
    await first.stop();
    const table = `${new URL(/TableEndpoint=([^;]+)/.exec(site.services.storageConnectionString)?.[1] ?? '').port} `;

    const ticks = async (warm: number): Promise<Found> => {
      const worker = site.worker({ WARM_SESSIONS: String(warm) });
      // The first ticks load code, and where sessions are kept open them.
      for (let tick = 0; tick < 3; tick++) await worker.call('tick');
      const found = { cpu: [] as number[], trips: [] as number[], table: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        await worker.call('requests');
        await counting.call('commands');
        const { cpuMs } = await worker.call('tick');
        const asked = Object.values(await counting.call('commands')).reduce((sum, count) => sum + count, 0);
        const rows = (await worker.call('requests')).filter(([name]) => name.startsWith(table));
        found.cpu.push(cpuMs / mailboxes);
        found.trips.push(asked / mailboxes / folders.length);
        found.table.push(rows.reduce((sum, [, count]) => sum + count, 0) / mailboxes);
      }
      const held = await worker.call('held');
      const problems = await worker.call('problems');
      if (problems.length > 0) throw new Error(problems[0]);
      await worker.stop();
      tell(`${folders.length} folders, ${warm} sessions kept: ${median(found.cpu).toFixed(2)} ms CPU each`);
      return { ...found, held };
    };

    const floor = site.floor();
    await floor.call('keep', { imap: site.imap, addresses });
    await floor.call('status', folders);
    const cpu: number[] = [];
    for (let round = 0; round < rounds; round++) cpu.push((await floor.call('status', folders)).cpuMs / mailboxes);
    const bare = { cpu, held: await floor.call('held') };
    await floor.stop();
    return { bare, cold: await ticks(0), warm: await ticks(mailboxes) };
  } finally {
    await site.stop();
  }
}

/** A tick over 1,000 mailboxes in which nothing has happened: with connections kept from the tick before, and without. */
export const idle: Scenario = {
  name: 'idle',
  async run(tell) {
    // The floor and the targets are of one round trip for each mailbox; a mailbox has two folders unless told otherwise.
    const one = await measure(['INBOX'], [{ role: 'inbox' }], tell);
    const two = await measure(['INBOX', 'Sent Items'], [{ role: 'inbox' }, { role: 'sent' }], tell);
    const rows: Row[] = [
      {
        what: 'Idle tick over 1,000 mailboxes, sessions kept: round trips for each folder',
        floor: '1',
        ours: spread(two.warm.trips, '', 2).trim(),
        ratio: '-',
        target: 'at most 1.2',
        met: median(two.warm.trips) <= 1.2,
      },
      {
        what: 'The same, one folder watched: CPU for each mailbox',
        floor: spread(one.bare.cpu, 'ms', 2),
        ours: spread(one.warm.cpu, 'ms', 2),
        ratio: `${(median(one.warm.cpu) / median(one.bare.cpu)).toFixed(1)} x`,
        target: 'at most 0.5 ms',
        met: median(one.warm.cpu) <= 0.5,
      },
      {
        what: 'The same, two folders watched: CPU for each mailbox',
        floor: spread(two.bare.cpu, 'ms', 2),
        ours: spread(two.warm.cpu, 'ms', 2),
        ratio: `${(median(two.warm.cpu) / median(two.bare.cpu)).toFixed(1)} x`,
        target: '-',
        met: true,
      },
      {
        what: 'The same: table operations for each mailbox',
        floor: '-',
        ours: spread(two.warm.table, '', 3).trim(),
        ratio: '-',
        target: 'at most 0.1',
        met: median(two.warm.table) <= 0.1,
      },
      ...memoryRows(two.bare.held, two.warm.held, two.cold.held),
      {
        what: 'Idle tick over 1,000 mailboxes, two folders, no session kept: CPU for each mailbox',
        floor: '-',
        ours: spread(two.cold.cpu, 'ms', 2),
        ratio: '-',
        target: 'at most 5 ms',
        met: median(two.cold.cpu) <= 5,
      },
      {
        what: 'The same: commands for each mailbox, log-in and log-out included',
        floor: '-',
        ours: (median(two.cold.trips) * 2).toFixed(1),
        ratio: '-',
        target: '-',
        met: true,
      },
    ];
    return { rows, rounds };
  },
};

const mibOf = (bytes: number): string => `${(bytes / mib).toFixed(0)} MiB`;

/** After all garbage was collected, on both sides in the same way; see held.ts. */
function memoryRows(bare: Held, warm: Held, cold: Held): Row[] {
  const used = ({ heap, external }: Held) => heap + external;
  const row = (what: string, of: (held: Held) => number): Row => {
    const more = of(warm) - of(bare);
    return {
      what: `The same: ${what}, beside a bare client with 1,000 sessions`,
      floor: mibOf(of(bare)),
      ours: `${mibOf(of(warm))} (without a session ${mibOf(of(cold))})`,
      ratio: `${mibOf(more)} more`,
      target: 'at most 64 MiB more',
      met: more <= 64 * mib,
    };
  };
  return [
    row('memory of the process after a full collection', ({ rss }) => rss),
    row('objects and buffers in use', used),
    { ...row('memory of the process before that collection', ({ rssBefore }) => rssBefore), target: '-', met: true },
  ];
}
