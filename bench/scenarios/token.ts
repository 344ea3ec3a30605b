import { join } from 'node:path';
import autocannon from 'autocannon';
import { bundleOf } from '../../test/support/bundle.ts';
import { startHostProcess } from '../../test/support/host-process.ts';
import { startWorld } from '../../test/support/world.ts';
import { percent, ratioOf, type Scenario, spread } from '../parts/measure.ts';

const rounds = 5;
const seconds = 4;
const least = 0.8;

/** An access token that is in memory, asked for over HTTP with an API key, beside an empty function in the same host. */
export const token: Scenario = {
  name: 'token',
  async run(tell) {
    const world = await startWorld({
      bundle: await bundleOf(join(import.meta.dirname, '../../src/functions/index.ts')),
    });
    try {
      const { mailboxId } = await world.connect('ada@contoso.example');
      // The mailbox is left alone meanwhile: a poll in the same process would take part of it away.
      await world.api('PATCH', `mailboxes/${mailboxId}`, { body: { paused: true } });
      const empty = await startHostProcess({
        settings: { ...world.services.settings, AzureWebJobsStorage: '' },
        bundle: await bundleOf(join(import.meta.dirname, '../parts/empty-app.ts')),
      });
      const ask = async (url: string, headers: Record<string, string>, duration = seconds) => {
        const result = await autocannon({
          url,
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: '{}',
          connections: 8,
          duration,
        });
        if (result.non2xx > 0 || result.errors > 0)
          throw new Error(`${result.non2xx} refused, ${result.errors} failed.`);
        return result.requests.total / result.duration;
      };
      const floorUrl = `${empty.url}/api/empty`;
      const ourUrl = `${world.url}/mailboxes/${mailboxId}/token`;
      const key = { authorization: `Bearer ${world.services.stack.adminKey}` };
      await ask(floorUrl, {}, 2);
      await ask(ourUrl, key, 2);
      const found = { floor: [] as number[], ours: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        found.floor.push(await ask(floorUrl, {}));
        found.ours.push(await ask(ourUrl, key));
        tell(`${found.ours.at(-1)?.toFixed(0)} of ${found.floor.at(-1)?.toFixed(0)} requests/s`);
      }
      await empty.stop();
      const ratio = ratioOf(found.ours, found.floor);
      return {
        rows: [
          {
            what: 'A cached token over HTTP, beside an empty function in the same host',
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
