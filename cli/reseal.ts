import { parseArgs } from 'node:util';
import type { ResealReport } from '../src/lib/vault/reseal.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { composeBroker } from './compose.ts';

/** `broker reseal` */
export const reseal: Command = {
  summary: 'move every sealed row and key to the newest version of the root key',
  help: `Usage: broker reseal

After a new version of the secret broker-root was made, moves everything that lies under an older version to it: the sealed
tokens of grants, the secrets of destinations, the MACs of API keys. It may run beside the broker, be interrupted
(Ctrl-C) and repeated. Disable no older version before it reports that 0 rows are left.

Whoever runs it needs to read the secrets of the vault and to write the tables: give both roles for as long as it takes.`,

  async run(args, io) {
    takeNone(args);
    const { reseal: run } = await composeBroker(io);
    const report = await run({ signal: io.signal, progress: createProgress(io) });
    for (const line of describe(report, io.signal.aborted)) io.out(line);
    return report.left === 0 ? 0 : 1;
  },
};

function takeNone(args: readonly string[]): void {
  try {
    parseArgs({ args: [...args], options: {} });
  } catch {
    throw new UsageError('broker reseal takes no arguments.');
  }
}

const lineEvery = 100;

/** A line for the first row, every hundredth and the last of each kind. */
function createProgress(io: CommandIo): (kind: string, done: number, of: number) => void {
  return (kind, done, of) => {
    if (done % lineEvery === 0 || done === of) io.err(`${kind}: ${done} of ${of}`);
  };
}

const minute = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
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
      lines.push(`  ${id} cannot be read, or was changed by somebody else; it opens nothing under any version.`);
    }
  }
  if (interrupted) lines.push('Interrupted. Run it again to go on where it stopped.');
  lines.push(`${rows(report.left)} ${are(report.left)} left under older versions.`);
  for (const { kind, count, until } of report.expiring) {
    const end = until === undefined ? '' : `; the last of them ends ${minute(until)}`;
    lines.push(`${kind} that may need an older version: ${count}${end}.`);
  }
  if (report.settledAt !== undefined && report.left === 0) {
    lines.push(
      `Running instances may use an older version until ${minute(report.settledAt)}: run this once more after that, before you disable one.`,
    );
  }
  return lines;
}
