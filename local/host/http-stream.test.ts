import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleOf } from '../../test/support/bundle.ts';
import { type Host, startHost } from './host.ts';

let host: Host;
const lines: string[] = [];
const memory = () =>
  (globalThis as typeof globalThis & { streamAppMemory: { pulled: number; cancelled: number } }).streamAppMemory;
const get = (path: string, init: RequestInit = {}) => fetch(`${host.url}/api/${path}`, init);

beforeAll(async () => {
  host = await startHost({
    bundle: await bundleOf(`${import.meta.dirname}/../../test/support/stream-app.ts`),
    settings: {},
    port: 0,
    queueConnectionString: '',
    out: (line) => void lines.push(line),
  });
});
afterAll(() => host?.stop());

it('hands on what an app streams as it comes', async () => {
  const answer = await get('pieces/5');
  const arrived: number[] = [];
  let text = '';
  for await (const chunk of answer.body ?? []) {
    arrived.push(performance.now());
    text += new TextDecoder().decode(chunk);
  }
  expect(text).toBe('piece 0\npiece 1\npiece 2\npiece 3\npiece 4\n');
  expect((arrived.at(-1) ?? 0) - (arrived[0] ?? 0)).toBeGreaterThan(100);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-a')).toBe('1');
  expect(answer.headers.get('x-ms-invocation-id')).toBeNull();
  expect(answer.headers.getSetCookie()).toHaveLength(2);
  expect(lines.at(-1)).toContain('200');
});

it('hands in bodies, headers and the address that was asked for', async () => {
  const answer = await get('echo?x=1', { method: 'POST', body: 'hello', headers: { 'x-custom': 'v' } });
  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({ url: `${host.url}/api/echo?x=1`, body: 'hello', header: 'v' });
});

it('answers a bare 500 where a function throws, and cuts off an answer that breaks', async () => {
  const thrown = await get('throws');
  expect([thrown.status, await thrown.text()]).toEqual([500, '']);
  const broken = await get('pieces/5?breakAt=2');
  expect(broken.status).toBe(200);
  await expect(broken.text()).rejects.toThrow();
});

it('does not tell an app that its caller has left', async () => {
  const leave = new AbortController();
  const answer = await get('pieces/6', { signal: leave.signal });
  await answer.body?.getReader().read();
  const before = memory().pulled;
  leave.abort();
  await delay(400);
  expect(memory().pulled).toBeGreaterThan(before + 2);
});

it('keeps the server of the library to this machine', async () => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
  if (outside === undefined) return;
  const { loadApp } = await import('./core.ts');
  const app = await loadApp(await bundleOf(`${import.meta.dirname}/../../test/support/stream-app.ts`), () => {});
  const port = Number(new URL(app.httpUri ?? '').port);
  // The port is free on the other interfaces, so nobody listens there.
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, outside, resolve);
  });
  server.close();
  app.unload();
});
