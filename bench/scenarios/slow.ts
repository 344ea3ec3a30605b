import { fill } from '../parts/fill.ts';
import { median, percent, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { collection, startSite } from '../parts/site.ts';

const messages = 400;
const rounds = 3;

/** A receiver that takes 100 ms for each message: from one mailbox, eight at once. */
export const slow: Scenario = {
  name: 'slow',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    try {
      const floor = site.floor();
      const worker = site.worker();
      const destinationId = await worker.call('addDestination', collection(site));
      const found = { floor: [] as number[], ours: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        const address = `slow${round}@contoso.example`;
        await worker.call('addMailboxes', { addresses: [address], destinationId });
        await worker.call('tick');
        await fill(
          site.imap,
          address,
          Array.from({ length: messages }, (_, number) => makeMessage('text', number)),
        );
        await site.receiver.call('setDelay', 100);
        const job = { imap: site.imap, addresses: [address], url: `${site.collectionUrl}/x`, atOnce: 8, html: false };
        const bare = await floor.call('drain', job);
        const ours = await worker.call('tick');
        await site.receiver.call('setDelay', 0);
        found.floor.push((messages / bare.wallMs) * 1000);
        found.ours.push((messages / ours.wallMs) * 1000);
        tell(`${found.ours.at(-1)?.toFixed(0)} of ${found.floor.at(-1)?.toFixed(0)} msg/s`);
      }
      return {
        rows: [
          {
            what: 'Receiver takes 100 ms, one mailbox, `window`',
            floor: spread(found.floor, 'msg/s'),
            ours: spread(found.ours, 'msg/s'),
            ratio: percent(ratioOf(found.ours, found.floor)),
            target: 'at least 60 msg/s',
            met: median(found.ours) >= 60,
          },
        ],
        rounds,
      };
    } finally {
      await site.stop();
    }
  },
};
