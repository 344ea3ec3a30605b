import { join } from 'node:path';
import autocannon from 'autocannon';
import { bundleOf } from '../../test/support/bundle.ts';
import { startWorld } from '../../test/support/world.ts';
import { percent, ratioOf, type Scenario, spread } from '../parts/measure.ts';
import { measured } from '../parts/rounds.ts';

const rounds = 5;
const seconds = 4;
const least = 0.8;

/**
 * An access token that is in memory, asked for over HTTP with an API key, beside an empty function of the same app in the
 * same process: the host finds, calls, logs and answers both alike.
 */
export const token: Scenario = {
  name: 'token',
  async run(tell) {
    const world = await startWorld({ bundle: await bundleOf(join(import.meta.dirname, '../parts/empty-beside.ts')) });
    try {
      const { mailboxId } = await world.connect('ada@contoso.example');
      // The mailbox is left alone meanwhile: a poll in the same process would take part of it away.
      await world.api('PATCH', `mailboxes/${mailboxId}`, { body: { paused: true } });
      const ask = async (url: string, headers: Record<string, string>) => {
        const result = await autocannon({
          url,
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: '{}',
          connections: 8,
          duration: seconds,
        });
        if (result.non2xx > 0 || result.errors > 0)
          throw new Error(`${result.non2xx} refused, ${result.errors} failed.`);
        return result.requests.total / result.duration;
      };
      const key = { authorization: `Bearer ${world.services.stack.adminKey}` };
      const found = await measured({
        rounds,
        floor: () => ask(`${world.url}/mailboxes/${mailboxId}/empty`, {}),
        ours: () => ask(`${world.url}/mailboxes/${mailboxId}/token`, key),
        steady: (value) => value,
      });
      tell(`${spread(found.ours, '')} of ${spread(found.floor, 'requests/s')}`);
      const ratio = ratioOf(found.ours, found.floor);
      return {
        rows: [
          {
            what: 'A cached token over HTTP, beside an empty function in the same process',
            floor: spread(found.floor, 'requests/s'),
            ours: spread(found.ours, 'requests/s'),
            ratio: percent(ratio),
            target: `at least ${percent(least)}`,
            met: ratio >= least,
          },
        ],
        rounds,
      };
    } finally {
      await world.stop();
    }
  },
};
