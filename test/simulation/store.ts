import { createServerTime } from '../../src/lib/store/table/server-time.ts';
import { type Row, type Store, StoreError, type Table, type TableName } from '../../src/lib/store/table/table.ts';
import type { Ground, Invocation, SimProcess } from './process.ts';
import { type Operation, rowKeyOf, type Tables } from './tables.ts';

/** A request is given up by the caller after this; it may still take effect. */
const timeoutMs = 10_000;

/** What is wrong with the service for a while. */
export interface StoreWeather {
  /** Until when no process, or only this one, gets an answer. */
  outage: { readonly until: number; readonly only: SimProcess | undefined } | undefined;
  /** Until when no row of this mailbox is taken: as a row that has outgrown its limit would not be. */
  refused: { readonly until: number; readonly mailboxId: string } | undefined;
  /** Runs that met such a refusal. */
  readonly refusedTo: Set<Invocation>;
}

/** The way of one process to the tables: requests and answers take their time, overtake each other, and get lost. */
export function createStore(ground: Ground, process: SimProcess, tables: Tables, weather: StoreWeather): Store {
  const { scheduler, faults, trace, dice } = ground;
  const time = createServerTime(process.clock);
  const unreachable = (table: string) => new StoreError('unreachable', { table });

  function request<T>(table: string, what: () => string, serve: (by: Invocation | undefined) => T): Promise<T> {
    return process.call<T>((call) => {
      const who = call.by?.name ?? process.name;
      const sentMs = process.clock.monotonic();
      const lose = (why: string) => {
        trace.note(who, () => `${what()} -- ${why}`);
        scheduler.after(dice.chance(0.5) ? timeoutMs : dice.between(1, 2_000), () => call.fail(unreachable(table)));
      };
      const { outage } = weather;
      if (outage !== undefined && scheduler.now() < outage.until && (outage.only ?? process) === process) {
        return lose('no answer');
      }
      if (faults.strikes('requestLost')) return lose('lost on the way');
      const slow = faults.strikes('requestSlow') ? faults.size('requestSlow', 100, 14_000) : 0;
      const [there, back] = dice.chance(0.5) ? [slow, 0] : [0, slow];
      const unheard = faults.strikes('answerLost');
      if (slow > 0) scheduler.after(timeoutMs, () => call.fail(unreachable(table)));
      scheduler.after(there + dice.between(0.5, 6), () => {
        // The service stamps its answer; the header has no fraction (RFC 9110 section 5.6.7).
        const dateMs = Math.floor(scheduler.now() / 1000) * 1000;
        const heard = () => time.sample({ dateMs, sentMs, receivedMs: process.clock.monotonic() });
        let finish: () => void;
        try {
          const answer = serve(call.by);
          trace.note(
            who,
            () =>
              `${what()}${unheard ? ' -- done, and the answer is lost' : ''}${slow > 0 ? ` -- slow (${Math.round(slow)} ms)` : ''}`,
          );
          finish = () => call.answer(answer, heard);
        } catch (error) {
          trace.note(
            who,
            () =>
              `${what()} -- ${error instanceof StoreError ? error.kind : String(error)}${unheard ? ', and the answer is lost' : ''}`,
          );
          finish = () => call.fail(error, heard);
        }
        if (unheard) {
          scheduler.after(dice.chance(0.5) ? timeoutMs : dice.between(1, 500), () => call.fail(unreachable(table)));
          return;
        }
        scheduler.after(back + dice.between(0.5, 6), finish);
      });
    });
  }

  function write(table: string, partitionKey: string, operations: readonly Operation[]): Promise<string[]> {
    const what = () => `${table} ${operations.map(describe).join(', ')}`;
    return request(table, what, (by) => {
      const { refused } = weather;
      const isRefused = (one: Operation) => one.kind === 'upsert' && one.row.rowKey.includes(refused?.mailboxId ?? '');
      if (refused !== undefined && scheduler.now() < refused.until && operations.some(isRefused)) {
        if (by !== undefined) weather.refusedTo.add(by);
        throw new StoreError('refused', { table });
      }
      return tables.apply(table, partitionKey, operations, by);
    });
  }

  const table = (name: TableName): Table => ({
    name,
    get: (partitionKey, rowKey) =>
      request(
        name,
        () => `${name} get ${rowKey}`,
        () => tables.get(name, partitionKey, rowKey),
      ),
    list: (partitionKey, range) =>
      request(
        name,
        () => `${name} list ${partitionKey} ${range?.from ?? ''}..${range?.below ?? ''}`,
        () => tables.list(name, partitionKey, range),
      ),
    async *scan() {
      yield* await request(
        name,
        () => `${name} scan`,
        () => tables.scan(name),
      );
    },
    insert: async (row: Row) => (await write(name, row.partitionKey, [{ kind: 'insert', row }]))[0] ?? '',
    replace: async (row, etag) => (await write(name, row.partitionKey, [{ kind: 'replace', row, etag }]))[0] ?? '',
    async delete(partitionKey, rowKey, etag) {
      await write(name, partitionKey, [{ kind: 'remove', rowKey, etag }]);
    },
    batch: (partitionKey, operations) => write(name, partitionKey, operations),
  });
  return { time, table };
}

/** `upsert c!ada!INBOX`, and of some rows what they say. */
function describe(operation: Operation): string {
  const key = rowKeyOf(operation);
  const said = 'row' in operation ? gist(key, operation.row) : '';
  return `${operation.kind} ${key}${said === '' ? '' : ` (${said})`}`;
}

function gist(key: string, { values }: Row): string {
  switch (key.slice(0, 2)) {
    case '!':
      return `${values.owner === '' ? 'free' : 'held'}, epoch ${values.epoch}, seq ${values.seq}`;
    case 'b!':
      return `${values.state}${values.code === '' ? '' : `, ${values.code}`}`;
    case 'c!':
      return `up to ${values.lastUid}`;
    case 'o!':
      return String(values.type);
    default:
      return '';
  }
}
