import { utcMinute } from '../src/lib/domain/duration.ts';
import type { ResealReport } from '../src/lib/vault/reseal.ts';
import type { AddCommand, CommandIo } from './command.ts';
import { composeBroker } from './compose.ts';

/** Exit code: all was moved, but someone may still write under an older version. */
const comeAgain = 3;

const more = `
After a new version of the secret broker-root was made, moves everything that lies under an older version to it: the sealed
tokens of grants, the secrets of destinations, the MACs of API keys. It may run beside the broker, be interrupted
(Ctrl-C) and repeated.

It ends with 0 when an older version may be disabled, and not before. With 3 when 0 rows are left, but a running instance
may not have heard of the newest version: run it once more after the time that it names. With 1 when rows are left, or
something is wrong.

Whoever runs it needs to read the secrets of the vault and to write the tables: give both roles for as long as it takes.`;

/** `broker reseal` */
export const addReseal: AddCommand = (program, io, ended) => {
  program
    .command('reseal')
    .description('move every sealed row and key to the newest version of the root key')
    .option('--json', 'one JSON object, for programs')
    .addHelpText('after', more)
    .action(async ({ json = false }: { json?: boolean }) => {
      const { reseal: run } = await composeBroker(io);
      const report = await run({ signal: io.signal, progress: createProgress(io) });
      if (json) io.out(JSON.stringify(report));
      else for (const line of describe(report, io.signal.aborted)) io.out(line);
      if (report.done) return ended(0);
      ended(report.left === 0 && !io.signal.aborted ? comeAgain : 1);
    });
};

const lineEvery = 100;

/** A line for the first row, every hundredth and the last of each kind. */
function createProgress(io: CommandIo): (kind: string, done: number, of: number) => void {
  return (kind, done, of) => {
    if (done % lineEvery === 0 || done === of) io.err(`${kind}: ${done} of ${of}`);
  };
}

const minute = (at: Date): string => `${utcMinute(at)} UTC`;
const rows = (count: number): string => (count === 1 ? '1 row' : `${count} rows`);
const are = (count: number): string => (count === 1 ? 'is' : 'are');

/** The report in words. */
export function describe(report: ResealReport, interrupted: boolean): string[] {
  const since = report.since === undefined ? '' : `, made ${minute(report.since)}`;
  const lines = [`Newest version of broker-root: ${report.version}${since}.`];
  for (const kind of report.kinds) {
    lines.push(`${kind.kind}: ${rows(kind.rows)}, ${kind.renewed} moved, ${kind.left} left.`);
    for (const { id, code } of kind.failed) lines.push(`  ${id} could not be moved: ${code}.`);
    for (const id of kind.broken) {
      lines.push(`  ${id} cannot be read, or was changed by something else; no version opens it.`);
    }
  }
  if (interrupted) lines.push('Interrupted. Run it again to continue where it stopped.');
  lines.push(`${rows(report.left)} ${are(report.left)} left under older versions.`);
  for (const { kind, count, until } of report.expiring) {
    const end = until === undefined ? '' : `; the last of them ends ${minute(until)}`;
    lines.push(`${kind} that may need an older version: ${count}${end}.`);
  }
  if (report.done) {
    lines.push('No instance uses an older version any more. Older versions may be disabled.');
  } else if (report.left === 0 && !interrupted) {
    lines.push(
      `Running instances may use an older version until ${minute(report.settledAt)}: disable none yet, and run this once more after that.`,
    );
  } else {
    lines.push('Disable no older version.');
  }
  return lines;
}
