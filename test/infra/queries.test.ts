import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorTable } from '../../src/lib/error-codes.ts';
import { mailboxStates } from '../../src/lib/store/rows/rows.ts';
import { countFields, createRunCounts } from '../../src/lib/sync/state/run-counts.ts';
import { bindQuery, workspaceSchema } from '../support/kusto.ts';
import { hasField, logCalls, namelessLogCalls } from '../support/log-calls.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Queries in files, as the dashboard and the alerts take them, and those that a page shows. */
const files = readdirSync(join(root, 'infra/queries')).map((name) => [name, read(`infra/queries/${name}`)] as const);
const pages = ['docs/admin.md'].flatMap((page) =>
  [...read(page).matchAll(/```kusto\n(.*?)```/gs)].map(
    ([, text = ''], index) => [`${page}, ${index + 1}`, text] as const,
  ),
);
const all = [...files, ...pages];

/** What a dashboard puts in the place of its one parameter. */
const filled = (text: string) => text.replaceAll('{TimeRange:grain}', '5m');
const bind = (text: string) => bindQuery(filled(text));

describe('the check of queries', () => {
  it.each([
    ['a misspelt column', 'AppTraces | where Mesage has "x"', 'Mesage'],
    ['a misspelt table', 'AppTrace | take 1', 'AppTrace'],
    ['a column that an earlier step took away', 'AppTraces | summarize n = count() | where Message != ""', 'Message'],
    ['a misspelt function', 'AppTraces | extend line = parse_jsn(Message)', 'parse_jsn'],
    ['a bracket that is not closed', 'AppTraces | where TimeGenerated > ago(5m', ')'],
    ['an operator that does not exist', 'AppTraces | grupby Message', 'operator'],
    ['a sum of texts', 'AppTraces | summarize sum(Message)', 'summable'],
    ['a keyword taken for a name', 'AppTraces | extend line = parse_json(Message) | where line.shards > 1', 'shards'],
    ['a parameter that nothing fills', 'AppTraces | where TimeGenerated {Range}', 'KS'],
  ])('finds %s', (_what, query, named) => {
    const { faults } = bindQuery(query);
    expect(faults.length).toBeGreaterThan(0);
    if (named !== 'KS') expect(faults.join('\n')).toContain(named);
  });

  it('knows the result of a query that is right, the texts in it, and what it reads of a line', () => {
    const query =
      "AppTraces | extend line = parse_json(Message) | where line.event == 'shard.finished' | summarize n = sum(tolong(line.polled)) by bin(TimeGenerated, 1h)";
    expect(bindQuery(query)).toEqual({
      faults: [],
      columns: ['TimeGenerated', 'n'],
      texts: ['shard.finished'],
      lineFields: ['event', 'polled'],
    });
  });

  it('sees nothing of a line by brackets, which would escape it', () => {
    for (const [name, text] of all) expect(text, name).not.toMatch(/\bline\s*\[/);
  });
});

describe.each(all)('%s', (_name, text) => {
  const query = bind(text);

  it('parses, and names only existing tables and columns', () => {
    expect(query.faults).toEqual([]);
    expect(query.columns.length).toBeGreaterThan(0);
  });

  it('reads only events that the broker logs, and of them only fields that it gives them', () => {
    const calls = logCalls();
    const events = query.texts.filter((one) => calls.some(({ event }) => event === one));
    // Every text that looks like the name of an event is one, a code, or a value that is listed here.
    const values = ['OverQuota', 'Ingestion', 'held', 'warn', 'error'];
    for (const one of query.texts.filter((value) => /^[a-z_]+(\.[a-z_]+)?$/i.test(value))) {
      expect([...events, ...Object.keys(errorTable), ...values], one).toContain(one);
    }
    // Every line has these (src/lib/log.ts). A query that names no event reads all lines.
    for (const field of query.lineFields.filter((name) => !['event', 'level'].includes(name))) {
      const givers = events.length === 0 ? calls : calls.filter(({ event }) => events.includes(event));
      const isCounted = events.includes('shard.finished') && Object.hasOwn(counted(), field);
      expect(isCounted || givers.some((call) => hasField(call, field)), `line.${field}`).toBe(true);
    }
  });
});

/** The fields of the line of a run, from the code that makes it. */
const counted = () => countFields(createRunCounts(), [], { shard: 0, tick: 0, ms: 0, held: 0 });

describe('the dashboard', () => {
  const queries = new Map(files.map(([name, text]) => [name.replace('.kql', ''), bind(text)]));
  const fieldsOf = (name: string) => queries.get(name)?.lineFields ?? [];

  it('shows every state that a mailbox can be in', () => {
    const camel = mailboxStates.map((state) => state.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
    expect(fieldsOf('mailboxes')).toEqual(expect.arrayContaining(camel));
    expect(queries.get('mailboxes')?.columns).toHaveLength(mailboxStates.length);
  });

  it('shows every failure that has a code, under the field that holds it', () => {
    expect(queries.get('failures')?.texts).toEqual(['warn', 'error']);
    const fields = fieldsOf('failures').filter((name) => !['level', 'event'].includes(name));
    expect(fields).toEqual(['answeredCode', 'code', 'reason']);
    for (const field of fields) {
      const givers = logCalls().filter((call) => call.level !== 'info' && hasField(call, field));
      expect(givers.length, field).toBeGreaterThan(0);
    }
  });
});

describe('the alert on silence', () => {
  const text = read('infra/queries/silence.kql');

  it('makes its row by a summarize without groups, which answers also where nothing came', () => {
    const steps = text.split('\n').filter((line) => !line.startsWith('//'));
    const last = steps.join('\n').split(/\nlines\n/)[1] ?? '';
    expect(last).toMatch(/^\| where TimeGenerated > since\n\| summarize/);
    expect(last).not.toMatch(/\bby\b/);
  });

  it('names the daily cap as a cause, before all others', () => {
    const { columns, texts } = bind(text);
    expect(columns).toContain('cause');
    // A value of time would have the rule count within bins of it.
    expect(columns).not.toContain('TimeGenerated');
    expect(text).toMatch(/case\(\s*capped > 0, 'the log is at its daily cap'/);
    expect(texts).toContain('OverQuota');
  });
});

describe('the alert on lines that want a person', () => {
  it('takes exactly the lines that docs/admin.md says are worth an alert', () => {
    const rows = [...read('docs/admin.md').matchAll(/^\| (`[^|]+) \|[^|]*\| yes \|$/gm)];
    const told = rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    const taken = bind(read('infra/queries/attention.kql')).texts;
    const isBroken = (name: string | undefined) => name?.endsWith('row_broken') === true;
    expect(taken.filter((name) => !isBroken(name)).toSorted()).toEqual(
      told.filter((name) => !isBroken(name)).toSorted(),
    );
    expect(taken).toContain('.row_broken');
  });
});

describe('host.json', () => {
  it('keeps every line of the app, whatever it samples', () => {
    const host = z
      .object({
        logging: z.object({
          logLevel: z.record(z.string(), z.string()),
          applicationInsights: z.object({ samplingSettings: z.object({ excludedTypes: z.string() }) }),
        }),
      })
      .parse(JSON.parse(read('host.json')));
    // What a process writes to its console comes under this name, as traces.
    expect(host.logging.logLevel['Host.Function.Console']).toBe('Information');
    expect(host.logging.applicationInsights.samplingSettings.excludedTypes.split(';')).toContain('Trace');
  });
});

describe('lines of the log', () => {
  const table = read('docs/admin.md').split('## Log lines')[1]?.split('\n## ')[0] ?? '';

  it('are named area.thing_happened', () => {
    for (const { event, file } of logCalls()) expect(event, file).toMatch(/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/);
  });

  it('are all written by calls that name their event in place', () => {
    // The counting log passes on what others name.
    expect(namelessLogCalls().filter(({ file }) => file !== 'lib/metrics/counting-log.ts')).toEqual([]);
  });

  it('give one thing one key', () => {
    const keys = {
      mailbox: 'mailboxId',
      destination: 'destinationId',
      folder: 'folderId',
      message: 'messageKey',
      submission: 'submissionId',
      job: 'jobId',
      row: 'rowKey',
      run: 'runId',
    };
    for (const { event, file, rest } of logCalls()) {
      for (const [other, key] of Object.entries(keys)) {
        expect(
          new RegExp(`(?<!\\$)[{,]\\s*${other}\\s*[:,}]`).test(rest),
          `${file}: ${event} says ${other} for ${key}`,
        ).toBe(false);
      }
    }
  });

  const explained = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );

  it('the lines in the page are lines that the broker logs', () => {
    const events = new Set(logCalls().map(({ event }) => event));
    expect(explained.length).toBeGreaterThan(15);
    for (const name of explained.filter((one) => one !== 'event')) expect([...events], name).toContain(name);
  });

  it('are all explained in the page; those about broken rows share one row', () => {
    const events = new Set(logCalls().map(({ event }) => event));
    const missing = [...events].filter((event) => !explained.includes(event) && !event.endsWith('.row_broken'));
    expect(missing).toEqual([]);
  });

  it('are read where they stand: no table is declared that no query reads', () => {
    const texts = all.map(([, text]) => text).join('\n');
    for (const name of Object.keys(workspaceSchema)) expect(texts, name).toContain(name);
  });
});
