import type { Found } from './measure.ts';

/** The results as a page. Every number on it was measured; it is never edited by hand. */
export function render(found: readonly (readonly [string, Found])[]): string {
  const machines = [...new Set(found.map(([, { machine }]) => machine))];
  const isOld = found.some(([, { commit }]) => commit === undefined);
  const lines = found.flatMap(([name, { rows, rounds, load, at, commit }]) =>
    rows.map(
      (row) =>
        `| ${row.what} | ${row.floor} | ${row.ours} | ${row.ratio} | ${row.target} | ${row.target === '-' ? '-' : row.met ? 'met' : '**missed**'} | \`${name}\`, ${rounds}, ${at}, ${load}, ${commit ?? '-'} |`,
    ),
  );
  return [
    '# What was measured',
    '',
    'Written by `npm run bench`. Where a scenario has a floor, it is measured in the same run, turn by turn with ours, the one that begins changing with each round; rounds are thrown away until two in a row are alike (a fixed one in some).',
    'The floor is the bare libraries: fetch, parse, post. It does **not** sign, keep an order or a state, commit what was delivered, filter, retry, or know a message again; it loses and repeats mail when it dies. Where a floor writes one row after every POST, it does so with the bare client of Table Storage; ours stores two in one batch, as the row that fences it has to go with the one that changes.',
    'Figures are medians over the rounds, with the least and the most; a ratio is the median of the ratios of the rounds. CPU is that of the process in question alone: mail server, storage emulator and receiver are processes of their own.',
    'Where the load stands above the number of cores, other programs ran on the machine at the same time: then counts and processor time mean something, and times and rates little.',
    '',
    ...(isOld
      ? [
          'What has no commit was measured before: the floor came first in every round, and that of `strict` made 8 POSTs at once.',
        ]
      : []),
    '',
    `Machine: ${machines.join('; ')}.`,
    '',
    '| What | Floor | Ours | Ours to floor | Target | | Scenario, rounds, when (UTC), load, commit |',
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
  const table = `\n| | Ours | Bare libraries: nothing signed or stored | Target |\n| --- | --- | --- | --- |\n${lines.join('')}\n`;
  return readme.slice(0, from + begin.length) + table + measuredAt(found) + readme.slice(to);
}

/** With what, when and beside how much other work the figures came about; one line where all are of one run. */
function measuredAt(found: readonly (readonly [string, Found])[]): string {
  const results = found.map(([, one]) => one);
  const commits = [...new Set(results.map(({ commit }) => commit ?? 'earlier ones'))];
  const what = commits.every((commit) => commit === 'earlier ones')
    ? 'Measured'
    : `Measured with commit ${commits.toSorted().join(' and ')}`;
  const times = results.map(({ at }) => at).sort();
  const load = Math.max(...results.map((one) => one.load));
  return `${what} from ${times[0]} to ${times.at(-1)} UTC, at a load of ${load} at most.\n\n`;
}

/**
 * Whether a run writes what it found into bench/ and the README. A run of one or two scenarios does not belong in
 * published pages, unless an option says so.
 * @param names of the scenarios that were asked for; none stands for all
 */
export const areKept = (names: readonly string[], isAskedFor: boolean): boolean => names.length === 0 || isAskedFor;
