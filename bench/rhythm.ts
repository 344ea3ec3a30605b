import { writeFile } from 'node:fs/promises';
import { liveOffice } from '../test/simulation/office.ts';
import type { Office } from './parts/office.ts';

// npm run rhythm: lives through two weeks of an office on the clock of the simulator, with the default interval and with a
// longer one, and keeps the figures in bench/rhythm.json, from which docs/cost.md says how long mail waits.

const offices: Office[] = [];
for (const intervalSeconds of [60, 20]) {
  offices.unshift(await liveOffice({ seed: 1, intervalSeconds, days: 14 }));
  console.log(JSON.stringify(offices[0]));
}
await writeFile(new URL('rhythm.json', import.meta.url), `${JSON.stringify(offices, null, 2)}\n`);
process.exit(0);
