import type { Scenario } from '../parts/measure.ts';
import { makeMessage } from '../parts/messages.ts';
import { startSite, webhook } from '../parts/site.ts';

const before = 20;
const meanwhile = 5;

// The mailbox of the local world that the app opens on its own.
const address = 'tickets@contoso.example';

/** A folder gets a new UIDVALIDITY while the broker is down, and five messages arrive. */
export const reset: Scenario = {
  name: 'reset',
  async run() {
    const site = await startSite({ mail: 'embedded' });
    try {
      const { imap } = site.services.standIns;
      if (imap === undefined || !('resetUidValidity' in imap)) throw new Error('This needs the embedded mail server.');
      const first = site.worker();
      const destinationId = await first.call('addDestination', webhook(site));
      await first.call('addMailboxes', { addresses: [address], destinationId });
      await first.call('tick');
      for (let number = 0; number < before; number++) await imap.deliver(address, makeMessage('text', number));
      await first.call('tick');
      const known = (await site.receiver.call('all')).length;
      await first.stop();

      imap.resetUidValidity(address, 'INBOX');
      for (let number = 0; number < meanwhile; number++) {
        await imap.deliver(address, makeMessage('text', before + number));
      }
      const second = site.worker();
      for (let tick = 0; tick < 3; tick++) await second.call('tick');
      const all = await site.receiver.call('all');
      const announced = all.length - known;
      const twice = all.filter(({ times }) => times > 1).length;
      return {
        rows: [
          {
            what: 'UIDVALIDITY changes while the broker is down, five messages arrive: announced; any message twice',
            floor: `${meanwhile}; 0`,
            ours: `${announced}; ${twice}`,
            ratio: '-',
            target: `${meanwhile}; 0`,
            met: known === before && announced === meanwhile && twice === 0,
          },
        ],
        rounds: 1,
      };
    } finally {
      await site.stop();
    }
  },
};
