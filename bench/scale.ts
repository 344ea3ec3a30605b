import { readFile, writeFile } from 'node:fs/promises';
import { commandLine } from '../local/command-line.ts';
import { countsForm } from './parts/count.ts';
import { countScale } from './parts/scale-counts.ts';
import { scalePage } from './parts/scale-page.ts';
import { runScale, scaleResultsForm } from './parts/scale-results.ts';

// npm run scale: counts what the engine asks of the tables, runs the model, keeps both in bench/scale.json, and writes
// docs/scale.md from it. npm run scale -- --page: only the page, from what was kept.

const kept = new URL('scale.json', import.meta.url);
const page = new URL('../docs/scale.md', import.meta.url);

const args = commandLine({ script: 'npm run scale', flags: ['page'], values: [], known: '--page' });

if (!args.has('page')) {
  const cost = countsForm.parse(JSON.parse(await readFile(new URL('counts.json', import.meta.url), 'utf8')));
  const results = runScale({ cost, store: await countScale() });
  await writeFile(kept, `${JSON.stringify(results, null, 2)}\n`);
}
await writeFile(page, scalePage(scaleResultsForm.parse(JSON.parse(await readFile(kept, 'utf8')))));
process.exit(0);
