import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { received, tested } from '../../../test/support/nocobase/events.ts';
import { memorySealer } from '../../../test/support/sealer.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import type { DeliveryOutcome, OutgoingEvent } from '../domain/events/event.ts';
import type { ReceivedData } from '../domain/events/event-data.ts';
import { newDestinationId } from '../domain/ids.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { consoleLog } from '../log.ts';
import { createOutbound } from '../outbound/outbound.ts';
import type { DestinationConfig, DestinationSecrets } from '../store/destinations/destination.ts';
import { createDestinationRows } from '../store/destinations/destinations.ts';
import type { Store } from '../store/table/table.ts';
import { createDeliverer } from './deliverer.ts';
import { newSigningSecret } from './webhook/sign.ts';

let store: Store;
onMemoryTables((memory) => {
  store = memory;
});

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Request {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers as told, and several workers that deliver to it; time passes when told. */
async function world(options: { timeoutMs?: number } = {}) {
  const requests: Request[] = [];
  let answer: (response: ServerResponse, request: Request) => void = (response) => response.end();
  const server = createServer(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    const request = { url: incoming.url, headers: incoming.headers, body };
    requests.push(request);
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });

  let passed = 0;
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + passed,
    monotonic: () => systemClock.monotonic() + passed,
  };
  const time = {
    whenWriting: () => store.time.whenWriting() + passed,
    whenJudging: () => store.time.whenJudging() + passed,
  };
  const { sealer } = memorySealer();
  const rows = createDestinationRows({ store, sealer });
  const logged: string[] = [];
  const log = consoleLog((_level, line) => logged.push(line));
  /** Requests that were handed on and have no answer yet, whether a connection has been free for them or not. */
  const sending = { now: 0, most: 0 };
  const worker = () => {
    const outbound = createOutbound({
      inAzure: false,
      privateDestinations: [{ host: `127.0.0.1:${port}`, network: '127.0.0.0/8' }],
      timeoutMs: options.timeoutMs ?? 5000,
    });
    closing.push(() => outbound.close());
    const send: typeof outbound.send = async (request) => {
      sending.now += 1;
      sending.most = Math.max(sending.most, sending.now);
      return outbound.send(request).finally(() => {
        sending.now -= 1;
      });
    };
    return createDeliverer({ rows, outbound: { ...outbound, send }, time, clock, random: systemRandom, log });
  };

  const url = `http://127.0.0.1:${port}/api/webhook:trigger/abc?x=1`;
  const secret = newSigningSecret(systemRandom);
  const destination = async (config: Partial<DestinationConfig> = {}, secrets: Partial<DestinationSecrets> = {}) => {
    const id = newDestinationId(systemRandom);
    const now = new Date();
    const full: DestinationConfig = {
      id,
      type: 'webhook',
      name: 'NocoBase',
      url,
      rawHtml: false,
      paused: false,
      collections: undefined,
      auth: 'none',
      signingSince: [now],
      createdAt: now,
      updatedAt: now,
      ...config,
    };
    await rows.insert(full, { signing: [secret], auth: { kind: 'none' }, ...secrets });
    return id;
  };

  return {
    port,
    requests,
    rows,
    secret,
    logged,
    worker,
    sending,
    destination,
    answers(status: number, headers: Record<string, string> = {}) {
      answer = (response) => void response.writeHead(status, headers).end('what the receiver says');
    },
    answersBy(how: typeof answer) {
      answer = how;
    },
    pass(ms: number) {
      passed += ms;
    },
    stateOf: async (id: string) => (await rows.readState(id)).state,
  };
}

const event = (id: string, change: Partial<ReceivedData> = {}): OutgoingEvent<'message.received'> => {
  const { data } = received(id);
  return {
    id,
    type: 'message.received',
    timestamp: new Date('2026-11-22T08:00:00Z'),
    data: { ...data, html: null, ...change },
  };
};

const never = new AbortController().signal;
const held = (reason: string, attempted: boolean) => expect.objectContaining({ kind: 'held', reason, attempted });

