import type { CsvRow } from '../../api/csv-rows.ts';
import { ApiProblem } from '../../api/refusal.ts';
import type { ExitCode } from '../../command.ts';
import { tableLines } from '../../show/table.ts';
import type { OverApi } from './command-over-api.ts';

/** What became of a line of a file. */
export interface RowOutcome {
  readonly line: number;
  readonly address: string;
  readonly state: 'done' | 'failed' | 'not tried';
  /** A link, an id, or what was wrong and how to fix it. */
  readonly result: string;
  readonly code?: string;
}

/**
 * Works on a file line by line, one after the other, and reports each. One that fails keeps none of the others back;
 * where no broker answers, or the key is not good, the rest is not tried.
 * @returns 0 if every line is done
 */
export async function eachRow(
  over: OverApi,
  rows: readonly CsvRow[],
  addressIn: string,
  work: (values: CsvRow['values']) => Promise<string>,
): Promise<ExitCode> {
  const outcomes: RowOutcome[] = [];
  let isOver = false;
  for (const { line, values } of rows) {
    const head = { line, address: values[addressIn] ?? '' };
    if (isOver || over.io.signal.aborted) {
      outcomes.push({ ...head, state: 'not tried', result: '' });
      continue;
    }
    try {
      outcomes.push({ ...head, state: 'done', result: await work(values) });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      const named = error.fields.map(({ field, message }) => `${field}: ${message}`);
      outcomes.push({
        ...head,
        state: 'failed',
        code: error.code,
        result: [error.message, ...named, error.remedy].join(' '),
      });
      isOver = ['unreachable', 'not_a_broker', 'key_invalid', 'key_missing', 'scope_missing'].includes(error.code);
    }
    over.io.err(`${outcomes.length} of ${rows.length}`);
  }
  over.result(outcomes, () => [
    ...tableLines(
      ['line', 'address', 'state', 'result'],
      outcomes.map(({ line, address, state, result }) => [String(line), address, state, result]),
    ),
    `${outcomes.filter(({ state }) => state === 'done').length} of ${rows.length} done.`,
  ]);
  return outcomes.every(({ state }) => state === 'done') ? 0 : 1;
}
