import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { commandLine } from '../local/command-line.ts';
import { commitNow } from './parts/commit.ts';
import { type Found, loadNow } from './parts/measure.ts';
import { areKept, intoReadme, render } from './parts/results.ts';
import { scenarios } from './scenarios/all.ts';

// npm run bench: runs all scenarios, and writes what they found. npm run bench -- NAME…: only those, and writes nothing,
// unless --write says so: then what they found stands beside what the others found before.

const json = new URL('results.json', import.meta.url);
const markdown = new URL('results.md', import.meta.url);
const readme = new URL('../README.md', import.meta.url);

const all = scenarios.map(({ name }) => name).join(', ');
const args = commandLine({
  script: 'npm run bench',
  flags: ['write', 'page'],
  values: [],
  known: `--write, --page and names of scenarios: ${all}`,
  takesWords: true,
});
if (args.isHelp) {
  console.log(
    'npm run bench: all scenarios. npm run bench -- NAME…: only these; --write keeps what they found. --page: measures nothing, and writes the pages from what was kept.',
  );
  process.exit(0);
}
const commit = commitNow();
const machine = `${type()} ${release()}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const names = args.words;
const isKept = areKept(names, args.has('write'));
const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join(', ')}. There are: ${all}`);
  process.exit(2);
}

if (args.has('page')) {
  await writePages();
  process.exit(0);
}

for (const scenario of scenarios) {
  if (names.length > 0 && !names.includes(scenario.name)) continue;
  console.log(`${scenario.name} …`);
  const { rows, rounds } = await scenario.run((line) => console.log(`  ${line}`));
  for (const row of rows)
    console.log(`  ${row.met ? 'met   ' : 'MISSED'} ${row.what}: ${row.ours} | ${row.floor} | ${row.ratio}`);
  if (!isKept) continue;
  // Read again each time: another run may have written meanwhile.
  const known = await kept();
  known[scenario.name] = { rows, rounds, load: loadNow(), at: new Date().toISOString().slice(0, 16), commit, machine };
  await writeFile(json, `${JSON.stringify(known, null, 2)}\n`);
  await writePages();
}
if (!isKept) console.log('Nothing was written. To keep these figures, add --write.');
process.exit(0);

async function kept(): Promise<Record<string, Found>> {
  return JSON.parse(await readFile(json, 'utf8').catch(() => '{}'));
}

async function writePages(): Promise<void> {
  const known = await kept();
  const ordered = scenarios.flatMap(({ name }) => (known[name] === undefined ? [] : [[name, known[name]] as const]));
  await writeFile(markdown, render(ordered));
  await writeFile(readme, intoReadme(await readFile(readme, 'utf8'), ordered));
}
