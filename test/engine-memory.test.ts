import { describe, expect, it } from 'vitest';
import type { MailboxRow } from '../src/lib/store/rows/rows.ts';
import type { Store, Table } from '../src/lib/store/table/table.ts';
import type { ShardRunner } from '../src/lib/sync/state/types.ts';
import { type EngineWorld, engineWorld, intervalSeconds } from './support/engine-world.ts';
import { onMemoryTables } from './support/suite-tables.ts';

let world: EngineWorld;
let mailbox: MailboxRow;
let asked: string[];

onMemoryTables(async (store) => {
  world = engineWorld(store);
  mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
  asked = [];
});

const ada = 'ada@contoso.example';
const folder = (path = 'INBOX') => world.mail.mailbox(ada).folder(path);

/** The same store, of which is noted what is asked of the rows that are read only where there is mail. */
function noting(store: Store): Store {
  return {
    time: store.time,
    table: (name) => {
      const table = store.table(name);
      const noted: Pick<Table, 'list' | 'get'> = {
        list: (partition, range, ...rest) => {
          if (range?.from?.startsWith('r!') === true) asked.push('rings');
          return table.list(partition, range, ...rest);
        },
        get: (partition, rowKey) => {
          if (rowKey.startsWith('p!')) asked.push('filter');
          return table.get(partition, rowKey);
        },
      };
      return Object.assign(Object.create(table), noted);
    },
  };
}

/** A process, which keeps what it has in memory from one poll to the next. */
const startProcess = (): ShardRunner => world.runner({ store: noting(world.store) });

async function pollBy(process: ShardRunner, deps: { readonly times?: number } = {}): Promise<void> {
  for (let n = 0; n < (deps.times ?? 1); n++) {
    world.time.pass(intervalSeconds * 1000);
    await world.store.table('directory').list('dir');
    for (const wakeUp of await world.dispatcher.wakeUps()) await process.run(wakeUp);
  }
}

it('reads the recent messages and the filter of a mailbox with mail once, not at every poll', async () => {
  await world.registry.patch(mailbox.id, { filter: { except: { subject: ['secret'] } } });
  const process = startProcess();
  for (let n = 0; n < 5; n++) {
    folder().add(`mail ${n}`);
    folder().add(`secret ${n}`);
    await pollBy(process);
  }
  expect(world.receiver.subjects()).toEqual([0, 1, 2, 3, 4].map((n) => `mail ${n}`));
  expect(asked.toSorted()).toEqual(['filter', 'rings']);
});

it('reads a filter anew that was changed', async () => {
  const process = startProcess();
  await world.registry.patch(mailbox.id, { filter: { except: { subject: ['secret'] } } });
  folder().add('secret');
  await pollBy(process);
  await world.registry.patch(mailbox.id, { filter: { except: { subject: ['mail'] } } });
  folder().add('secret too');
  folder().add('mail');
  await pollBy(process, { times: 2 });
  expect(world.receiver.subjects()).toEqual(['secret too']);
});

describe('what a process remembers', () => {
  // More than a cursor holds, so that most of it is only in the recent messages.
  const many = 100;

  it('serves it after many messages as well as what the table holds', async () => {
    const process = startProcess();
    for (let n = 0; n < many; n++) folder().add(`mail ${n}`);
    await pollBy(process, { times: 3 });
    asked = [];
    const [first] = folder().messages;
    folder().move(first?.uid ?? 0, folder('Archive'));
    folder().add('one more');
    await pollBy(process);
    expect(world.receiver.subjects()).toHaveLength(many + 1);
    expect(world.receiver.ofType('message.updated').map(({ data }) => data.change)).toEqual(['moved']);
    expect(asked).toEqual([]);
  });

  it('is forgotten when another process has held the shard since', async () => {
    const [one, other] = [startProcess(), startProcess()];
    folder().add('first');
    await pollBy(one);
    for (let n = 0; n < many; n++) folder().add(`mail ${n}`);
    await pollBy(other, { times: 3 });
    const moved = folder().messages.find(({ subject }) => subject === 'mail 3');
    folder().move(moved?.uid ?? 0, folder('Archive'));
    asked = [];
    await pollBy(one, { times: 2 });
    expect(world.receiver.subjects()).toHaveLength(many + 1);
    expect(world.receiver.ofType('message.updated').map(({ data }) => data.change)).toEqual(['moved']);
    expect(asked).toEqual(['rings']);
  });

  it('is forgotten when a run lost its lease', async () => {
    const process = startProcess();
    folder().add('first');
    await pollBy(process);
    expect(asked).toEqual(['rings']);
    const table = world.store.table('mail');
    // A foreign writer changes the row of the lease while mail is delivered, with an unknown epoch.
    world.receiver.answer = async () => {
      const [row] = await table.list('s0001', { below: '"' });
      if (row !== undefined) await table.replace(row, row.etag);
      return { kind: 'accepted', status: 200 };
    };
    folder().add('second');
    await pollBy(process);
    world.receiver.answer = () => ({ kind: 'accepted', status: 200 });
    world.time.pass(120_000);
    await pollBy(process);
    expect(asked).toEqual(['rings', 'rings']);
    expect(new Set(world.receiver.subjects())).toEqual(new Set(['first', 'second']));
  });
});
