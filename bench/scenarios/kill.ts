import { fill } from '../parts/fill.ts';
import { type Row, type Scenario, until } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { collection, startSite, webhook } from '../parts/site.ts';

const messages = 400;

/** SIGKILL in the middle of a burst, in both orders at once; another process continues. */
export const kill: Scenario = {
  name: 'kill',
  async run(tell) {
    const site = await startSite({ mail: 'dovecot' });
    try {
      const first = site.worker();
      const orders = {
        strict: { destination: await first.call('addDestination', webhook(site)), most: 1 },
        window: { destination: await first.call('addDestination', collection(site)), most: 32 },
      };
      const ids = new Map<string, string>();
      for (const [order, { destination }] of Object.entries(orders)) {
        const addresses = [`${order}@contoso.example`];
        const [id = ''] = await first.call('addMailboxes', { addresses, destinationId: destination });
        ids.set(order, id);
      }
      await first.call('tick');
      for (const order of ids.keys()) {
        await fill(
          site.imap,
          `${order}@contoso.example`,
          Array.from({ length: messages }, (_, number) => makeMessage('text', number)),
        );
      }
      await site.receiver.call('setDelay', 20);
      await first.call('startTicking');
      await site.receiver.call('reach', messages / 2);
      await first.kill();
      const killedAt = Date.now();
      await site.receiver.call('setDelay', 0);
      const before = new Set((await site.receiver.call('all')).map(({ key }) => key));
      const second = site.worker();
      await second.call('startTicking');
      const all = await until(
        'all messages',
        async () => {
          const seen = await site.receiver.call('all');
          return seen.length >= 2 * messages ? seen : undefined;
        },
        240_000,
      );
      await second.call('stopTicking');
      const again = Math.min(...all.filter(({ key }) => !before.has(key)).map(({ at }) => at)) - killedAt;
      tell(`goes on after ${(again / 1000).toFixed(0)} s`);
      const rows: Row[] = Object.entries(orders).map(([order, { most }]) => {
        const own = all.filter(({ mailboxId }) => mailboxId === ids.get(order));
        const resent = own.reduce((sum, { times }) => sum + times - 1, 0);
        return {
          what: `SIGKILL in the middle of ${messages} messages, \`${order}\`: lost; sent again`,
          floor: '-',
          ours: `${messages - own.length}; ${resent}`,
          ratio: '-',
          target: `0; at most ${most}`,
          met: own.length === messages && resent <= most,
        };
      });
      rows.push({
        what: 'The same: until another process delivers again',
        floor: '-',
        ours: `${(again / 1000).toFixed(0)} s`,
        ratio: '-',
        target: 'within 160 s',
        met: again <= 160_000,
      });
      return { rows, rounds: 1 };
    } finally {
      await site.stop();
    }
  },
};
