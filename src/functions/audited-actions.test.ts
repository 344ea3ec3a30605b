import type { HttpHandler } from '@azure/functions';
import { afterAll, expect, it, vi } from 'vitest';
import { composed } from '../../test/support/composed.ts';
import { connectWorld } from '../../test/support/connect-world.ts';
import { faultyStore } from '../../test/support/faulty-store.ts';
import { memoryVault, type Sent, send, testRoot } from '../../test/support/http.ts';
import { memorySealer } from '../../test/support/sealer.ts';
import { sendingParts } from '../../test/support/sending-parts.ts';
import { onMemoryTables } from '../../test/support/suite-tables.ts';
import { emptyTables, rowsOfTable } from '../../test/support/tables.ts';
import { createApiKeys } from '../lib/access/api-keys.ts';
import { createDeliverer } from '../lib/delivery/deliverer.ts';
import { createDestinations } from '../lib/delivery/destinations.ts';
import { systemRandom } from '../lib/domain/system.ts';
import { createOutbound } from '../lib/outbound/outbound.ts';
import { createApiKeyRows } from '../lib/store/deployment/api-keys.ts';
import { createDestinationRows } from '../lib/store/destinations/destinations.ts';
import type { Store } from '../lib/store/table/table.ts';
import { createRootKeys } from '../lib/vault/root-keys.ts';

vi.mock('../lib/broker.ts', () => import('../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../test/support/without-host.ts')).withoutHost(original),
);

const { adminConsentLinks } = await import('./sign-in/tenant-consent-links.ts');
const { connectLinks } = await import('./sign-in/connect-links.ts');
const { destination } = await import('./deliveries/destination.ts');
const { destinations } = await import('./deliveries/destinations.ts');
const { key } = await import('./operations/key.ts');
const { keys } = await import('./operations/keys.ts');
const { mailbox } = await import('./mailboxes/mailbox.ts');
const { mailboxes } = await import('./mailboxes/mailboxes.ts');

const tid = '11111111-2222-4333-8444-555555555555';
const outbound = createOutbound({ inAzure: false, privateDestinations: [] });
const { sealer } = memorySealer();

/** The broker's parts, real but for Microsoft and the mail server. No destination is called: nothing is to be sent. */
function compose(store: Store) {
  const world = connectWorld(store);
  const { clock, log, registry } = world;
  const rows = createDestinationRows({ store, sealer });
  const shared = { rows, outbound, clock, random: systemRandom, log };
  const vault = memoryVault({ 'broker-root': [testRoot] });
  return {
    ...world,
    sending: sendingParts(world, outbound),
    apiKeys: createApiKeys({
      rows: createApiKeyRows(store.table('keys')),
      rootKeys: createRootKeys(vault),
      clock,
      random: systemRandom,
      log,
      bootstrap: undefined,
    }),
    destinations: createDestinations({
      ...shared,
      deliverer: createDeliverer({ ...shared, time: store.time }),
      inUse: async (id) =>
        (await registry.list({ where: (row) => row.destinationId === id, limit: 1 })).items.length > 0,
    }),
  };
}

let store: Store;
afterAll(async () => {
  await outbound.close();
});
onMemoryTables((memory) => {
  store = memory;
});

/** What there is before an audited action. */
interface Before {
  readonly text: string;
  readonly keyId: string;
  readonly destinationId: string;
  readonly mailboxId: string;
}

async function prepared(): Promise<Before> {
  await emptyTables(store);
  const { apiKeys, destinations, registry, grants, inputOf, person } = compose(store);
  const { key: text } = await apiKeys.mint({ scopes: ['admin', 'connect'] }, { createdBy: '' });
  const other = await apiKeys.mint({ scopes: ['read'] }, { createdBy: '' });
  // Its first use is noted now, and not in the middle of an audited action.
  await apiKeys.verify(`Bearer ${text}`);
  const made = await destinations.create({
    type: 'webhook',
    name: 'Test',
    url: 'https://nocobase.example/api/webhook:trigger/x',
    rawHtml: false,
    paused: false,
    auth: { type: 'none' },
  });
  const ada = person('ada@contoso.example', tid);
  await grants.connected({ ...ada, cache: '{}' });
  const { mailbox } = await registry.upsert(inputOf(ada));
  return { text, keyId: other.info.id, destinationId: made.destination.id, mailboxId: mailbox.id };
}

