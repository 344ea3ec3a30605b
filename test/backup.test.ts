import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backup } from '../cli/backup/backup.ts';
import { restore } from '../cli/backup/restore.ts';
import { main } from '../cli/broker.ts';
import { systemClock } from '../src/lib/domain/system.ts';
import { type Store, tableNames } from '../src/lib/store/table/table.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { accepted, down } from './support/memory-receiver.ts';
import { memoryStore } from './support/memory-store.ts';
import { onEmptyTables } from './support/suite-tables.ts';
import { emptyTables, rowsOfTable } from './support/tables.ts';

// Backup and restore on the emulator, with the engine on its tables.

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'broker-backup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';

async function allRows(store: Store) {
  const rows = [];
  for (const table of tableNames) {
    for (const { partitionKey, rowKey, values } of await rowsOfTable(store, table)) {
      rows.push({ table, partitionKey, rowKey, values });
    }
  }
  return rows;
}

describe('on the emulator', () => {
  let world: EngineWorld;
  let connectionString: string;
  let real: Store;
  onEmptyTables((store, azurite) => {
    world = engineWorld(store);
    real = store;
    ({ connectionString } = azurite);
  });

  const broker = async (...args: string[]) => {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await main(args, {
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      environment: { TABLES_CONNECTION_STRING: connectionString },
      folder,
      signal,
      attended: false,
      ask: async () => '',
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const received = () =>
    world.receiver.ofType('message.received').map(({ id, data }) => ({ id, subject: data.subject }));

  it('a restored broker resumes: no mail is lost, and what it delivered after the backup comes again under its id', async () => {
    const inbox = world.mail.mailbox(ada).folder('INBOX');
    await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    inbox.add('before');
    await world.poll();
    world.receiver.answer = () => down;
    inbox.add('waiting');
    await world.poll();
    const file = join(folder, 'tables.jsonl');
    expect(await broker('backup', file)).toMatchObject({ code: 0, out: expect.stringContaining(' rows in ') });
    const rows = await allRows(real);

    world.receiver.answer = () => accepted;
    inbox.add('between');
    await world.polls(3);
    const first = received();
    expect(first.map(({ subject }) => subject)).toEqual(['before', 'waiting', 'between']);

    await emptyTables(real);
    const restored = await broker('restore', file, '--json');
    expect(restored.code).toBe(0);
    expect(restored.out).toMatchSnapshot('restore FILE --json');
    expect(await allRows(real)).toEqual(rows);

    inbox.add('after');
    world.mail.mailbox(bea).folder('INBOX').add('to bea');
    await world.polls(4);
    const again = received().slice(first.length);
    expect(again.map(({ subject }) => subject).toSorted()).toEqual(['after', 'between', 'to bea', 'waiting']);
    // Under the same ids as before: a receiver that dedupes takes it once.
    for (const { subject, id } of first.slice(1)) expect(again.find((one) => one.subject === subject)?.id).toBe(id);
  });

  it('refuses tables with other rows, changes nothing then, and replaces them on request', async () => {
    await world.connectMailbox(ada);
    const file = join(folder, 'tables.jsonl');
    await broker('backup', file);
    const rows = await allRows(real);
    await world.connectMailbox(bea);
    const later = await allRows(real);
    const refusedRun = await broker('restore', file);
    expect(refusedRun).toMatchObject({ code: 1, err: expect.stringContaining('--replace') });
    expect(await allRows(real)).toEqual(later);
    expect(await broker('restore', file, '--replace')).toMatchObject({ code: 2 });
    expect(await broker('restore', file, '--replace', '--yes')).toMatchObject({ code: 0 });
    expect(await allRows(real)).toEqual(rows);
  });
});

describe('a backup', () => {
  const store = memoryStore(systemClock);
  const row = {
    partitionKey: 'p',
    rowKey: 'r/ü',
    values: {
      text: 'ä\n"',
      small: 7,
      yes: true,
      large: 9_007_199_254_740_993n,
      at: new Date('2026-11-20T12:00:00.123Z'),
      bytes: new Uint8Array([0, 255, 10]),
    },
  };
  const write = async () => {
    const file = join(folder, 'tables.jsonl');
    await backup({ store, file, now: 0, signal });
    return file;
  };
  beforeEach(async () => {
    await emptyTables(store);
    await store.table('grants').insert(row);
    await store.table('mail').insert({ ...row, rowKey: 'other' });
  });

  it('brings every kind of value back as it was', async () => {
    const file = await write();
    const before = await allRows(store);
    await emptyTables(store);
    expect(await restore({ store, file, replace: false, signal })).toEqual({ rows: 2, written: 2, deleted: 0 });
    expect(await allRows(store)).toEqual(before);
  });

  it('is readable by its owner alone, and never written over', async () => {
    const file = await write();
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    await expect(write()).rejects.toThrow('already exists');
  });

  it('continues where a restore was interrupted', async () => {
    const file = await write();
    const [kept] = await rowsOfTable(store, 'mail');
    await emptyTables(store);
    await store.table('mail').insert({ ...row, rowKey: kept?.rowKey ?? '' });
    expect(await restore({ store, file, replace: false, signal })).toEqual({ rows: 2, written: 1, deleted: 0 });
  });

  it('survives writes whose answer is lost', async () => {
    const file = await write();
    const before = await allRows(store);
    await emptyTables(store);
    store.disturb = ({ attempt }) => (attempt === 1 ? 'unheard' : undefined);
    await restore({ store, file, replace: false, signal });
    store.disturb = () => undefined;
    expect(await allRows(store)).toEqual(before);
  });

  it.each([
    ['was cut off', (lines: string[]) => lines.slice(0, -2)],
    ['lacks a row', (lines: string[]) => lines.toSpliced(1, 1)],
    ['was changed', (lines: string[]) => lines.with(1, '{"table":"people"}')],
    ['is something else', () => ['hello']],
    ['is empty', () => []],
  ])('is refused before anything is written where the file %s', async (_title, change) => {
    const file = await write();
    await emptyTables(store);
    await writeFile(file, change((await readFile(file, 'utf8')).split('\n')).join('\n'));
    await expect(restore({ store, file, replace: true, signal })).rejects.toMatchObject({ name: 'RestoreFault' });
    expect(await allRows(store)).toEqual([]);
  });
});
