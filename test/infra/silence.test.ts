import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Row, runQuery } from '../support/kusto-run.ts';

// The query of the alert on silence, run over logs that could be. The rule fires where it answers with a row.

const query = readFileSync(join(import.meta.dirname, '../../infra/queries/silence.kql'), 'utf8');
const now = Date.parse('2026-11-30T12:00:00Z');
const minute = 60_000;

const line = (minutesAgo: number, fields: object): Row => ({
  TimeGenerated: now - minutesAgo * minute,
  Message: JSON.stringify(fields),
});
const tick = (minutesAgo: number, wakeUps = 1, intervalSeconds = 60): Row =>
  line(minutesAgo, { event: 'dispatch.finished', wakeUps, intervalSeconds });
const run = (minutesAgo: number): Row => line(minutesAgo, { event: 'shard.finished', shard: 0 });
const capped: Row = {
  TimeGenerated: now - 300 * minute,
  Category: 'ingestion',
  Detail: 'The data ingestion was stopped: OverQuota',
};

const answer = (traces: readonly Row[], operations: readonly Row[] = []) =>
  runQuery(query, { AppTraces: traces, _LogOperation: operations }, now);

const notRunning = 'the app does not run';
const noRunEnds = 'no run ends: the queue brings no wake-ups, or every run fails';
const atTheCap = 'the log is at its daily cap';

describe('the alert on silence', () => {
  it.each<[string, readonly Row[], readonly Row[]]>([
    ['ticks come and runs end', [tick(1), run(1)], []],
    ['a run ended 29 minutes ago', [tick(29), run(29)], []],
    ['there is no mailbox yet, and ticks come', [tick(1, 0), tick(2, 0)], []],
    ['ticks are an hour long, and the last run is two hours old', [tick(120, 1, 3600), run(120)], []],
    ['the cap was reached earlier in the day, and lines come again', [tick(1), run(1)], [capped]],
    ['other lines are between', [line(1, { event: 'token.renewed' }), tick(2), run(2)], []],
  ])('is still where %s', (_title, traces, operations) => {
    expect(answer(traces, operations)).toEqual([]);
  });

  it.each<[string, readonly Row[], readonly Row[], string]>([
    ['there is no line at all', [], [], notRunning],
    ['lines of other events come, and none of a tick', [line(1, { event: 'http.failed' })], [], notRunning],
    ['the last tick is 31 minutes old', [tick(31), run(31)], [], notRunning],
    ['ticks are an hour long, and the last is over three hours old', [tick(181, 1, 3600), run(181)], [], notRunning],
    ['ticks make hints, and no run ends', [tick(1), tick(2), run(45)], [], noRunEnds],
    ['the log is at its cap', [tick(290), run(290)], [capped], atTheCap],
    ['the log is at its cap and brought nothing all day', [], [capped], atTheCap],
  ])('fires with one row, which says why, where %s', (_title, traces, operations, cause) => {
    const rows = answer(traces, operations);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ signs: 0, cause });
  });

  it('takes no operation of the workspace for its cap but that of the cap', () => {
    const other = { ...capped, Detail: 'The data type was renamed.' };
    expect(answer([], [other])).toMatchObject([{ cause: notRunning }]);
    expect(answer([], [{ ...capped, TimeGenerated: now - 25 * 60 * minute }])).toMatchObject([{ cause: notRunning }]);
  });
});
