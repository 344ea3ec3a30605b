import { fill } from '../parts/fill.ts';
import { median, type Row, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { collection, startSite } from '../parts/site.ts';

const messages = 10;
const rounds = 4;
const fileBytes = 20 * 1024 * 1024;

/** Messages with a file of 20 MB each, beside the same without: files are not read. */
export const attachment: Scenario = {
  name: 'attachment',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    try {
      const worker = site.worker();
      const destinationId = await worker.call('addDestination', collection(site));
      const found = {
        without: { bytes: [] as number[], cpu: [] as number[] },
        with: { bytes: [] as number[], cpu: [] as number[] },
      };
      for (let round = 0; round <= rounds; round++) {
        for (const which of ['without', 'with'] as const) {
          const address = `${which}${round}@contoso.example`;
          const [id = ''] = await worker.call('addMailboxes', { addresses: [address], destinationId });
          await worker.call('tick');
          const batch = Array.from({ length: messages }, (_, number) =>
            which === 'with' ? makeMessage('attachment', number, fileBytes) : makeMessage('text', number),
          );
          await fill(site.imap, address, batch);
          await site.receiver.call('clear');
          const before = await worker.call('bytesRead');
          const { cpuMs } = await worker.call('tick');
          const bytes = (await worker.call('bytesRead')) - before;
          const arrived = await site.receiver.call('count');
          if (arrived !== messages)
            throw new Error(`${arrived} messages arrived. ${(await worker.call('problems')).join('; ')}`);
          await worker.call('pause', [id]);
          // The first round loads code.
          if (round === 0) continue;
          found[which].bytes.push(bytes / messages / 1024);
          found[which].cpu.push(cpuMs / messages);
        }
        tell(`${found.with.bytes.at(-1)?.toFixed(0) ?? '-'} KiB a message`);
      }
      const more = median(found.with.bytes) / median(found.without.bytes);
      const moreCpu = ratioOf(found.with.cpu, found.without.cpu);
      const rows: Row[] = [
        {
          what: 'A message with a file of 20 MB, beside one without: bytes that the broker reads',
          floor: spread(found.without.bytes, 'KiB'),
          ours: spread(found.with.bytes, 'KiB'),
          ratio: `${more.toFixed(2)} x`,
          target: 'no more (at most 64 KiB)',
          met: median(found.with.bytes) - median(found.without.bytes) <= 64,
        },
        {
          what: 'The same: CPU for each message',
          floor: spread(found.without.cpu, 'ms', 1),
          ours: spread(found.with.cpu, 'ms', 1),
          ratio: `${moreCpu.toFixed(2)} x`,
          target: 'at most twice',
          met: moreCpu <= 2,
        },
      ];
      return { rows, rounds };
    } finally {
      await site.stop();
    }
  },
};
