import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Listener, listen } from '../../../local/listen.ts';
import { composed } from '../../../test/support/composed.ts';
import { connectWorld } from '../../../test/support/connect-world.ts';
import { memoryVault, type Sent, send, testRoot } from '../../../test/support/http.ts';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { memorySealer } from '../../../test/support/sealer.ts';
import { createApiKeys } from '../../lib/access/api-keys.ts';
import { createDeliverer } from '../../lib/delivery/deliverer.ts';
import { createDestinations } from '../../lib/delivery/destinations.ts';
import { systemClock, systemRandom } from '../../lib/domain/system.ts';
import { createOutbound, type Outbound } from '../../lib/outbound/outbound.ts';
import { createApiKeyRows } from '../../lib/store/deployment/api-keys.ts';
import { createDestinationRows } from '../../lib/store/destinations/destinations.ts';
import { createRootKeys } from '../../lib/vault/root-keys.ts';

vi.mock('../../lib/broker.ts', () => import('../../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../../test/support/without-host.ts')).withoutHost(original),
);

const { destination } = await import('./destination.ts');
const { destinations } = await import('./destinations.ts');
const { destinationTest } = await import('./destination-test-event.ts');

let receiver: Listener;
let outbound: Outbound;
let received: string[];
/** A destination that the key below is for, and one that it is not for. */
let [own, other] = ['', ''];
let limited: Sent;
let unlimited: Sent;

beforeAll(async () => {
  received = [];
  receiver = await listen(
    createServer((request, response) => {
      received.push(request.url ?? '');
      response.end();
    }),
    'a receiver',
  );
  const host = `127.0.0.1:${receiver.port}`;
  const store = memoryStore(systemClock);
  const world = connectWorld(store);
  const { clock, log } = world;
  const rows = createDestinationRows({ store, sealer: memorySealer().sealer });
  outbound = createOutbound({ inAzure: false, privateDestinations: [{ host, network: '127.0.0.0/8' }] });
  const shared = { rows, outbound, clock, random: systemRandom, log };
  const deliverer = createDeliverer({ ...shared, time: store.time });
  const made = createDestinations({ ...shared, deliverer, inUse: async () => false });
  const apiKeys = createApiKeys({
    ...{ rows: createApiKeyRows(store.table('keys')), clock, random: systemRandom, log },
    rootKeys: createRootKeys(memoryVault({ 'broker-root': [testRoot] })),
    bootstrap: undefined,
  });
  composed.broker = async () => ({ ...world, apiKeys, destinations: made });

  const create = async (path: string) => {
    const settings = { rawHtml: false, paused: false, auth: { type: 'none' } } as const;
    const url = `http://${host}/${path}`;
    return (await made.create({ type: 'webhook', name: path, url, ...settings })).destination.id;
  };
  own = await create('own');
  other = await create('other');
  const keyFor = async (limits: { destinations?: string[] }): Promise<Sent> => {
    const { key } = await apiKeys.mint({ scopes: ['admin'], ...limits }, { createdBy: '' });
    return { headers: { authorization: `Bearer ${key}` } };
  };
  limited = await keyFor({ destinations: [own] });
  unlimited = await keyFor({});
});
afterAll(async () => {
  await outbound?.close();
  await receiver?.stop();
});

const tested = (id: string, key: Sent) => send(destinationTest, { ...key, method: 'POST', params: { id } });
const at = (id: string, key: Sent, more: Sent = {}) => send(destination, { ...key, ...more, params: { id } });

describe('a key for certain destinations', () => {
  it('sees these and no others', async () => {
    const seen = async (key: Sent) =>
      (await send(destinations, key)).body.items.map(({ id }: { id: string }) => id).toSorted();
    expect(await seen(limited)).toEqual([own]);
    expect(await seen(unlimited)).toEqual([own, other].toSorted());
    expect((await at(own, limited)).body).toMatchObject({ id: own, name: 'own' });
    expect(await at(other, limited)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('has these tested and no others', async () => {
    expect(await tested(own, limited)).toMatchObject({ status: 200, body: { accepted: true, status: 200 } });
    expect(received).toEqual(['/own']);
    expect(await tested(other, limited)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(received).toEqual(['/own']);
    expect(await tested(other, unlimited)).toMatchObject({ status: 200 });
  });

  it('changes and removes no others', async () => {
    for (const sent of [{ method: 'PATCH', body: { rotateSigningSecret: true } }, { method: 'DELETE' }]) {
      expect(await at(other, limited, sent)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect((await at(other, unlimited)).body.signingSecrets).toHaveLength(1);
    const changed = await at(own, limited, { method: 'PATCH', body: { rotateSigningSecret: true } });
    expect(changed.body).toMatchObject({ id: own, signingSecret: expect.stringMatching(/^whsec_/) });
  });

  it('makes none, which it could not see', async () => {
    const body = { type: 'webhook', name: 'third', url: 'https://nocobase.example/api/webhook:trigger/x' };
    const refused = await send(destinations, { ...limited, method: 'POST', body });
    expect(refused).toMatchObject({ status: 403, body: { code: 'key_limited' } });
    expect((await send(destinations, unlimited)).body.items).toHaveLength(2);
  });
});