describe('a delivery', () => {
  it('is a POST of type, timestamp and data, signed with every live secret', async () => {
    const { worker, destination, requests, secret } = await world();
    const other = newSigningSecret(systemRandom);
    const id = await destination({}, { signing: [secret, other] });
    expect(await worker().deliver(id, event('m_1', { subject: 'Grüße 你好' }), never)).toEqual({
      kind: 'accepted',
      status: 200,
    });
    const [request] = requests;
    expect(request?.url).toBe('/api/webhook:trigger/abc?x=1');
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'm_1' });
    expect(request?.headers.authorization).toBeUndefined();
    for (const live of [secret, other]) {
      expect(new Webhook(live).verify(request?.body ?? '', request?.headers as Record<string, string>)).toEqual({
        type: 'message.received',
        timestamp: '2026-11-22T08:00:00.000Z',
        data: expect.objectContaining({ messageKey: 'm_1', subject: 'Grüße 你好' }),
      });
    }
  });

  it.each<[DestinationSecrets['auth'], string]>([
    [{ kind: 'basic', user: 'böb', password: 'pa:ss wörd' }, `Basic ${btoa('b\u00c3\u00b6b:pa:ss w\u00c3\u00b6rd')}`],
    [{ kind: 'bearer', token: 'eyJhbGciOi.x.y' }, 'Bearer eyJhbGciOi.x.y'],
  ])('signs in as it was told: %#', async (auth, header) => {
    const { worker, destination, requests } = await world();
    await worker().deliver(await destination({ auth: auth.kind }, { auth }), event('m_1'), never);
    expect(requests[0]?.headers.authorization).toBe(header);
  });

  it('carries HTML that was made safe, unless the destination wants it raw', async () => {
    const { worker, destination, requests } = await world();
    const deliverer = worker();
    const mail = event('m_1', { html: '<p onclick="x()">Hi</p><script>x()</script>', snippet: '', truncated: [] });
    await deliverer.deliver(await destination(), mail, never);
    await deliverer.deliver(await destination({ rawHtml: true }), mail, never);
    const sent = requests.map(({ body }) => JSON.parse(body).data);
    expect(sent[0]).toMatchObject({ html: '<p>Hi</p>', truncated: [] });
    expect(sent[1]).toMatchObject({ html: '<p onclick="x()">Hi</p><script>x()</script>' });
  });

  it('goes out without HTML that cannot be made safe, and with the beginning of very much, and says so', async () => {
    const { worker, destination, requests } = await world();
    const html = '<div>'.repeat(5000);
    const mail = event('m_1', { html, text: 'still here', truncated: ['headers'] });
    const huge = event('m_2', { html: 'x'.repeat(2_000_000), text: 'still here', truncated: [] });
    const id = await destination();
    const deliverer = worker();
    for (const each of [mail, huge]) expect((await deliverer.deliver(id, each, never)).kind).toBe('accepted');
    const sent = requests.map(({ body }) => JSON.parse(body).data);
    expect(sent[0]).toMatchObject({ html: null, text: 'still here', truncated: ['headers', 'html'] });
    expect(sent[1]).toMatchObject({ text: 'still here', truncated: ['html'] });
    expect(sent[1].html.length).toBeGreaterThan(1_000_000);
  });

  it('is rehearsed with all that it takes to make it, and nothing is sent', async () => {
    const { worker, destination, requests, logged } = await world();
    const deliverer = worker();
    await deliverer.dryRun?.(await destination(), event('m_1', { html: '<div>'.repeat(5000), truncated: [] }));
    expect(logged.join()).toContain('delivery.html_dropped');
    await deliverer.dryRun?.('dst_nosuchthing0', event('m_2'));
    expect(requests).toEqual([]);
  });

  it('ends with the reason of the abort, and does not hold the destination', async () => {
    const { worker, destination, answersBy, stateOf } = await world();
    answersBy(() => undefined);
    const id = await destination();
    const controller = new AbortController();
    const delivering = worker().deliver(id, event('m_1'), controller.signal);
    setTimeout(() => controller.abort(new Error('lease lost')), 100);
    await expect(delivering).rejects.toThrow('lease lost');
    expect(await stateOf(id)).toMatchObject({ heldSince: undefined });
  });

  it('sends nothing once the sender has lost the right to', async () => {
    const { worker, destination, requests, stateOf } = await world();
    const id = await destination();
    const late = () => Promise.reject(new Error('lease lost'));
    await expect(worker().deliver(id, event('m_1'), never, late)).rejects.toThrow('lease lost');
    expect(requests).toEqual([]);
    expect(await stateOf(id)).toMatchObject({ heldSince: undefined });
  });

  it('is held for an unknown destination', async () => {
    const { worker } = await world();
    expect(await worker().deliver(newDestinationId(systemRandom), event('m_1'), never)).toEqual(
      held('destination_missing', false),
    );
  });

  it('is held for a paused destination', async () => {
    const { worker, destination, requests } = await world();
    const id = await destination({ paused: true });
    expect(await worker().deliver(id, event('m_1'), never)).toEqual(held('destination_paused', false));
    expect(requests).toEqual([]);
  });

  it('fails, and sends nothing, if the secrets cannot be opened', async () => {
    const { worker, destination, requests, rows } = await world();
    const id = await destination();
    const table = store.table('destinations');
    const row = await table.get('dst', `a!${id}`);
    const other = await table.get('dst', `a!${await destination()}`);
    if (row === undefined || other === undefined) throw new Error('no rows');
    await table.replace({ ...row, values: { ...row.values, secrets: other.values.secrets } }, row.etag);
    await expect(rows.open(id)).rejects.toMatchObject({ code: 'seal_broken' });
    await expect(worker().deliver(id, event('m_1'), never)).rejects.toMatchObject({ code: 'seal_broken' });
    expect(requests).toEqual([]);
  });

  it('is one of 16 at most at the same time, or of 32 where they are answered as fast as ever', async () => {
    const { worker, destination, answersBy, sending } = await world();
    const open: { end(): void }[] = [];
    let most = 0;
    let sixteenMet = () => {};
    const sixteen = new Promise<void>((resolve) => {
      sixteenMet = resolve;
    });
    answersBy(async (response) => {
      most = Math.max(most, open.push(response));
      if (open.length === 16) sixteenMet();
      // However slow this machine is: the first 16 are answered when all of them are here.
      await sixteen;
      setTimeout(() => {
        open.splice(open.indexOf(response), 1);
        response.end();
      }, 20);
    });
    const id = await destination();
    const deliverer = worker();
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, index) => deliverer.deliver(id, event(`m_${index}`), never)),
    );
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(most).toBeGreaterThanOrEqual(16);
    expect(most).toBeLessThanOrEqual(32);
    // After waiting for one of the 32 connections there is no time left for its answer.
    expect(sending.most).toBeLessThanOrEqual(32);
    expect(deliverer.window?.(id)).toBeLessThanOrEqual(32);
  });
});

