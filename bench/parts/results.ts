import type { Found } from './measure.ts';

/** The results as a page. Every number on it was measured; it is never edited by hand. */
export function render(found: readonly (readonly [string, Found])[], machine: string): string {
  const lines = found.flatMap(([name, { rows, rounds, load, at }]) =>
    rows.map(
      (row) =>
        `| ${row.what} | ${row.floor} | ${row.ours} | ${row.ratio} | ${row.target} | ${row.target === '-' ? '-' : row.met ? 'met' : '**missed**'} | \`${name}\`, ${rounds}, ${at}, ${load} |`,
    ),
  );
  return [
    '# What was measured',
    '',
    'Written by `npm run bench`. Every scenario measures its floor, the same work done with the bare libraries, in the same run, turn by turn with ours.',
    'Figures are medians over the rounds, with the least and the most; a ratio is the median of the ratios of the rounds. CPU is that of the process in question alone: mail server, storage emulator and receiver are processes of their own.',
    'Where the load stands above the number of cores, other programs ran on the machine at the same time: then counts and processor time mean something, and times and rates little.',
    '',
    `Machine: ${machine}.`,
    '',
    '| What | Floor | Ours | Ours to floor | Target | | Scenario, rounds, when (UTC), load |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

const begin = '<!-- Written by npm run bench. -->\n';
const end = '<!-- The end of what npm run bench writes. -->';

/** The README with the first line of every scenario between its two marks. @throws Error if it has lost them */
export function intoReadme(readme: string, found: readonly (readonly [string, Found])[]): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error('README.md has lost the marks between which the figures stand.');
  const lines = found.flatMap(([, { rows }]) =>
    rows.slice(0, 1).map(({ what, ours, floor, target }) => `| ${what} | ${ours} | ${floor} | ${target} |\n`),
  );
  const table = `\n| | Ours | Bare libraries | Target |\n| --- | --- | --- | --- |\n${lines.join('')}\n`;
  return readme.slice(0, from + begin.length) + table + readme.slice(to);
}

/**
 * Whether a run writes what it found into bench/ and the README. A look at one scenario or two says nothing that belongs
 * into pages that people read, unless whoever takes it says so.
 * @param names of the scenarios that were asked for; none stands for all
 */
export const areKept = (names: readonly string[], isAskedFor: boolean): boolean => names.length === 0 || isAskedFor;
