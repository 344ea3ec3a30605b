import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bundleOf } from '../../test/support/bundle.ts';
import { type Azurite, startAzurite } from '../azure/azurite.ts';
import { type Host, PortTaken, startHost } from './host.ts';

interface Memory {
  seen: { queue: string; body: unknown; metadata: Record<string, unknown>; at: number }[];
  running: number;
  most: number;
  ticks: { at: number; info: unknown }[];
  overlapped: boolean;
  hooks: string[];
}
const memory = (): Memory => (globalThis as typeof globalThis & { hostAppMemory: Memory }).hostAppMemory;

const bodyLimitBytes = 5 * 1024 * 1024;
let azurite: Azurite;
let bundle: string;
let host: Host;
let lines: string[];

const options = (settings: Record<string, string> = {}, port = 0) => ({
  bundle,
  port,
  settings: {
    AzureWebJobsStorage: azurite.connectionString,
    WORK_QUEUE: 'work',
    GREETING: 'hello',
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(bodyLimitBytes),
    ...settings,
  },
  queueConnectionString: azurite.connectionString,
  out: (line: string) => void lines.push(line),
});

beforeAll(async () => {
  [azurite, bundle] = await Promise.all([
    startAzurite(),
    bundleOf(`${import.meta.dirname}/../../test/support/host-app.ts`),
  ]);
  lines = [];
  host = await startHost(options());
});
afterAll(async () => {
  await host?.stop();
  await azurite?.stop();
});
beforeEach(() => {
  lines = [];
  memory().seen = [];
  memory().most = 0;
});

const get = (path: string, init: RequestInit = {}) => fetch(`${host.url}/api/${path}`, { redirect: 'manual', ...init });
const enqueue = (body: object) => get('enqueue', { method: 'POST', body: JSON.stringify(body) });
const seen = (count: number, withinMs = 10_000) =>
  vi.waitFor(() => expect(memory().seen.length).toBeGreaterThanOrEqual(count), { timeout: withinMs, interval: 20 });
const queue = (name: string) => QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);