describe('a refusal of the message', () => {
  it.each([400, 409, 413, 422, 500, 418])('is told by %i and holds nothing', async (status) => {
    const { worker, destination, answers, stateOf, requests } = await world();
    const id = await destination();
    const deliverer = worker();
    answers(status);
    const outcome = { kind: 'refused', reason: 'destination_refused_message', status };
    expect(await deliverer.deliver(id, event('m_1'), never)).toEqual(outcome);
    expect(await deliverer.deliver(id, event('m_2'), never)).toEqual(outcome);
    expect(requests).toHaveLength(2);
    expect((await stateOf(id)).heldSince).toBeUndefined();
  });
});

describe('a fault of the destination', () => {
  it.each([
    [401, 'destination_unauthorised'],
    [404, 'destination_not_found'],
    [408, 'destination_gateway_failed'],
    [410, 'destination_not_found'],
    [499, 'destination_gateway_failed'],
    [530, 'destination_gateway_failed'],
    [503, 'destination_busy'],
    [302, 'destination_redirects'],
  ])('%i holds it for every worker: nothing is sent before the probe is due', async (status, reason) => {
    const { worker, destination, answers, stateOf, requests, pass } = await world();
    const id = await destination();
    const [one, other] = [worker(), worker()];
    answers(status, { location: '/elsewhere' });
    expect(await one.deliver(id, event('m_1'), never)).toEqual(held(reason, true));
    expect(await one.deliver(id, event('m_2'), never)).toEqual(held(reason, false));
    expect(await other.deliver(id, event('m_3'), never)).toEqual(held(reason, false));
    expect(requests).toHaveLength(1);
    expect(await stateOf(id)).toMatchObject({ reason, status, heldSince: expect.any(Date), probes: 0 });
    pass(5_000);
    expect(await other.deliver(id, event('m_3'), never)).toEqual(held(reason, true));
    expect(requests).toHaveLength(2);
    expect(await stateOf(id)).toMatchObject({ probes: 1, proberUntil: undefined });
  });

  it('is over when a probe is accepted, and then all goes out', async () => {
    const { worker, destination, answers, stateOf, pass, requests, logged } = await world();
    const id = await destination();
    const deliverer = worker();
    answers(503);
    await deliverer.deliver(id, event('m_1'), never);
    answers(200);
    pass(5_000);
    for (const key of ['m_2', 'm_1', 'm_3']) {
      expect(await deliverer.deliver(id, event(key), never)).toEqual({ kind: 'accepted', status: 200 });
    }
    expect(requests.map(({ headers }) => headers['webhook-id'])).toEqual(['m_1', 'm_2', 'm_1', 'm_3']);
    expect(await stateOf(id)).toMatchObject({
      heldSince: undefined,
      reason: undefined,
      lastAccepted: expect.any(Date),
    });
    expect(logged.map((line) => JSON.parse(line).event)).toEqual(['destination.held', 'destination.released']);
  });

  it('is not probed by the event that failed last, unless there is no other', async () => {
    const { worker, destination, answers, pass, requests, stateOf } = await world();
    const id = await destination();
    const [one, other] = [worker(), worker()];
    answers(503);
    await one.deliver(id, event('m_1'), never);
    pass(5_000);
    const yields = { kind: 'held', attempted: false, yields: true };
    expect(await one.deliver(id, event('m_1'), never)).toMatchObject(yields);
    expect(await other.deliver(id, event('m_1'), never)).toMatchObject(yields);
    expect(requests).toHaveLength(1);
    expect(await stateOf(id)).toMatchObject({ probes: 0, failed: 'm_1' });
    expect(await one.deliver(id, event('m_2'), never)).toEqual(held('destination_busy', true));
    expect(await stateOf(id)).toMatchObject({ probes: 1, failed: 'm_2' });
    pass(10_000);
    answers(200);
    expect(await one.deliver(id, event('m_2'), never)).toMatchObject(yields);
    expect(await one.deliver(id, event('m_2'), never, undefined, { insists: true })).toMatchObject({
      kind: 'accepted',
    });
    expect(await stateOf(id)).toMatchObject({ heldSince: undefined, failed: undefined });
  });

  it('is probed by one worker only, and by that one once', async () => {
    const { worker, destination, answers, answersBy, pass, requests } = await world();
    const id = await destination();
    const workers = Array.from({ length: 5 }, worker);
    answers(503);
    await workers[0]?.deliver(id, event('m_0'), never);
    for (const each of workers) expect(await each.deliver(id, event('m_0'), never)).toMatchObject({ kind: 'held' });
    answersBy((response) => setTimeout(() => response.end(), 200));
    pass(5_000);
    requests.length = 0;
    const outcomes = await Promise.all(
      workers.flatMap((each, index) => [1, 2, 3].map((n) => each.deliver(id, event(`m_${index}_${n}`), never))),
    );
    expect(requests).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(outcomes.filter((outcome) => 'attempted' in outcome && !outcome.attempted)).toHaveLength(14);
  });

  it('is probed by another when the prober dies', async () => {
    const { worker, destination, answers, answersBy, pass, requests } = await world();
    const id = await destination();
    const [one, other] = [worker(), worker()];
    answers(503);
    await one.deliver(id, event('m_1'), never);
    answersBy(() => undefined);
    pass(5_000);
    const controller = new AbortController();
    const probing = one.deliver(id, event('m_2'), controller.signal).catch(() => 'died');
    await expect.poll(() => requests.length).toBe(2);
    controller.abort();
    expect(await probing).toBe('died');
    answers(200);
    expect(await other.deliver(id, event('m_2'), never)).toMatchObject({ kind: 'held', attempted: false });
    pass(30_000);
    expect(await other.deliver(id, event('m_2'), never)).toMatchObject({ kind: 'accepted' });
  });

  it('waits as long as Retry-After asks', async () => {
    const { worker, destination, answers, pass, requests } = await world();
    const id = await destination();
    const deliverer = worker();
    answers(429, { 'Retry-After': '120' });
    expect(await deliverer.deliver(id, event('m_1'), never)).toMatchObject({ status: 429, retryAfterMs: 120_000 });
    pass(115_000);
    const outcome = await deliverer.deliver(id, event('m_1'), never);
    expect(outcome).toEqual(held('destination_busy', false));
    expect(requests).toHaveLength(1);
    pass(40_000);
    expect(await deliverer.deliver(id, event('m_2'), never)).toEqual(held('destination_busy', true));
  });

  it('is a time-out, a refused connection or a cut one', async () => {
    const { worker, destination, answersBy, port } = await world({ timeoutMs: 200 });
    const deliverer = worker();
    answersBy(() => undefined);
    expect(await deliverer.deliver(await destination(), event('m_1'), never)).toEqual(
      held('destination_timeout', true),
    );
    answersBy((response) => response.socket?.resetAndDestroy());
    expect(await deliverer.deliver(await destination(), event('m_1'), never)).toEqual(held('destination_closed', true));
    const elsewhere = await destination({ url: `https://127.0.0.1:${port === 1 ? 2 : 1}/` });
    expect(await deliverer.deliver(elsewhere, event('m_1'), never)).toEqual(held('destination_address_refused', true));
  });

  it('is ended by a probe that is refused, since the destination then works', async () => {
    const { worker, destination, answers, pass, stateOf } = await world();
    const id = await destination();
    const deliverer = worker();
    answers(503);
    await deliverer.deliver(id, event('m_1'), never);
    answers(500);
    pass(5_000);
    expect((await deliverer.deliver(id, event('m_2'), never)).kind).toBe('refused');
    expect((await stateOf(id)).heldSince).toBeUndefined();
    answers(200);
    expect((await deliverer.deliver(id, event('m_2'), never)).kind).toBe('accepted');
  });

  it('is told to the log once when it has lasted 15 minutes, without a word of what the receiver said', async () => {
    const { worker, destination, answers, pass, logged } = await world();
    const id = await destination();
    const deliverer = worker();
    answers(503, { 'x-secret': 'sesame' });
    for (let minute = 0; minute < 40; minute += 1) {
      await deliverer.deliver(id, event(`m_${minute}`), never);
      pass(60_000);
    }
    const warnings = logged.filter((line) => JSON.parse(line).level === 'warn').map((line) => JSON.parse(line));
    expect(warnings).toEqual([
      {
        level: 'warn',
        event: 'destination.held_long',
        destinationId: id,
        code: 'destination_busy',
        status: 503,
        heldSince: expect.any(String),
      },
    ]);
    expect(logged.join('\n')).not.toMatch(/sesame|what the receiver says|webhook:trigger|127\.0\.0\.1/);
  });

  it('met by many at once is one hold', async () => {
    const { worker, destination, answersBy, stateOf, logged } = await world();
    const id = await destination();
    const workers = [worker(), worker()];
    answersBy((response) => setTimeout(() => response.writeHead(503).end(), 50));
    const outcomes = await Promise.all(
      workers.flatMap((each) => Array.from({ length: 10 }, (_, n) => each.deliver(id, event(`m_${n}`), never))),
    );
    expect(outcomes.every(({ kind }) => kind === 'held')).toBe(true);
    expect((await stateOf(id)).probes).toBe(0);
    expect(logged.filter((line) => line.includes('destination.held'))).toHaveLength(1);
  });
});

