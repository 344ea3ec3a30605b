import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { received } from '../../../test/support/nocobase/events.ts';
import { startNocobaseApi } from '../../../test/support/nocobase-api.ts';
import { memorySealer } from '../../../test/support/sealer.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { BrokerError } from '../errors.ts';
import { consoleLog } from '../log.ts';
import { createOutbound, type Outbound } from '../outbound/outbound.ts';
import { createDestinationRows } from '../store/destinations/destinations.ts';
import type { Store } from '../store/table/table.ts';
import { createDeliverer } from './deliverer.ts';
import type { NewDestination } from './destination-change.ts';
import { checkPatch } from './destination-change.ts';
import { createDestinations } from './destinations.ts';
import { newSigningSecret } from './webhook/sign.ts';

let store: Store;
let port: number;
let outbound: Outbound;
let status = 200;
const requests: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
const receiver = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  requests.push({ headers: request.headers, body });
  response.writeHead(status).end('the receiver says sesame');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  port = (receiver.address() as AddressInfo).port;
  outbound = createOutbound({
    inAzure: false,
    privateDestinations: [{ host: `127.0.0.1:${port}`, network: '127.0.0.0/8' }],
  });
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await outbound.close();
});
onMemoryTables((memory) => {
  store = memory;
  requests.length = 0;
  status = 200;
});

function world(used: readonly string[] = [], sender: Outbound = outbound) {
  const rows = createDestinationRows({ store, sealer: memorySealer().sealer });
  const log = consoleLog(() => undefined);
  const shared = { rows, outbound: sender, clock: systemClock, random: systemRandom };
  const deliverer = createDeliverer({ ...shared, time: store.time, log });
  const destinations = createDestinations({ ...shared, deliverer, log, inUse: async (id) => used.includes(id) });
  return { rows, deliverer, destinations };
}

type NewWebhook = Extract<NewDestination, { type: 'webhook' }>;

const webhook = (change: Partial<NewWebhook> = {}): NewWebhook => ({
  type: 'webhook',
  name: 'NocoBase',
  url: 'https://nocobase.example.com/api/webhook:trigger/abc',
  rawHtml: false,
  paused: false,
  auth: { type: 'none' },
  ...change,
});
const here = () => `http://127.0.0.1:${port}/api/webhook:trigger/abc`;
const bearer = { type: 'bearer', token: 'planted-bearer-token' } as const;
const never = new AbortController().signal;

describe('a new destination', () => {
  it('gets an id and a signing secret, which is shown this once', async () => {
    const { destinations } = world();
    const { destination, signingSecret } = await destinations.create(webhook());
    expect(destination).toMatchObject({
      id: expect.stringMatching(/^dst_[0-9A-Za-z]{12}$/),
      type: 'webhook',
      name: 'NocoBase',
      auth: { type: 'none' },
      signingSecrets: [{ createdAt: expect.any(Date) }],
      held: undefined,
      lastAccepted: undefined,
    });
    expect(signingSecret).toMatch(/^whsec_/);
    expect(await destinations.get(destination.id)).toEqual(destination);
    expect(await destinations.list()).toEqual([destination]);
    expect(JSON.stringify(await destinations.list())).not.toContain(signingSecret);
  });

  it('may bring the secret that the receiver has', async () => {
    const { destinations, rows } = world();
    const mine = newSigningSecret(systemRandom);
    const { destination, signingSecret } = await destinations.create(webhook({ signingSecret: mine }));
    expect(signingSecret).toBe(mine);
    expect((await rows.open(destination.id))?.secrets.signing).toEqual([mine]);
  });

  it.each(['whsec_short', 'whsec_', 'sesame'])('does not take %j for a signing secret, nor quotes it', async (text) => {
    const error = await world()
      .destinations.create(webhook({ signingSecret: text }))
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'invalid_request', fields: [{ field: 'signingSecret' }] });
    expect(JSON.stringify(error)).not.toContain('sesame');
    expect(await rowsOfTable(store, 'destinations')).toEqual([]);
  });

  it.each([
    'http://nocobase.example.com/',
    'https://127.0.0.1/',
    'https://user:password@nocobase.example.com/',
    'https://169.254.169.254/latest',
    'https://[::1]/',
    'ftp://nocobase.example.com/',
  ])('does not go to %s', async (url) => {
    await expect(world().destinations.create(webhook({ url }))).rejects.toMatchObject({
      code: 'destination_url_refused',
      status: 422,
    });
  });

  it('keeps its secrets sealed in the table', async () => {
    const { destinations } = world();
    const auth = { type: 'basic', user: 'planted-user', password: 'planted-password' } as const;
    const { signingSecret = '' } = await destinations.create(webhook({ auth }));
    await destinations.create(webhook({ auth: bearer }));
    const rows = await rowsOfTable(store, 'destinations');
    expect(rows.map(({ rowKey }) => rowKey.slice(0, 2)).toSorted()).toEqual(['a!', 'a!', 'b!', 'b!']);
    for (const { values } of rows) {
      for (const value of Object.values(values)) {
        const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
        expect(text).not.toMatch(/planted/);
        expect(text).not.toContain(signingSecret.slice(6));
      }
    }
  });
});

