import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySealer } from '../../../../test/support/sealer.ts';
import { azuriteOfSuite, type SuiteAzurite } from '../../../../test/support/suite-tables.ts';
import { storeAt } from '../../../../test/support/tables.ts';
import { newDestinationId } from '../../domain/ids.ts';
import { systemRandom } from '../../domain/system.ts';
import type { Store, Value } from '../table/table.ts';
import { type DestinationConfig, type DestinationSecrets, type DestinationState, restingState } from './destination.ts';
import { createDestinationRows } from './destinations.ts';

let azurite: SuiteAzurite;
let store: Store;
beforeAll(async () => {
  azurite = await azuriteOfSuite();
  store = storeAt(azurite);
});
afterAll(() => azurite.stop());

const at = new Date('2026-11-22T08:00:00.123Z');
const collection = (id: string): DestinationConfig => ({
  id,
  type: 'collection',
  name: 'Grüße',
  url: 'https://nocobase.example.com/api',
  rawHtml: true,
  paused: false,
  collections: { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox' },
  auth: 'bearer',
  signingSince: [at],
  createdAt: at,
  updatedAt: at,
});
const secrets: DestinationSecrets = { signing: ['whsec_x'], auth: { kind: 'bearer', token: 'planted' } };
const held: DestinationState = {
  heldSince: at,
  reason: 'destination_busy',
  status: 503,
  heldByDead: true,
  nextProbe: at,
  probes: 3,
  proberUntil: at,
  lastAccepted: at,
  lastMailAccepted: at,
  told: true,
  deadInRow: 2,
  headsMoved: 1,
  failed: 'm_failed',
};

const world = () => ({
  rows: createDestinationRows({ store, sealer: memorySealer().sealer }),
  table: store.table('destinations'),
  id: newDestinationId(systemRandom),
});

const shape = (values: Readonly<Record<string, Value | undefined>>) =>
  Object.fromEntries(
    Object.entries(values).map(([column, value]) => [column, value instanceof Uint8Array ? 'sealed bytes' : value]),
  );

describe('the rows of a destination', () => {
  it('have the form that later versions must read', async () => {
    const { rows, table, id } = world();
    await rows.insert(collection(id), secrets);
    await rows.writeState(id, held, (await rows.readState(id)).etag ?? '');
    expect(shape((await table.get('dst', `a!${id}`))?.values ?? {})).toEqual({
      v: 2,
      type: 'collection',
      name: 'Grüße',
      url: 'https://nocobase.example.com/api',
      rawHtml: true,
      paused: false,
      collections: '{"messages":"mail_messages","accounts":"mail_accounts","outbox":"mail_outbox"}',
      auth: 'bearer',
      signingSince: '["2026-11-22T08:00:00.123Z"]',
      secrets: 'sealed bytes',
      createdAt: at,
      updatedAt: at,
    });
    expect(shape((await table.get('dst', `b!${id}`))?.values ?? {})).toEqual({ v: 2, ...held });
  });

  it('come back as they were written', async () => {
    const { rows, id } = world();
    await rows.insert(collection(id), secrets);
    expect(await rows.open(id)).toMatchObject({ config: collection(id), secrets });
    expect((await rows.readState(id)).state).toEqual(restingState);
    const etag = await rows.writeState(id, held, (await rows.readState(id)).etag ?? '');
    expect(await rows.readState(id)).toEqual({ state: held, etag });
    expect((await rows.list()).find(({ config }) => config.id === id)).toMatchObject({
      config: collection(id),
      state: held,
    });
  });

  it('are written only by the last reader', async () => {
    const { rows, id } = world();
    await rows.insert(collection(id), secrets);
    const { etag = '' } = await rows.readState(id);
    await rows.writeState(id, held, etag);
    await expect(rows.writeState(id, restingState, etag)).rejects.toMatchObject({ kind: 'conflict' });
    const config = (await rows.read(id))?.etag ?? '';
    await rows.replace({ ...collection(id), name: 'x' }, secrets, config);
    await expect(rows.replace(collection(id), secrets, config)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(rows.delete(id, config)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(rows.insert(collection(id), secrets)).rejects.toMatchObject({ kind: 'exists' });
    expect((await rows.read(id))?.config.name).toBe('x');
  });

  it('do not open in another place', async () => {
    const { rows, table, id } = world();
    await rows.insert(collection(id), secrets);
    const row = await table.get('dst', `a!${id}`);
    if (row === undefined) throw new Error('no row');
    const copy = newDestinationId(systemRandom);
    await table.insert({ ...row, rowKey: `a!${copy}` });
    await expect(rows.open(copy)).rejects.toMatchObject({ code: 'seal_broken' });
    expect((await rows.open(id))?.secrets).toEqual(secrets);
  });

  it('do not open for the address of another origin written into the table', async () => {
    const { rows, table, id } = world();
    await rows.insert(collection(id), secrets);
    const rewrite = async (url: string) => {
      const row = await table.get('dst', `a!${id}`);
      if (row === undefined) throw new Error('no row');
      await table.replace({ ...row, values: { ...row.values, url } }, row.etag);
    };
    for (const url of [
      'https://evil.example/api',
      'http://nocobase.example.com/api',
      'https://nocobase.example.com:444/',
    ]) {
      await rewrite(url);
      await expect(rows.open(id)).rejects.toMatchObject({ code: 'seal_broken' });
    }
    await rewrite('not an address');
    await expect(rows.open(id)).rejects.toMatchObject({ code: 'seal_broken' });
    await rewrite('https://nocobase.example.com/api/__app/other');
    expect((await rows.open(id))?.secrets).toEqual(secrets);
  });

  it.each<[string, Record<string, Value>]>([
    ['an unknown type', { type: 'ftp' }],
    ['collections that are no JSON', { collections: '{' }],
    ['a name of a collection that is a path', { collections: '{"messages":"../x","accounts":"a","outbox":"o"}' }],
    ['times that are none', { signingSince: '["now"]' }],
  ])('rows with %s are refused', async (_what, change) => {
    const { rows, table, id } = world();
    await rows.insert(collection(id), secrets);
    const row = await table.get('dst', `a!${id}`);
    if (row === undefined) throw new Error('no row');
    await table.replace({ ...row, values: { ...row.values, ...change } }, row.etag);
    await expect(rows.read(id)).rejects.toMatchObject({ code: 'row_broken' });
    await table.delete('dst', `a!${id}`, (await table.get('dst', `a!${id}`))?.etag ?? '');
  });
});