describe('the cost of a delivery', () => {
  it('is no table operation while nothing changes', async () => {
    const { worker, destination, rows } = await world();
    const id = await destination();
    const deliverer = worker();
    await deliverer.deliver(id, event('m_1'), never);
    const before = (await rows.readState(id)).etag;
    const spied = store.table('destinations');
    const operations: string[] = [];
    const { get, replace } = spied;
    Object.assign(spied, {
      get: (...given: Parameters<typeof get>) => {
        operations.push('get');
        return get(...given);
      },
      replace: (...given: Parameters<typeof replace>) => {
        operations.push('replace');
        return replace(...given);
      },
    });
    try {
      for (let n = 0; n < 20; n += 1) await deliverer.deliver(id, event(`m_${n}`), never);
    } finally {
      Object.assign(spied, { get, replace });
    }
    expect(operations).toEqual([]);
    expect((await rows.readState(id)).etag).toBe(before);
  });

  it('is shared by concurrent deliveries: one read of the destination and one write of the outcome', async () => {
    const { worker, destination, rows, answers } = await world();
    const { readState, writeState } = rows;
    const operations: string[] = [];
    Object.assign(rows, {
      readState(...given: Parameters<typeof readState>) {
        operations.push('read');
        return readState(...given);
      },
      writeState(...given: Parameters<typeof writeState>) {
        operations.push('write');
        return writeState(...given);
      },
    });
    for (const status of [200, 503]) {
      const id = await destination();
      const deliverer = worker();
      answers(status);
      operations.length = 0;
      await Promise.all(Array.from({ length: 16 }, (_, n) => deliverer.deliver(id, event(`m_${n}`), never)));
      expect(operations, `answers ${status}`).toEqual(['read', 'write']);
    }
  });
});

