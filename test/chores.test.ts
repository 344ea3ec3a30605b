import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ReceivedEvent } from '../local/nocobase/stand-in.ts';
import { startServices } from '../local/services.ts';
import type { Services, StandIns } from '../local/world.ts';
import { type Broker, createBroker } from '../src/lib/broker.ts';
import { readConfig } from '../src/lib/config.ts';
import { consoleLog } from '../src/lib/log.ts';
import type { Store } from '../src/lib/store/table/table.ts';
import { rowsOfTable, storeAt } from './support/tables.ts';

// What housekeeping does for tokens and secrets, as the broker is composed for a deployment, in the local world.
const day = 24 * 60 * 60_000;
/** Every run is a day after the one before, so that every chore is due in it. */
let at = 0;

let folder: string;
let services: Services;
let standIns: StandIns;
let store: Store;
let broker: Broker;
const lines: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chores-'));
  services = await startServices({ stateDir: folder, demoMail: false });
  standIns = services.standIns as StandIns;
  store = storeAt({ connectionString: services.storageConnectionString });
  // The identity library looks nowhere else.
  vi.stubEnv('IDENTITY_ENDPOINT', services.settings.IDENTITY_ENDPOINT ?? '');
  vi.stubEnv('IDENTITY_HEADER', services.settings.IDENTITY_HEADER ?? '');
  broker = instance();
});
afterEach(() => standIns.nocobase.mode({ status: 200 }));
afterAll(async () => {
  vi.unstubAllEnvs();
  await services?.stop();
  await rm(folder, { recursive: true });
});

const instance = (settings: Record<string, string> = {}): Broker => {
  const all = { ...services.settings, ...settings };
  return createBroker(
    readConfig(all),
    { ...process.env, ...all },
    consoleLog((_level, line) => lines.push(line)),
  );
};
const housekeeping = async (from = broker) => {
  at += day;
  await from.housekeeping.run(at);
};
const announcements = (): readonly ReceivedEvent[] => standIns.nocobase.events({ type: 'secret.expiring' });

describe('the end of the client secret', () => {
  const expires = (inDays: number) =>
    standIns.vault.change('client-secret', { expiresOn: new Date(Date.now() + inDays * day) });

  it('is not spoken of while it is far', async () => {
    await housekeeping();
    expect(announcements()).toEqual([]);
  });

  it('is announced to the destination, signed, once; and by an instance without a secret not at all', async () => {
    expires(6);
    await housekeeping(instance({ CREDENTIAL_MODE: 'federated' }));
    expect(announcements()).toEqual([]);
    const fresh = instance();
    await housekeeping(fresh);
    await housekeeping(fresh);
    await housekeeping(instance());
    const [event, ...others] = announcements();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      status: 200,
      verified: true,
      body: {
        type: 'secret.expiring',
        data: {
          secret: { name: 'client-secret', expiresAt: expect.any(String) },
          daysLeft: 6,
          code: 'client_secret_expiring',
          who: 'deployment owner',
        },
      },
    });
    expect(JSON.stringify(event)).not.toContain(standIns.vault.live('client-secret')[0]);
  });

  it('is not counted as delivered if no destination accepted it', async () => {
    expires(0.5);
    standIns.nocobase.mode({ status: 500 });
    await housekeeping(instance());
    const refused = announcements().at(-1);
    expect(refused?.status).toBe(500);
    const notices = (await rowsOfTable(store, 'destinations')).filter(({ partitionKey }) => partitionKey === 'notice');
    const notice = notices.find(({ rowKey }) => rowKey === `secret!${refused?.id}`);
    expect(notice?.values.accepted).toBe('[]');
    // A day later, by what the row says.
    standIns.nocobase.mode({ status: 200 });
    if (notice === undefined) throw new Error('no notice');
    const yesterday = new Date(Date.now() - day);
    await store.table('destinations').replace({ ...notice, values: { ...notice.values, at: yesterday } }, notice.etag);
    await housekeeping(instance());
    expect(announcements().at(-1)).toMatchObject({ id: refused?.id, status: 200 });
  });
});

describe('a grant that nobody uses', () => {
  it('is used after a week, and keeps its mailbox as it is; one that is in use is left alone', async () => {
    const { connect } = broker;
    for (const address of ['ada@contoso.example', 'grace@contoso.example']) {
      const link = await connect.createLink(
        { expectedAddress: address },
        {
          keyId: 'k',
          scopes: ['connect'],
          mailboxes: undefined,
          destinations: undefined,
          expiresAt: undefined,
          bootstrap: false,
        },
      );
      const token = new URL(link.url).searchParams.get('token') ?? '';
      const begun = await connect.begin({ token, headers: new Headers({ 'sec-fetch-site': 'same-origin' }) });
      if (begun.kind !== 'redirect') throw new Error('no redirect');
      const callback = new URL(await standIns.entra.signInAs(address, begun.location));
      const cookie = `${begun.cookie?.name}=${begun.cookie?.value}`;
      const end = await connect.callback({ query: callback.searchParams, headers: new Headers({ cookie }) });
      expect(end).toMatchObject({ kind: 'page', content: { kind: 'connected' } });
    }
    const table = store.table('grants');
    const [unused, used] = await rowsOfTable(store, 'grants');
    if (unused === undefined || used === undefined) throw new Error('two grants');
    const lastUsed = new Date(Date.now() - 7 * day);
    await table.replace({ ...unused, values: { ...unused.values, lastUsed } }, unused.etag);
    const before = standIns.entra.requests().token.refresh_token;
    await housekeeping();
    expect(standIns.entra.requests().token.refresh_token).toBe(before + 1);
    const after = await table.get(unused.partitionKey, unused.rowKey);
    expect(Number(after?.values.lastUsed)).toBeGreaterThan(Date.now() - 60_000);
    expect(after?.values).toMatchObject({ status: 'ok', mailboxes: unused.values.mailboxes });
    expect((await table.get(used.partitionKey, used.rowKey))?.etag).toBe(used.etag);
    await delay(10);
    await housekeeping();
    expect(standIns.entra.requests().token.refresh_token).toBe(before + 1);
  });
});
