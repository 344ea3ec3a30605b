import { readFile, writeFile } from 'node:fs/promises';
import { commandLine } from '../local/command-line.ts';
import { costPage } from './parts/cost-page.ts';
import { countHousekeeping, countIdle, countMessages, countsForm, countTokens } from './parts/count.ts';
import { officesForm } from './parts/office.ts';

// npm run cost: counts again, keeps the counts in bench/counts.json, and writes docs/cost.md from them. npm run cost --
// --page: only the page, from the counts of the last time; after a change of prices or assumptions.

const kept = new URL('counts.json', import.meta.url);

const args = commandLine({ script: 'npm run cost', flags: ['page'], values: [], known: '--page' });

if (!args.has('page')) {
  const counts = {
    ...(await countIdle()),
    housekeeping: await countHousekeeping(),
    message: await countMessages(),
    token: await countTokens(),
  };
  await writeFile(kept, `${JSON.stringify(counts, null, 2)}\n`);
}
const offices = officesForm.parse(JSON.parse(await readFile(new URL('rhythm.json', import.meta.url), 'utf8')));
const counts = countsForm.parse(JSON.parse(await readFile(kept, 'utf8')));
await writeFile(new URL('../docs/cost.md', import.meta.url), costPage(counts, offices));
process.exit(0);
