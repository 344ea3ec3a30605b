import { reportOf } from '../../../cli/deploy/report.ts';
import { DeployWorld, type Ran } from './world.ts';

// docs/deploy-run.md: what the deploy shows, recorded on the model of Azure. `node test/support/azure/recorded-run.ts`
// writes it again; test/deploy-run.test.ts compares.

const text = (lines: readonly string[]): string[] => ['```text', ...lines.map((line) => line.trimEnd()), '```', ''];

const report = async (world: DeployWorld, { end }: Ran): Promise<readonly string[]> =>
  end === undefined ? [] : reportOf(end, world.ports([], false), false);

/** Where the lines begin that come after the answer. */
const answered = ({ lines }: Ran): number => lines.findIndex((line) => line.includes('Resource group: '));
const before = (ran: Ran): readonly string[] => ran.lines.slice(0, answered(ran));
const acting = (ran: Ran): readonly string[] => ran.lines.slice(answered(ran));

/** A write by the command that makes it, for a reader. */
const named = (write: string): string => write.replace(/ [0-9a-f-]{36}$/, '');

/** What the run after a failure does: what it writes that a run where all is there would not. */
function wentOn(writes: readonly string[], everyRun: readonly string[]): string {
  const done = writes.map(named).filter((write) => !everyRun.includes(write));
  if (done.length === 0) return 'nothing is left to do';
  const more = done.length > 1 ? ` and ${done.length - 1} more` : '';
  return `\`${done[0]}\`${more}`;
}

async function failures(): Promise<string[]> {
  const whole = new DeployWorld();
  const { writes } = await whole.run();
  const everyRun = (await whole.run()).writes.map(named);
  const rows: string[] = [];
  for (const [write, name] of writes.entries()) {
    const cells: string[] = [];
    for (const when of ['before', 'after'] as const) {
      const world = new DeployWorld();
      world.model.fault = { write, when, how: 'dies' };
      await world.run();
      const second = await world.run();
      if (second.error !== undefined) throw second.error;
      cells.push(wentOn(second.writes, everyRun));
    }
    rows.push(`| \`${named(name)}\` | ${cells.join(' | ')} |`);
  }
  return [
    '| The process ends at | before it acted: the next run begins with | after it acted: the next run begins with |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ];
}

/** The page, from runs of this very code. */
export async function recordedRun(): Promise<string> {
  const world = new DeployWorld();
  const would = await world.run({ whatIf: true, alertEmail: 'ops@contoso.example' });
  const options = { alertEmail: 'ops@contoso.example' };
  world.answers = ['y'];
  const first = await world.run({ ...options, yes: false });
  const firstReport = await report(world, first);
  world.answers = undefined;
  const second = await world.run({ location: undefined });
  const refused = new DeployWorld();
  refused.model.behaviour.refusesFederation = true;
  const { error, lines } = await refused.run();
  const sentence = error instanceof Error ? [error.message] : [];
  const remedy = error instanceof Error && 'remedy' in error ? [String(error.remedy)] : [];
  const gone = await world.run({ destroy: true });
  return [
    '# A recorded deploy',
    '',
    'What `npm run deploy` shows and does, recorded on the model of Azure in `test/support/azure`: a stand-in with a state, rights and delays. **No line of it was seen from the real Azure**; waits are shorter or longer there. `node test/support/azure/recorded-run.ts` makes this page, and a test compares it.',
    '',
    'On a terminal the steps are a list that fills up; these are the lines of a log.',
    '',
    '## The first run',
    '',
    '`npm run deploy -- --location westeurope --alerts ops@contoso.example`',
    '',
    ...text([...before(first), 'Go on? [y/N] y', ...acting(first), ...firstReport]),
    '## The second run',
    '',
    '`npm run deploy`: what is there stays as it is, and what drifted comes back.',
    '',
    ...text(acting(second)),
    `It writes exactly these: ${second.writes.map((write) => `\`${named(write)}\``).join(', ')}.`,
    '',
    '## Where it is broken off',
    '',
    'The process that deploys ends at each of its writes, before Azure acted and after it acted. The next run finds in Azure what was done. A connection that only breaks is met within the same run.',
    '',
    ...(await failures()),
    '## A managed identity that Entra refuses',
    '',
    'Tried for ten minutes; then it stops. Nothing falls back by itself.',
    '',
    ...text([...lines.slice(-6), '', ...sentence, ...remedy]),
    '## The commands, as `--what-if` prints them',
    '',
    'For bash. What only Azure knows beforehand stands in angle brackets.',
    '',
    ...text(would.told),
    '## `--destroy`',
    '',
    ...text(gone.lines),
  ].join('\n');
}

if (import.meta.main) {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(new URL('../../../docs/deploy-run.md', import.meta.url), await recordedRun());
}