describe('an attempt on demand', () => {
  it('calls for a probe also where another worker writes at that moment, and undoes nothing of it', async () => {
    const { worker, destination, answers, rows, stateOf } = await world();
    const id = await destination();
    const deliverer = worker();
    answers(503, { 'Retry-After': '600' });
    await deliverer.deliver(id, event('m_1'), never);
    answers(200);
    const { writeState } = rows;
    Object.assign(rows, {
      async writeState(...given: Parameters<typeof writeState>) {
        Object.assign(rows, { writeState });
        const { state, etag } = await rows.readState(id);
        await writeState(id, { ...state, deadInRow: 2 }, etag ?? '');
        return writeState(...given);
      },
    });
    expect(await deliverer.attempt(id, tested, never)).toMatchObject({
      kind: 'accepted',
    });
    expect(await stateOf(id)).toMatchObject({ nextProbe: undefined, deadInRow: 2, heldSince: expect.any(Date) });
  });

  it('is made although the destination is held or paused, and its success calls for a probe', async () => {
    const { worker, destination, answers, requests, stateOf } = await world();
    const id = await destination();
    const deliverer = worker();
    answers(503, { 'Retry-After': '600' });
    await deliverer.deliver(id, event('m_1'), never);
    expect(await deliverer.attempt(id, tested, never)).toMatchObject({ kind: 'held', status: 503 });
    expect(await deliverer.deliver(id, event('m_1'), never)).toMatchObject({ attempted: false });
    answers(200);
    expect(await deliverer.attempt(id, tested, never)).toEqual({ kind: 'accepted', status: 200 });
    expect((await stateOf(id)).heldSince).toBeInstanceOf(Date);
    const outcome: DeliveryOutcome = await deliverer.deliver(id, event('m_1'), never);
    expect(outcome.kind).toBe('accepted');
    expect(requests).toHaveLength(4);
    expect(await deliverer.attempt(await destination({ paused: true }), tested, never)).toMatchObject({
      kind: 'accepted',
    });
    expect(await deliverer.attempt(newDestinationId(systemRandom), tested, never)).toBeUndefined();
  });
});
