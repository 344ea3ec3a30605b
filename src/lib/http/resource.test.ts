import { HttpRequest, InvocationContext } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import { BrokerError } from '../errors.ts';
import type { LogFields } from '../log.ts';
import { StoreError } from '../store/table/table.ts';
import { readText } from './body.ts';
import { allMethods, json, noContent, resource } from './resource.ts';

const caller: Caller = {
  keyId: 'k',
  scopes: ['read', 'admin'],
  mailboxes: undefined,
  destinations: undefined,
  expiresAt: undefined,
  bootstrap: false,
};

const quiet = {
  log: { info: () => {}, warn: () => {}, error: () => {} },
  apiKeys: {
    verify: async (): Promise<Caller> => {
      throw new BrokerError('key_missing');
    },
  },
};

function world(overrides: Partial<Caller> = {}) {
  const logged: { event: string; error: unknown; fields?: LogFields | undefined }[] = [];
  const parts = {
    log: {
      info: () => {},
      warn: () => {},
      error: (event: string, error: unknown, fields?: LogFields) => {
        logged.push({ event, error, fields });
      },
    },
    apiKeys: {
      verify: async (authorization: string | null) => {
        if (authorization === null) throw new BrokerError('key_missing');
        return { ...caller, ...overrides };
      },
    },
  };
  const handler = resource(async () => parts, {
    GET: {
      scope: 'read',
      query: z.object({ limit: z.coerce.number().int().max(10).default(5) }),
      handler: async ({ query, caller: who, params }) => json(200, { limit: query.limit, key: who.keyId, params }),
    },
    POST: {
      scope: 'admin',
      body: z.strictObject({ name: z.string().min(1), when: z.iso.datetime().optional() }),
      handler: async ({ body }) => json(201, body),
    },
    PATCH: { scope: 'send', handler: async () => noContent },
    DELETE: {
      scope: 'none',
      handler: async ({ params }) => {
        if (params.id === 'busy') throw new BrokerError('conflict', { retry: { afterMs: 1200 } });
        if (params.id === 'store') throw new StoreError('unreachable');
        throw new Error('the value hunter2 must not leave');
      },
    },
  });
  const send = async (
    method: string,
    options: { body?: string; headers?: Record<string, string>; url?: string; params?: Record<string, string> } = {},
  ) => {
    const request = new HttpRequest({
      method,
      url: options.url ?? 'http://localhost:7071/api/things',
      headers: { authorization: 'Bearer x', ...options.headers },
      ...(options.body === undefined ? {} : { body: { string: options.body } }),
      ...(options.params === undefined ? {} : { params: options.params }),
    });
    const answer = await handler(request, new InvocationContext({ invocationId: 'req-1', functionName: 'things' }));
    const headers = new Headers(answer.headers);
    const text = String(answer.body ?? '');
    return { status: answer.status, headers, text, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { send, logged };
}

describe('a resource', () => {
  it('hands a checked call to the endpoint and forbids caching of its answer', async () => {
    const answer = await world().send('GET', {
      url: 'http://localhost/api/things?limit=7&other=1',
      headers: { 'x-anything': 'goes' },
      params: { id: '7' },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ limit: 7, key: 'k', params: { id: '7' } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('tolerates a GET that carries an empty JSON object', async () => {
    expect((await world().send('GET', { body: '{}' })).status).toBe(200);
  });

  it('answers HEAD where it answers GET', async () => {
    expect((await world().send('HEAD')).status).toBe(200);
  });

  it('is registered for every method and names the ones it takes to any other', async () => {
    const answer = await world().send('PUT');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST, PATCH, DELETE');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'method_not_allowed', status: 405, requestId: 'req-1' });
    expect(answer.body.remedy).not.toBe('');
    expect(allMethods).toContain('OPTIONS');
  });

  it('refuses a key without the scope', async () => {
    expect((await world().send('PATCH')).body).toMatchObject({ code: 'scope_missing', status: 403 });
  });

  it('refuses a request without a key, and names the scheme', async () => {
    const handler = resource(async () => quiet, { GET: { scope: 'read', handler: async () => json(200, {}) } });
    const request = new HttpRequest({ method: 'GET', url: 'http://localhost/api/things' });
    const answer = await handler(request, new InvocationContext({ invocationId: 'r' }));
    expect(answer.status).toBe(401);
    expect(new Headers(answer.headers).get('www-authenticate')).toBe('Bearer');
  });

  it('lets the first key of a deployment do nothing but what says so', async () => {
    const answer = await world({ bootstrap: true }).send('POST', { body: '{"name":"a"}' });
    expect(answer.body).toMatchObject({ code: 'scope_missing', status: 403 });
  });

  it('looks at the scope before it reads the body', async () => {
    const answer = await world({ scopes: ['read'] }).send('POST', { body: 'not json' });
    expect(answer.body.code).toBe('scope_missing');
  });

  const broken: [string, string, string, number][] = [
    ['JSON that does not parse', '{"name": hunter2', 'malformed_json', 400],
    ['a wrong type', '{"name": 12345}', 'invalid_request', 400],
    ['an array', '[]', 'invalid_request', 400],
    ['a bare string', '"hunter2"', 'invalid_request', 400],
    ['null', 'null', 'invalid_request', 400],
    ['nothing at all', '', 'invalid_request', 400],
    ['a field that does not exist', '{"name":"hunter2","nmae":"hunter2"}', 'invalid_request', 400],
    ['a body over the limit', JSON.stringify({ name: 'hunter2'.repeat(20_000) }), 'body_too_large', 413],
  ];
  it.each(broken)('refuses %s without giving any of it back', async (_what, body, code, status) => {
    const answer = await world().send('POST', { body });
    expect(answer.body).toMatchObject({ code, status });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('hunter2');
    expect(answer.text.length).toBeLessThan(2048);
  });

  it('names every field that is wrong, with the reason', async () => {
    const answer = await world().send('POST', { body: '{"name":"","when":"yesterday","<script>":1}' });
    const fields = answer.body.fields as { field: string; message: string }[];
    expect(fields.map((fault) => fault.field).sort()).toEqual(['(unnamed)', 'name', 'when']);
    expect(fields.every((fault) => fault.message.length > 3)).toBe(true);
  });

  it('counts the bytes of a body whose Content-Length lies', async () => {
    const answer = await world().send('POST', { body: 'x'.repeat(70_000), headers: { 'content-length': '10' } });
    expect(answer.body.code).toBe('body_too_large');
  });

  /** A request whose body comes in pieces, without an announced length. */
  const streamed = (method: string, body: ReadableStream<Uint8Array>) => {
    const request = new HttpRequest({ method, url: 'http://localhost/', headers: { authorization: 'Bearer x' } });
    Object.defineProperty(request, 'body', { get: () => body });
    return request;
  };
  const endless = () => {
    const counted = { pulled: 0, cancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          counted.pulled += 1;
          controller.enqueue(new Uint8Array(1_000));
        },
        cancel: () => {
          counted.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { body, counted };
  };

  it('stops at the limit of a body without a length, and takes no more of it', async () => {
    const { body, counted } = endless();
    await expect(readText(streamed('POST', body))).rejects.toMatchObject({ code: 'body_too_large', status: 413 });
    expect(counted).toEqual({ pulled: 66, cancelled: true });
  });

  it('waits for a body no longer than it may take', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"name":')),
      cancel: () => {
        cancelled = true;
      },
    });
    const refused = readText(streamed('POST', body), { withinMs: 20 });
    await expect(refused).rejects.toMatchObject({ code: 'body_too_slow', status: 408 });
    expect(cancelled).toBe(true);
  });

  it('reads nothing of a body where none is wanted, with or without a length', async () => {
    const { body, counted } = endless();
    const handler = resource(async () => ({ ...quiet, apiKeys: { verify: async () => caller } }), {
      DELETE: { scope: 'admin', handler: async () => noContent },
    });
    const answer = await handler(streamed('DELETE', body), new InvocationContext({ invocationId: 'r' }));
    expect([answer.status, counted.pulled]).toEqual([204, 0]);
    const announced = new HttpRequest({
      method: 'DELETE',
      url: 'http://localhost/',
      headers: { authorization: 'Bearer x', 'content-length': '70000' },
    });
    const refused = await handler(announced, new InvocationContext({ invocationId: 'r' }));
    expect(refused.status).toBe(413);
  });

  it('refuses bytes that are no text', async () => {
    const handler = resource(async () => ({ ...quiet, apiKeys: { verify: async () => caller } }), {
      POST: { scope: 'admin', body: z.unknown(), handler: async () => json(200, {}) },
    });
    const request = new HttpRequest({
      method: 'POST',
      url: 'http://localhost/',
      body: { bytes: new Uint8Array([0x7b, 0xff, 0xfe]) },
    });
    const answer = await handler(request, new InvocationContext({ invocationId: 'r' }));
    expect(JSON.parse(String(answer.body)).code).toBe('malformed_json');
  });

  it('says when to come back', async () => {
    const answer = await world().send('DELETE', { params: { id: 'busy' } });
    expect(answer.status).toBe(409);
    expect(answer.headers.get('retry-after')).toBe('2');
  });

  it('tells a store that does not answer from a fault of our own', async () => {
    expect((await world().send('DELETE', { params: { id: 'store' } })).body.code).toBe('storage_unreachable');
  });

  it('logs a fault of our own and tells the caller nothing but where to look', async () => {
    const { send, logged } = world();
    const answer = await send('DELETE', { params: { id: 'x' } });
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ code: 'internal_error', requestId: 'req-1' });
    expect(answer.text).not.toContain('hunter2');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ event: 'http.failed', fields: { requestId: 'req-1', functionName: 'things' } });
    expect(logged[0]?.error).toBeInstanceOf(Error);
  });

  it('answers 503 while the settings are broken, naming none', async () => {
    const handler = resource(
      async (): Promise<typeof quiet> => {
        throw new BrokerError('settings_broken');
      },
      { GET: { scope: 'none', handler: async () => json(200, {}) } },
    );
    const request = new HttpRequest({ method: 'GET', url: 'http://localhost/' });
    const answer = await handler(request, new InvocationContext({ invocationId: 'r' }));
    expect(answer.status).toBe(503);
    expect(JSON.parse(String(answer.body)).code).toBe('settings_broken');
  });
});
