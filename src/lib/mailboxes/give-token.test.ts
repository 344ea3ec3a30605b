import { describe, expect, it } from 'vitest';
import { anyCaller } from '../../../test/support/connect-world.ts';
import { registryWorld } from '../../../test/support/registry-world.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';
import type { Caller } from '../access/caller.ts';
import { systemRandom } from '../domain/system.ts';
import { createAudit } from '../store/deployment/audit.ts';
import { recentMs } from '../store/mailboxes/recent.ts';
import type { Store } from '../store/table/table.ts';
import { createGiveToken } from './give-token.ts';

let store: Store;
onMemoryTables((memory) => {
  store = memory;
});

/** A process of the broker on the tables, which counts its requests to them. */
function instance(clockOffset = { ms: 0 }) {
  let requests = 0;
  const counting: Store = {
    time: store.time,
    table: (name) =>
      new Proxy(store.table(name), {
        get(table, method) {
          const value: unknown = Reflect.get(table, method);
          if (typeof value !== 'function') return value;
          return (...given: unknown[]) => {
            requests += 1;
            return value.apply(table, given);
          };
        },
      }),
  };
  const world = registryWorld(counting, clockOffset);
  const { clock, registry, grants } = world;
  const giveToken = createGiveToken({
    config: { tokenEndpoint: true },
    clock,
    registry,
    grants,
    audit: createAudit({ table: counting.table('audit'), clock, random: systemRandom, log: world.log }),
    tokens: {
      get: async ({ oid }) => ({
        accessToken: `token of ${oid}`,
        expiresAt: new Date(Date.UTC(2099, 1)),
        scopes: [],
        username: 'ada@contoso.example',
      }),
    },
  });
  return { ...world, giveToken, requests: () => requests };
}

const keyFor = (...mailboxes: string[]): Caller => ({ ...anyCaller, scopes: ['token'], mailboxes });

describe('a token that is in memory', () => {
  it('costs no request to the tables, however often it is asked for', async () => {
    const w = instance();
    const { mailbox } = await w.connect(w.person());
    await w.giveToken(mailbox.id, 'outlook', keyFor(mailbox.id));
    const before = w.requests();
    for (let i = 0; i < 100; i += 1) await w.giveToken(mailbox.id, 'outlook', keyFor(mailbox.id));
    expect(w.requests()).toBe(before);
    w.pass(recentMs);
    await w.giveToken(mailbox.id, 'outlook', keyFor(mailbox.id));
    expect(w.requests()).toBe(before + 1);
  });

  it('the token of a shared mailbox is not given from memory either', async () => {
    const w = instance();
    const ada = w.person();
    const { mailbox: own } = await w.connect(ada);
    const { mailbox } = await w.registry.upsert(
      w.inputOf({ ...ada, address: 'support@contoso.example' }, { shared: true }),
    );
    const both = keyFor(own.id, mailbox.id);
    await w.giveToken(mailbox.id, 'outlook', both);
    const before = w.requests();
    for (let i = 0; i < 100; i += 1) await w.giveToken(mailbox.id, 'outlook', both);
    expect(w.requests()).toBe(before);
    await expect(w.giveToken(mailbox.id, 'outlook', keyFor(mailbox.id))).rejects.toMatchObject({
      code: 'token_shared',
    });
  });

  it('is noted once for each key and mailbox', async () => {
    const w = instance();
    const { mailbox } = await w.connect(w.person());
    for (const keyId of ['keyone000000', 'keyone000000', 'keytwo000000']) {
      await w.giveToken(mailbox.id, 'outlook', { ...keyFor(mailbox.id), keyId });
    }
    // Two of the same millisecond are in no order.
    const actors = (await rowsOfTable(store, 'audit')).map(({ values }) => String(values.actor));
    expect(actors.toSorted()).toEqual(['keyone000000', 'keytwo000000']);
  });
});

describe('a mailbox', () => {
  it('gives no token once this process has removed it', async () => {
    const w = instance();
    const { mailbox } = await w.connect(w.person());
    await w.giveToken(mailbox.id, 'outlook', keyFor(mailbox.id));
    await w.registry.remove(mailbox.id);
    await expect(w.giveToken(mailbox.id, 'outlook', keyFor(mailbox.id))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('gives no token 15 seconds after another process has removed it', async () => {
    const w = instance();
    const { mailbox } = await w.connect(w.person());
    await w.giveToken(mailbox.id, 'outlook', keyFor(mailbox.id));
    await instance().registry.remove(mailbox.id);
    w.pass(recentMs);
    await expect(w.giveToken(mailbox.id, 'outlook', keyFor(mailbox.id))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is out of reach of a key for its old destination at once', async () => {
    const w = instance();
    const { mailbox } = await w.connect(w.person());
    const caller = { ...keyFor(mailbox.id), destinations: [mailbox.destinationId] };
    await w.giveToken(mailbox.id, 'outlook', caller);
    await w.registry.patch(mailbox.id, { destinationId: 'dst_other0000000' });
    await expect(w.giveToken(mailbox.id, 'outlook', caller)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('gives no token if the app opens it, not even to an unlimited key', async () => {
    const w = instance();
    const { tid } = w.person();
    await w.grants.openApp(tid);
    const input = { ...w.inputOf(w.person('support@contoso.example')), grant: { kind: 'app', tid } as const };
    const { mailbox } = await w.registry.upsert(input);
    for (const caller of [anyCaller, keyFor(mailbox.id)]) {
      await expect(w.giveToken(mailbox.id, 'outlook', caller)).rejects.toMatchObject({
        code: 'token_app_only',
        status: 403,
      });
    }
  });

  it('gives no token once it has moved to the app', async () => {
    const w = instance();
    const ada = w.person();
    const { mailbox: own } = await w.connect(ada);
    const at = { ...ada, address: 'support@contoso.example' };
    const { mailbox } = await w.registry.upsert(w.inputOf(at, { shared: true }));
    await w.giveToken(mailbox.id, 'outlook', keyFor(own.id, mailbox.id));
    await w.grants.openApp(ada.tid);
    await w.registry.upsert({ ...w.inputOf(at), grant: { kind: 'app', tid: ada.tid } });
    await expect(w.giveToken(mailbox.id, 'outlook', keyFor(own.id, mailbox.id))).rejects.toMatchObject({
      code: 'token_app_only',
    });
  });
});
