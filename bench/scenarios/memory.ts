import { startHostProcess } from '../../test/support/host-process.ts';
import { fill } from '../parts/fill.ts';
import { type Row, type Scenario, until } from '../parts/measure.ts';
import { limitMemory, memoryOf } from '../parts/memory-limit.ts';
import { makeMessage } from '../parts/messages.ts';
import { collection, startSite } from '../parts/site.ts';

const mailboxes = 300;
const burst = 2_000;
const fileBytes = 36_000_000;
/** What is left of it decoded, at least: lines of the bench's files are shorter than they may be. */
const leastBytes = 34_000_000;
const mib = 1024 * 1024;
/** The smallest instance of Flex Consumption. The host of Azure needs a part of it, too. */
const instanceBytes = 512 * mib;

/**
 * The bundle as it is deployed, in one process with the local host, bounded as the smallest instance is: 300 sessions
 * kept open, a burst of mail, two large files at once. If the process cannot be bounded, only its peak is reported.
 */
export const memory: Scenario = {
  name: 'memory',
  async run(tell) {
    const limit = await limitMemory(instanceBytes);
    // Ticks of a second would keep a slow machine busy with looks alone.
    const site = await startSite({ mail: 'dovecot', pollIntervalSeconds: 5 });
    const { through } = limit ?? {};
    const host = await startHostProcess({
      settings: { ...site.services.settings, WARM_SESSIONS: String(mailboxes) },
      env: { NODE_EXTRA_CA_CERTS: site.ca },
      ...(through === undefined ? {} : { through }),
    });
    try {
      const api = async (path: string, body: unknown) => {
        const headers = {
          authorization: `Bearer ${site.services.stack.adminKey}`,
          'content-type': 'application/json',
        };
        const answer = await fetch(`${host.url}/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
        return (await answer.json()) as { readonly id: string };
      };
      const found: { what: string; most: number; now: number }[] = [];
      const note = async (what: string) => {
        const { most, now } = await memoryOf(host.pid);
        found.push({ what, most, now });
        tell(`${what}: ${(now / mib).toFixed(0)} MiB, at most ${(most / mib).toFixed(0)} MiB`);
      };

      await note('started');
      const { id: destinationId } = await api('destinations', collection(site));
      const addresses = Array.from({ length: mailboxes }, (_, number) => `m${number}@contoso.example`);
      for (const address of addresses) await api('mailboxes', { address, auth: 'app', destinationId, syncFrom: 'now' });
      const deliver = async (address: string, messages: readonly Buffer[]) => {
        await site.receiver.call('clear');
        await fill(site.imap, address, messages);
        await until(
          `${messages.length} messages`,
          async () => ((await site.receiver.call('count')) >= messages.length ? true : undefined),
          300_000,
        );
      };
      // One message in each: then every mailbox has been polled, and its session is kept.
      await site.receiver.call('clear');
      for (const [number, address] of addresses.entries())
        await fill(site.imap, address, [makeMessage('text', number)]);
      const all = async () => ((await site.receiver.call('count')) >= mailboxes ? true : undefined);
      await until('a message of each mailbox', all, 300_000);
      await note(`${mailboxes} sessions kept`);
      const one = addresses[0] ?? '';
      await deliver(
        one,
        Array.from({ length: burst }, (_, number) => makeMessage('html', 1_000 + number)),
      );
      await note(`a burst of ${burst} messages with HTML`);
      await site.receiver.call('links');
      await deliver(one, [makeMessage('attachment', 1, fileBytes), makeMessage('attachment', 2, fileBytes)]);
      // Links name the public address; this host has a port of its own.
      const links = (await site.receiver.call('links')).map((link) => link.replace(/^https?:\/\/[^/]+/, host.url));
      const sizes = await Promise.all(links.slice(0, 2).map(size));
      if (sizes.some((bytes) => bytes < leastBytes))
        throw new Error(`The files came with ${sizes.join(' and ')} bytes.`);
      await note('two files of 34 MB at once');

      const most = found.at(-1)?.most ?? Number.NaN;
      const bound = limit === undefined ? 'not bounded here' : `bounded to ${instanceBytes / mib} MiB`;
      const rows: Row[] = found.map(({ what, most: until_, now }) => ({
        what: `Memory of the deployed bundle with a local host in one process, ${bound}: ${what}`,
        floor: '-',
        ours: `${(now / mib).toFixed(0)} MiB, at most ${(until_ / mib).toFixed(0)} MiB so far`,
        ratio: '-',
        target: what === found.at(-1)?.what ? 'lives' : '-',
        met: most < instanceBytes,
      }));
      return { rows, rounds: 1 };
    } finally {
      await host.stop();
      await site.stop();
      await limit?.remove();
    }
  },
};

/** Reads a file to its end without keeping it, and answers its size in bytes. */
async function size(link: string): Promise<number> {
  const answer = await fetch(link);
  if (!answer.ok || answer.body === null) throw new Error(`${answer.status} ${await answer.text()}`);
  let bytes = 0;
  for await (const chunk of answer.body) bytes += chunk.length;
  return bytes;
}