describe('HTTP', () => {
  it('hands in method, url, route parameters, headers and a binary body unchanged', async () => {
    const body = randomBytes(100_000);
    const answer = await get('things/a%20b?x=1', {
      method: 'PUT',
      body,
      headers: { 'x-custom': 'v' },
    });
    expect(await answer.json()).toMatchObject({
      function: 'echo',
      method: 'PUT',
      id: 'a b',
      url: `${host.url}/api/things/a%20b?x=1`,
      headers: { 'x-custom': 'v' },
      sha256: createHash('sha256').update(body).digest('hex'),
    });
  });

  it('joins repeated query keys by a comma, as the worker in Azure receives them', async () => {
    const answer = await get('things/1?a=1&a=2&b=&c=%26');
    expect(await answer.json()).toMatchObject({ query: { a: '1,2', b: '', c: '&' } });
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('takes %s', async (method) => {
    expect(await (await get('things/1', { method })).json()).toMatchObject({ method });
  });

  it('discards the body of a GET instead of failing', async () => {
    const { port } = host;
    const sent = httpRequest({
      port,
      host: '127.0.0.1',
      path: '/api/things/1',
      method: 'GET',
      headers: { 'content-length': 2 },
    });
    sent.end('{}');
    const [response] = await once(sent, 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  it('prefers a literal to a parameter, and a parameter to the rest', async () => {
    expect(await (await get('things/latest')).text()).toBe('literal');
    expect(await (await get('things/one')).json()).toMatchObject({ function: 'echo' });
    expect(await (await get('things/one/two')).text()).toBe('rest one/two');
  });

  it('keeps every attribute of every cookie, beside a redirect', async () => {
    const answer = await get('cookies', { method: 'POST' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('https://login.example/authorize');
    expect(answer.headers.getSetCookie()).toEqual([
      '__Host-a=x%20y; max-age=600; path=/; secure; samesite=lax; httponly',
      'b=; max-age=0; path=/',
    ]);
  });

  it('answers bytes as they are, and nothing as nothing', async () => {
    const answer = await get('bytes');
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 255, 137, 80]);
    expect((await get('nothing')).status).toBe(204);
  });

  it('answers a thrown error by a bare 500, and tells it in its line', async () => {
    const answer = await get('throws?token=secret');
    expect([answer.status, await answer.text()]).toEqual([500, '']);
    expect(lines.join('\n')).toContain('GET /api/throws  → threw Error: the inside of the app');
    expect(lines.join('\n')).not.toContain('secret');
  });

  it('answers a bare 500 where the answer cannot be written', async () => {
    const answer = await get('unwritable');
    expect([answer.status, await answer.text(), answer.headers.getSetCookie()]).toEqual([500, '', []]);
  });

  it('answers 404 without a body for an unknown path, a wrong method and a HEAD that no function takes', async () => {
    for (const [path, method] of [
      ['unknown', 'GET'],
      ['cookies', 'GET'],
      ['bytes', 'HEAD'],
    ] as const) {
      const answer = await get(path, { method });
      expect([answer.status, await answer.text()]).toEqual([404, '']);
    }
  });

  it('answers 413 to a body over the limit, with and without a length, and takes one at the limit', async () => {
    const whole = await get('things/1', { method: 'POST', body: Buffer.alloc(bodyLimitBytes) });
    expect(whole.status).toBe(200);
    const over = await get('things/1', { method: 'POST', body: Buffer.alloc(bodyLimitBytes + 1) });
    expect(over.status).toBe(413);
    const chunks = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(bodyLimitBytes));
        controller.enqueue(new Uint8Array(1));
        controller.close();
      },
    });
    const chunked = await get('things/1', { method: 'POST', body: chunks, duplex: 'half' } as RequestInit);
    expect(chunked.status).toBe(413);
  });

  it('can be reached at localhost in both families, as a browser may', async () => {
    const { port } = new URL(host.url);
    for (const name of ['localhost', '127.0.0.1', '[::1]']) {
      expect((await fetch(`http://${name}:${port}/api/settings`)).status).toBe(200);
    }
  });

  it('hands its settings to the app as environment variables', async () => {
    expect(await (await get('settings')).text()).toBe('hello');
  });

  it('writes what functions log as readable lines without secrets', async () => {
    await get('logs');
    expect(lines.join('\n')).toContain('warning: [redacted] from the context  (logs)');
    expect(lines.join('\n')).toContain('info: something_happened, mailbox: mbx_1  (logs)');
    expect(lines.join('\n')).not.toContain('abc123');
  });
});

describe('timers', () => {
  it('come on their schedule, one invocation at a time, and are told what a timer is told', async () => {
    memory().ticks = [];
    await vi.waitFor(() => expect(memory().ticks.length).toBeGreaterThanOrEqual(3), { timeout: 10_000 });
    expect(memory().overlapped).toBe(false);
    expect(memory().ticks[0]?.info).toEqual({
      isPastDue: false,
      schedule: { adjustForDST: true },
      scheduleStatus: null,
    });
    // Each run takes 1.3 s, so the occurrence that came meanwhile follows at once.
    const [first, second] = memory().ticks;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(2_000);
  });

  it('tell the next occurrence where the host keeps the status of the schedule', async () => {
    await host.runTimer('silent');
    const nextYear = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 0, 1)).toISOString();
    expect(memory().ticks.map(({ info }) => info)).toContainEqual({
      isPastDue: false,
      schedule: { adjustForDST: true },
      scheduleStatus: { last: expect.any(String), lastUpdated: expect.any(String), next: nextYear },
    });
  });

  it('run at once when asked over the admin address, and not if there is no such timer', async () => {
    const ask = (name: string, init: RequestInit = { method: 'POST', body: '{"input": ""}' }) =>
      fetch(`${host.url}/admin/functions/${name}`, init);
    expect((await ask('yearly')).status).toBe(202);
    await seen(2);
    expect((await ask('unknown')).status).toBe(404);
    expect((await ask('yearly', { method: 'GET' })).status).toBe(404);
  });

  it('put each element of a returned array on the queue as a message of its own, and nothing for an empty one', async () => {
    await host.runTimer('yearly');
    await host.runTimer('silent');
    await seen(2);
    await delay(300);
    expect(memory().seen.map(({ queue: name, body }) => [name, body])).toEqual([
      ['work', { from: 'timer', n: 1 }],
      ['work', { from: 'timer', n: 2 }],
    ]);
    expect(lines.join('\n')).toMatch(/timer yearly.*→ 2 queue messages/);
  });
});

