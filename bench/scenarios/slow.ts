import { fill } from '../parts/fill.ts';
import { median, percent, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { measured } from '../parts/rounds.ts';
import { collection, startSite } from '../parts/site.ts';

const messages = 400;
const rounds = 3;

/** A receiver that takes 100 ms for each message: from one mailbox, as many at once as its window holds. */
export const slow: Scenario = {
  name: 'slow',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    try {
      const floor = site.floor();
      const worker = site.worker();
      const destinationId = await worker.call('addDestination', collection(site));
      const addressOf = (round: number) => `slow${round}@contoso.example`;
      let ready = -1;
      const fresh = async (round: number) => {
        if (ready === round) return;
        ready = round;
        await worker.call('addMailboxes', { addresses: [addressOf(round)], destinationId });
        await worker.call('tick');
        const mail = Array.from({ length: messages }, (_, number) => makeMessage('text', number));
        await fill(site.imap, addressOf(round), mail);
      };
      const slowly = async <T>(round: number, work: () => Promise<T>): Promise<T> => {
        await fresh(round);
        await site.receiver.call('setDelay', 100);
        const value = await work();
        await site.receiver.call('setDelay', 0);
        return value;
      };
      const { floor: bare, ours } = await measured({
        rounds,
        floor: (round) =>
          slowly(round, () =>
            floor.call('drain', {
              imap: site.imap,
              addresses: [addressOf(round)],
              url: `${site.collectionUrl}/x`,
              atOnce: 8,
              html: false,
            }),
          ),
        ours: (round) => slowly(round, () => worker.call('tick')),
        steady: ({ wallMs }) => 1 / wallMs,
      });
      const rate = ({ wallMs }: { readonly wallMs: number }) => (messages / wallMs) * 1000;
      const found = { floor: bare.map(rate), ours: ours.map(rate) };
      tell(`${spread(found.ours, '')} of ${spread(found.floor, 'msg/s')}`);
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