describe('a destination inside NocoBase', () => {
  const collections = { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox' };

  async function nocobase() {
    const api = await startNocobaseApi();
    const own = createOutbound({
      inAzure: false,
      privateDestinations: [{ host: api.host, network: '127.0.0.0/8' }],
    });
    const { destinations, rows } = world([], own);
    const common = { name: 'NocoBase', rawHtml: false, paused: false };
    const auth = { type: 'bearer', token: api.token } as const;
    const stop = async () => {
      await own.close();
      api.stop();
    };
    return { api, destinations, rows, common, auth, stop };
  }

  it('may be its collections, if their keys are unique', async () => {
    const { api, destinations, common, auth, stop } = await nocobase();
    const input = { ...common, type: 'collection', url: api.url, auth, collections } as const;
    const { destination, signingSecret } = await destinations.create(input);
    expect(destination).toMatchObject({
      type: 'collection',
      collections,
      signingSecrets: [],
      auth: { type: 'bearer' },
    });
    expect(signingSecret).toBeUndefined();
    expect(await destinations.test(destination.id, never)).toEqual({ accepted: true, status: 200 });
    expect(api.collections.mail_messages?.rows).toEqual([]);

    Object.assign(api.collections.mail_messages?.fields ?? {}, { messageKey: {} });
    await expect(destinations.create(input)).rejects.toMatchObject({ code: 'destination_unfit', status: 422 });
    expect(await destinations.test(destination.id, never)).toMatchObject({ code: 'destination_unfit' });
    expect(await destinations.list()).toHaveLength(1);
    // What does not touch NocoBase is possible all the same.
    expect((await destinations.patch(destination.id, { paused: true }))?.destination.paused).toBe(true);
    const other = destinations.patch(destination.id, { collections: { ...collections, messages: 'mail_accounts' } });
    await expect(other).rejects.toMatchObject({ code: 'destination_unfit' });
    await stop();
  });

  it('is not created with an invalid key, or while the server does not answer', async () => {
    const { api, destinations, common, auth, stop } = await nocobase();
    const input = { ...common, type: 'collection', url: api.url, auth, collections } as const;
    const wrong = destinations.create({ ...input, auth: { ...auth, token: 'wrong' } });
    await expect(wrong).rejects.toMatchObject({ code: 'destination_unauthorised' });
    api.stop();
    await expect(destinations.create(input)).rejects.toMatchObject({ code: 'destination_unreachable' });
    expect(await destinations.list()).toEqual([]);
    await stop();
  });

  it('may be a workflow, by the address of its trigger', async () => {
    const { api, destinations, common, auth, stop } = await nocobase();
    const input = {
      ...common,
      type: 'workflow',
      url: `${api.url}/workflows:trigger?triggerWorkflows=abc`,
      auth,
    } as const;
    const { destination, signingSecret } = await destinations.create(input);
    expect(signingSecret).toBeUndefined();
    expect(await destinations.test(destination.id, never)).toEqual({ accepted: true, status: 200 });
    expect(api.triggered).toEqual([expect.objectContaining({ type: 'destination.test' })]);
    const wrong = destinations.create({ ...input, url: api.url });
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_request', fields: [{ field: 'url' }] });
    for (const patch of [
      { rotateSigningSecret: true },
      { dropOldSigningSecret: true },
      { collections },
      { auth: { type: 'none' } },
      { url: `${api.url}/webhook:trigger/abc` },
    ] as const) {
      await expect(destinations.patch(destination.id, patch)).rejects.toMatchObject({ code: 'invalid_request' });
    }
    await stop();
  });
});

describe('a change of a destination', () => {
  it('asks for counts of folders, which a collection has no field for', async () => {
    const { destinations } = world();
    const { destination } = await destinations.create(webhook());
    expect(destination.folderCounts).toBe(false);
    const change = await destinations.patch(destination.id, { folderCounts: true });
    expect(change?.destination.folderCounts).toBe(true);
    expect(() => checkPatch('collection', { folderCounts: true })).toThrow(BrokerError);
  });

  it('leaves alone what it does not name', async () => {
    const { destinations, rows } = world();
    const { destination } = await destinations.create(webhook({ auth: bearer, rawHtml: true }));
    const before = await rows.open(destination.id);
    const change = await destinations.patch(destination.id, { name: 'Other', paused: true });
    expect(change?.destination).toEqual({
      ...destination,
      name: 'Other',
      paused: true,
      updatedAt: change?.destination.updatedAt,
    });
    expect(change?.signingSecret).toBeUndefined();
    expect((await rows.open(destination.id))?.secrets).toEqual(before?.secrets);
  });

  it('keeps the credentials if only the path changes, and clears them with another origin', async () => {
    const { destinations, rows } = world();
    const { destination } = await destinations.create(webhook({ auth: bearer }));
    const { id } = destination;
    const secretsOf = async () => (await rows.open(id))?.secrets;
    const before = await secretsOf();
    await destinations.patch(id, { url: 'https://nocobase.example.com/api/webhook:trigger/other' });
    expect(await secretsOf()).toEqual(before);
    for (const url of ['https://nocobase.example.com:8443/', 'https://evil.example.com/']) {
      await destinations.patch(id, { auth: bearer });
      const change = await destinations.patch(id, { url });
      expect(change?.destination.auth).toEqual({ type: 'none' });
      expect(await secretsOf()).toEqual({ signing: before?.signing, auth: { kind: 'none' } });
    }
    const change = await destinations.patch(id, { url: 'https://third.example.com/', auth: bearer });
    expect(change?.destination.auth).toEqual({ type: 'bearer' });
    expect((await secretsOf())?.auth).toEqual({ kind: 'bearer', token: bearer.token });
  });

  it('does not lead to a private address, and then changes nothing', async () => {
    const { destinations } = world();
    const { destination } = await destinations.create(webhook());
    const wrong = destinations.patch(destination.id, { url: 'https://10.0.0.1/', name: 'Other' });
    await expect(wrong).rejects.toMatchObject({ code: 'destination_url_refused' });
    expect(await destinations.get(destination.id)).toEqual(destination);
  });

  it('rotates the signing secret: two are live, until the old one is dropped', async () => {
    const { destinations, deliverer, rows } = world();
    const { destination, signingSecret: first = '' } = await destinations.create(webhook({ url: here() }));
    const { id } = destination;
    const rotated = await destinations.patch(id, { rotateSigningSecret: true });
    const second = rotated?.signingSecret ?? '';
    expect(second).toMatch(/^whsec_/);
    expect(second).not.toBe(first);
    expect(rotated?.destination.signingSecrets).toHaveLength(2);

    const event = received('m_1');
    await deliverer.deliver(id, event, never);
    const sent = requests[0];
    for (const secret of [first, second]) {
      expect(() => new Webhook(secret).verify(sent?.body ?? '', sent?.headers as Record<string, string>)).not.toThrow();
    }

    expect((await destinations.patch(id, { dropOldSigningSecret: true }))?.destination.signingSecrets).toHaveLength(1);
    expect((await rows.open(id))?.secrets.signing).toEqual([second]);
    const third = (await destinations.patch(id, { rotateSigningSecret: true }))?.signingSecret;
    const fourth = (await destinations.patch(id, { rotateSigningSecret: true }))?.signingSecret;
    expect((await rows.open(id))?.secrets.signing).toEqual([fourth, third]);
    const leaked = (await destinations.patch(id, { rotateSigningSecret: true, dropOldSigningSecret: true }))
      ?.signingSecret;
    expect((await rows.open(id))?.secrets.signing).toEqual([leaked]);
  });

  it('takes effect at once in this process, and a hold is probed at once', async () => {
    const { destinations, deliverer } = world();
    const { destination } = await destinations.create(webhook({ url: here(), auth: { ...bearer, token: 'old' } }));
    const { id } = destination;
    const event = received('m_1');
    status = 401;
    await deliverer.deliver(id, event, never);
    expect((await destinations.get(id))?.held).toMatchObject({
      code: 'destination_unauthorised',
      status: 401,
      sentence: expect.stringContaining('credentials'),
      remedy: expect.any(String),
      who: 'deployment owner',
      since: expect.any(Date),
      nextProbe: expect.any(Date),
    });
    expect((await destinations.list())[0]?.held?.code).toBe('destination_unauthorised');
    status = 200;
    await destinations.patch(id, { auth: { ...bearer, token: 'new' } });
    expect((await deliverer.deliver(id, event, never)).kind).toBe('accepted');
    expect(requests.at(-1)?.headers.authorization).toBe('Bearer new');
    expect(await destinations.get(id)).toMatchObject({ held: undefined, lastAccepted: expect.any(Date) });
    await destinations.patch(id, { paused: true });
    expect(await deliverer.deliver(id, event, never)).toMatchObject({ reason: 'destination_paused' });
  });

  it('is refused if it races with another change, and exactly one is applied', async () => {
    const { destinations } = world();
    const { destination } = await destinations.create(webhook());
    const names = Array.from({ length: 6 }, (_, index) => `name ${index}`);
    const results = await Promise.allSettled(names.map((name) => destinations.patch(destination.id, { name })));
    const lost = results.filter((result) => result.status === 'rejected');
    for (const { reason } of lost) expect(reason).toMatchObject({ code: 'conflict', status: 409 });
    expect(lost.length).toBeLessThan(6);
    expect(names).toContain((await destinations.get(destination.id))?.name);
  });

  it('changing an unknown destination does nothing', async () => {
    const { destinations } = world();
    expect(await destinations.patch('dst_0123456789ab', { name: 'x' })).toBeUndefined();
    expect(await destinations.get('dst_0123456789ab')).toBeUndefined();
    expect(await destinations.get("dst_' or 1 eq 1")).toBeUndefined();
    expect(await destinations.get('../dst')).toBeUndefined();
  });
});

describe('removing a destination', () => {
  it('leaves no row behind', async () => {
    const { destinations } = world();
    const { destination } = await destinations.create(webhook());
    expect(await destinations.remove(destination.id)).toBe(true);
    expect(await rowsOfTable(store, 'destinations')).toEqual([]);
    expect(await destinations.remove(destination.id)).toBe(false);
  });

  it('is refused while a mailbox uses it', async () => {
    const used: string[] = [];
    const { destinations } = world(used);
    const { destination } = await destinations.create(webhook());
    used.push(destination.id);
    await expect(destinations.remove(destination.id)).rejects.toMatchObject({ code: 'destination_in_use' });
    expect(await destinations.get(destination.id)).toEqual(destination);
  });
});

describe('the test of a destination', () => {
  it('sends a signed event and tells the status', async () => {
    const { destinations } = world();
    const { destination, signingSecret = '' } = await destinations.create(webhook({ url: here(), paused: true }));
    expect(await destinations.test(destination.id, never)).toEqual({ accepted: true, status: 200 });
    const [sent] = requests;
    expect(new Webhook(signingSecret).verify(sent?.body ?? '', sent?.headers as Record<string, string>)).toMatchObject({
      type: 'destination.test',
      data: { destination: { id: destination.id, name: 'NocoBase' } },
    });
  });

  it('says what is wrong and how to fix it, without quoting the receiver', async () => {
    const { destinations } = world();
    const { destination } = await destinations.create(webhook({ url: here() }));
    status = 403;
    const result = await destinations.test(destination.id, never);
    expect(result).toMatchObject({ accepted: false, status: 403, code: 'destination_unauthorised' });
    expect(result?.remedy).toBeTruthy();
    expect(result?.who).toBe('deployment owner');
    expect(JSON.stringify(result)).not.toContain('sesame');
    status = 500;
    expect(await destinations.test(destination.id, never)).toMatchObject({ code: 'destination_refused_message' });
    expect((await destinations.get(destination.id))?.held).toBeUndefined();
  });

  it('uses what was set a moment ago by another process', async () => {
    const { destinations, rows } = world();
    const { destination } = await destinations.create(webhook({ url: here(), auth: { ...bearer, token: 'old' } }));
    await destinations.test(destination.id, never);
    const found = await rows.open(destination.id);
    if (found === undefined) throw new Error('no destination');
    const secrets = { ...found.secrets, auth: { kind: 'bearer', token: 'new' } as const };
    await rows.replace(found.config, secrets, found.etag);
    await destinations.test(destination.id, never);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it('testing an unknown destination does nothing', async () => {
    expect(await world().destinations.test('dst_0123456789ab', never)).toBeUndefined();
  });
});