type AuditedAction = readonly [action: string, handler: HttpHandler, (before: Before) => Sent];

const url = 'https://nocobase.example/api/webhook:trigger/y';
const auditedActions: readonly AuditedAction[] = [
  ['key.create', keys, () => ({ method: 'POST', body: { scopes: ['read'] } })],
  ['key.remove', key, ({ keyId }) => ({ method: 'DELETE', params: { id: keyId } })],
  ['destination.create', destinations, () => ({ method: 'POST', body: { type: 'webhook', name: 'Other', url } })],
  [
    'destination.change',
    destination,
    ({ destinationId }) => ({ method: 'PATCH', params: { id: destinationId }, body: { rotateSigningSecret: true } }),
  ],
  ['destination.remove', destination, ({ destinationId }) => ({ method: 'DELETE', params: { id: destinationId } })],
  ['connect-link.create', connectLinks, () => ({ method: 'POST', body: { anyAddress: true } })],
  ['admin-consent-link.create', adminConsentLinks, () => ({ method: 'POST', body: { tenantId: tid } })],
  [
    'mailbox.add',
    mailboxes,
    ({ mailboxId }) => ({ method: 'POST', body: { address: 'info@contoso.example', viaMailboxId: mailboxId } }),
  ],
  [
    'mailbox.change',
    mailbox,
    ({ mailboxId }) => ({ method: 'PATCH', params: { id: mailboxId }, body: { label: 'L' } }),
  ],
  ['mailbox.remove', mailbox, ({ mailboxId }) => ({ method: 'DELETE', params: { id: mailboxId } })],
];

/** Every row but those of the audit: what an audited action changes. */
async function everything(): Promise<string> {
  const rows = [];
  for (const name of ['keys', 'destinations', 'tickets', 'mail', 'index', 'directory'] as const) {
    rows.push(...(await rowsOfTable(store, name)));
  }
  return JSON.stringify(rows, (_name, value) => (typeof value === 'bigint' ? String(value) : value));
}

/** The answers with a secret that is shown only once. */
const showsSecret = new Set(['key.create', 'destination.create', 'destination.change']);

it.each(
  auditedActions.flatMap(([action, handler, request]) =>
    (['lost', 'unheard'] as const).map((how) => ({ action, handler, request, how })),
  ),
)(
  '$action is noted whatever happens, and loses no secret, when a table call is $how',
  async ({ action, handler, request, how }) => {
    for (let at = 1; ; at++) {
      const before = await prepared();
      const tables = await everything();
      const faulty = faultyStore(store, { at, how });
      const parts = compose(faulty);
      composed.broker = async () => parts;
      const sent = request(before);
      const answer = await send(handler, { ...sent, headers: { authorization: `Bearer ${before.text}` } });

      const isDone = (await everything()) !== tables;
      const noted = (await rowsOfTable(store, 'audit')).filter(({ values }) => values.action === action);
      const where = `call ${at}: ${answer.status}`;
      if (isDone) expect(noted, where).toHaveLength(1);
      if (answer.status < 300) {
        expect([isDone, noted[0]?.values.result], where).toEqual([true, 'ok']);
      } else {
        expect(answer.body, where).toMatchObject({
          status: answer.status,
          code: expect.stringMatching(/storage_unreachable|conflict|not_found/),
        });
        // What was made, and not shown, could never be used.
        if (showsSecret.has(action)) expect(isDone, where).toBe(false);
      }
      if (faulty.calls < at) {
        expect(answer.status, where).toBeLessThan(300);
        return;
      }
    }
  },
);
