import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Found } from '../bench/parts/measure.ts';
import { areKept, intoReadme } from '../bench/parts/results.ts';
import { scenarios } from '../bench/scenarios/all.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
const results: Record<string, Found> = JSON.parse(read('bench/results.json'));

it('no result is of a scenario that is gone', () => {
  const names = scenarios.map(({ name }) => name);
  for (const name of Object.keys(results)) expect(names).toContain(name);
});

it.each([
  ['all scenarios', [], false, true],
  ['one, for a look', ['load'], false, false],
  ['one, whose figures are to be kept', ['load'], true, true],
])('a run of %s keeps to what it was asked for', (_what, names, isAskedFor, kept) => {
  expect(areKept(names, isAskedFor)).toBe(kept);
});

it('the figures of the README and of bench/results.md are those that were measured', () => {
  const found = scenarios.flatMap(({ name }) => (results[name] === undefined ? [] : [[name, results[name]] as const]));
  expect(intoReadme(read('README.md'), found)).toBe(read('README.md'));
  const page = read('bench/results.md');
  for (const [, { rows }] of found) {
    for (const row of rows) expect(page).toContain(`| ${row.what} | ${row.floor} | ${row.ours} | ${row.ratio} |`);
  }
});
