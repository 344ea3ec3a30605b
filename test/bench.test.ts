import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Found } from '../bench/parts/measure.ts';
import { areKept, intoReadme } from '../bench/parts/results.ts';
import { measured } from '../bench/parts/rounds.ts';
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

describe('rounds', () => {
  /** Ours becomes faster until it is warm. */
  const contest = async (rates: readonly number[], rounds: number) => {
    const turns: string[] = [];
    const found = await measured({
      rounds,
      floor: async (round, isWarming) => {
        turns.push(`${isWarming ? 'warming' : 'floor'} ${round}`);
        return round;
      },
      ours: async (round, isWarming) => {
        if (!isWarming) turns.push(`ours ${round}`);
        return rates[round] ?? 100;
      },
      steady: (rate) => rate,
    });
    return { turns, found };
  };

  it('begin when two in a row were alike, and then take turns in who comes first', async () => {
    const { turns, found } = await contest([10, 60, 98], 3);
    expect(turns.slice(0, 4)).toEqual(['warming 0', 'warming 1', 'warming 2', 'warming 3']);
    expect(turns.slice(4)).toEqual(['floor 4', 'ours 4', 'ours 5', 'floor 5', 'floor 6', 'ours 6']);
    expect(found).toEqual({ floor: [4, 5, 6], ours: [100, 100, 100] });
  });

  it('begin after some, where no two are ever alike', async () => {
    const { turns } = await contest([1, 2, 4, 8, 16, 32, 64], 1);
    expect(turns.filter((turn) => turn.startsWith('warming'))).toHaveLength(5);
  });
});