describe('queues', () => {
  it('hand in JSON parsed and text as text, with the metadata of the message', async () => {
    await enqueue({ work: { a: 'ü', n: 1 } });
    await enqueue({ work: 'plain text' });
    await seen(2);
    expect(memory().seen.map(({ body }) => body)).toEqual([{ a: 'ü', n: 1 }, 'plain text']);
    const [{ metadata = {} } = {}] = memory().seen;
    expect(metadata).toMatchObject({ dequeueCount: 1, queueTrigger: { a: 'ü', n: 1 } });
    expect(Date.parse(String(metadata.insertionTime))).toBeGreaterThan(Date.now() - 60_000);
  });

  it('take what a person puts in by base64, as Azure tools do', async () => {
    await queue('work').sendMessage(Buffer.from('{"by":"hand"}').toString('base64'));
    await seen(1);
    expect(memory().seen[0]?.body).toEqual({ by: 'hand' });
  });

  it('run at once when asked over the admin address, with the input as the message', async () => {
    const answer = await fetch(`${host.url}/admin/functions/work`, {
      method: 'POST',
      body: '{"input":"{\\"by\\":1}"}',
    });
    expect(answer.status).toBe(202);
    await seen(1);
    expect(memory().seen[0]?.body).toEqual({ by: 1 });
  });

  it('hand a returned value on to the next queue, and nothing for undefined', async () => {
    await enqueue({ other: ['one', { no: 'output' }] });
    await seen(3);
    await delay(300);
    expect(
      memory()
        .seen.map(({ queue: name, body }) => `${name} ${JSON.stringify(body)}`)
        .sort(),
    ).toEqual(['other "one"', 'other {"no":"output"}', 'work "onward one"']);
  });

  it('run messages beside each other: a batch, and the next one when there is room', async () => {
    await enqueue({ work: Array.from({ length: 60 }, (_, n) => ({ n, waitMs: 300 })) });
    await seen(60, 20_000);
    await vi.waitFor(() => expect(memory().running).toBe(0));
    expect(new Set(memory().seen.map(({ body }) => JSON.stringify(body))).size).toBe(60);
    // batchSize 16 + newBatchThreshold 8
    expect(memory().most).toBeGreaterThan(8);
    expect(memory().most).toBeLessThanOrEqual(24);
  });

  it('put what is not base64 into the poison queue at once', async () => {
    await queue('work').sendMessage('not base64!');
    const poison = queue('work-poison');
    await vi.waitFor(async () => expect((await poison.getProperties()).approximateMessagesCount).toBe(1), {
      timeout: 10_000,
    });
    const [message] = (await poison.receiveMessages()).receivedMessageItems;
    expect(message?.messageText).toBe('not base64!');
    await poison.clearMessages();
    expect(memory().seen).toEqual([]);
  });
});

describe('a message that always fails', () => {
  it('comes three times, each after the visibility timeout, and ends in the poison queue', async () => {
    await host.stop();
    // The same numbers as host.json but for the wait, which would make this test a minute long.
    const hostJson = `${bundle}.host.json`;
    writeFileSync(
      hostJson,
      JSON.stringify({ version: '2.0', extensions: { queues: { maxDequeueCount: 3, visibilityTimeout: '00:00:01' } } }),
    );
    host = await startHost({ ...options(), hostJson });
    await enqueue({ work: { fail: true } });
    const poison = queue('work-poison');
    await vi.waitFor(async () => expect((await poison.getProperties()).approximateMessagesCount).toBe(1), {
      timeout: 15_000,
      interval: 100,
    });
    expect(memory().seen.map(({ metadata }) => metadata.dequeueCount)).toEqual([1, 2, 3]);
    const [first, second] = memory().seen;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(900);
    const [message] = (await poison.receiveMessages()).receivedMessageItems;
    expect(Buffer.from(message?.messageText ?? '', 'base64').toString()).toBe('{"fail":true}');
    expect((await queue('work').getProperties()).approximateMessagesCount).toBe(0);
  });
});

describe('starting and stopping', () => {
  it('is one host a process', async () => {
    await expect(startHost(options())).rejects.toThrow('A host runs in this process already');
  });

  it('finishes what is under way, runs the terminate hooks and gives the environment back', async () => {
    const slow = get('slow');
    await delay(100);
    const stopping = host.stop();
    expect(await (await slow).text()).toBe('slow but whole');
    await stopping;
    await host.stop();
    expect(memory().hooks.at(0)).toBe('appStart');
    expect(memory().hooks).toContain('appTerminate');
    expect(memory().hooks).toContain('pre slow');
    expect(process.env.WORK_QUEUE).toBeUndefined();
    await expect(fetch(`${host.url}/api/settings`)).rejects.toThrow();
  });

  it('says in one sentence that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const failure = await startHost(options({}, port)).catch((error: unknown) => error);
    other.close();
    expect(failure).toBeInstanceOf(PortTaken);
    expect(String(failure)).toContain(`Port ${port} is taken`);
  });

  it('indexes no function at all where one binding lacks its setting', async () => {
    const settings = options().settings as Record<string, string>;
    delete settings.WORK_QUEUE;
    await expect(startHost({ ...options(), settings })).rejects.toThrow(/work: .*needs the setting WORK_QUEUE/);
  });

  it('starts again in the same process', async () => {
    host = await startHost(options());
    expect(await (await get('settings')).text()).toBe('hello');
  });
});
