import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../errors.ts';
import { createNetwork } from './network.ts';

const url = 'https://login.microsoftonline.com/common/oauth2/v2.0/token';
const clock = {
  now: () => Date.parse('2026-11-22T10:00:00Z'),
  monotonic: () => 0,
  sleep: async () => {},
  caughtUp: async () => {},
};

const answering = (answer: () => Response | Promise<Response>, timeoutMs?: number) =>
  createNetwork({ fetch: async () => answer(), clock, ...(timeoutMs === undefined ? {} : { timeoutMs }) });

describe("MSAL's way to the network", () => {
  it('passes an answer on with its status and headers, errors of the token endpoint included', async () => {
    const network = answering(() =>
      Response.json({ error: 'invalid_grant' }, { status: 400, headers: { 'x-a': 'b' } }),
    );
    const response = await network.module.sendPostRequestAsync(url, { body: 'grant_type=refresh_token' });
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_grant' }, headers: { 'x-a': 'b' } });
    expect(network.failure()).toBeUndefined();
    expect(network.posts()).toBe(1);
  });

  it.each([
    [429, '7', 'entra_throttled', 7_000],
    [429, undefined, 'entra_throttled', undefined],
    [500, undefined, 'entra_unavailable', undefined],
    [503, '30', 'entra_unavailable', 30_000],
    [503, 'Sun, 22 Nov 2026 10:01:00 GMT', 'entra_unavailable', 60_000],
  ])('takes %i with Retry-After %s for an error, whatever the body says', async (status, header, code, afterMs) => {
    const headers = header === undefined ? {} : { 'retry-after': header };
    const network = answering(() =>
      Response.json({ access_token: 'x', note: 'no error in here' }, { status, headers }),
    );
    await expect(network.module.sendPostRequestAsync(url)).rejects.toMatchObject({
      code,
      retry: afterMs === undefined ? undefined : { afterMs },
    });
    expect(network.failure()?.code).toBe(code);
  });

  it.each([
    ['a page of a gateway', () => new Response('<html>Bad Gateway</html>', { status: 200 })],
    ['an empty body', () => new Response('', { status: 200 })],
    ['JSON that is no object', () => Response.json('token')],
    ['a connection that breaks', () => Promise.reject(new TypeError('fetch failed'))],
  ])('takes %s for an outage', async (_name, answer) => {
    const network = answering(answer);
    await expect(network.module.sendPostRequestAsync(url)).rejects.toMatchObject({ code: 'entra_unavailable' });
  });

  it('follows no redirect, which would take the secret of the app elsewhere', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(307, { location: '/elsewhere' }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = Object(server.address());
      const network = createNetwork({ clock, fetch });
      const sent = network.module.sendPostRequestAsync(`http://127.0.0.1:${port}/token`, { body: 'client_secret=x' });
      await expect(sent).rejects.toMatchObject({ code: 'entra_unavailable' });
      expect(asked).toEqual(['/token']);
    } finally {
      server.close();
    }
  });

  it('gives up when no answer comes in time', async () => {
    const network = createNetwork({
      clock,
      timeoutMs: 20,
      fetch: (_url, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        }),
    });
    await expect(network.module.sendGetRequestAsync(url)).rejects.toMatchObject({ code: 'entra_unavailable' });
  });

  it('sends no token request that the gate holds back, and says why', async () => {
    let sent = 0;
    const network = createNetwork({
      clock,
      fetch: async () => {
        sent++;
        return Response.json({});
      },
      gate: async () => {
        throw new BrokerError('account_locked');
      },
    });
    await expect(network.module.sendPostRequestAsync(url)).rejects.toMatchObject({ code: 'account_locked' });
    expect(network.failure()?.code).toBe('account_locked');
    expect([sent, network.posts()]).toEqual([0, 0]);
    await network.module.sendGetRequestAsync(url);
    expect(sent).toBe(1);
  });
});
