import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/domain/clock.ts';
import { createRest, type RestParts } from './rest.ts';

/** Waits cost nothing, and are noted. */
function freeClock(): Clock & { readonly waits: number[] } {
  let now = Date.parse('2026-11-20T12:00:00Z');
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    monotonic: () => now,
    async sleep(ms) {
      waits.push(ms);
      now += ms;
    },
    caughtUp: async () => undefined,
  };
}

type Reply = Response | Error;
const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), { status, headers });

function client(replies: readonly Reply[], more: Partial<RestParts> = {}) {
  const clock = freeClock();
  const calls: { method: string; url: string; token: string | null; body: string | undefined }[] = [];
  const told: string[] = [];
  let tokens = 0;
  const rest = createRest({
    fetch: async (url, init) => {
      const body = typeof init?.body === 'string' ? init.body : undefined;
      const token = new Headers(init?.headers).get('authorization');
      calls.push({ method: init?.method ?? 'GET', url: String(url), token, body });
      const reply = replies[calls.length - 1] ?? new Error('no more replies');
      if (reply instanceof Error) throw reply;
      return reply;
    },
    clock,
    writes: { whatIf: false, told: (line) => void told.push(line) },
    base: 'https://graph.example/v1.0',
    token: async () => `token-${tokens}`,
    forget() {
      tokens += 1;
    },
    ...more,
  });
  return { rest, clock, calls, told };
}

describe('reading', () => {
  it('gives the body, with the token of the person', async () => {
    const { rest, calls } = client([json(200, { id: 1 })]);
    expect(await rest.get('/me', { query: { $select: 'id' } })).toEqual({ id: 1 });
    expect(calls).toEqual([
      { method: 'GET', url: 'https://graph.example/v1.0/me?%24select=id', token: 'Bearer token-0', body: undefined },
    ]);
  });

  it('gives nothing where nothing is', async () => {
    const { rest } = client([json(404, { error: { code: 'ResourceNotFound' } })]);
    expect(await rest.get('/x')).toBeUndefined();
  });

  it('follows a list over its pages', async () => {
    const next = 'https://graph.example/v1.0/x?skip=1';
    const { rest, calls } = client([json(200, { value: [1], '@odata.nextLink': next }), json(200, { value: [2] })]);
    expect(await rest.list('/x')).toEqual([1, 2]);
    expect(calls[1]?.url).toBe(next);
  });

  it('sends no token to another host, wherever a list leads', async () => {
    const { rest, calls } = client([json(200, { value: [], nextLink: 'https://evil.example/x' })]);
    await expect(rest.list('/x')).rejects.toMatchObject({ code: 'foreign_link' });
    expect(calls).toHaveLength(1);
  });

  it('asks for a new token once where one is refused', async () => {
    const { rest, calls } = client([json(401, {}), json(200, { ok: true })]);
    expect(await rest.get('/me')).toEqual({ ok: true });
    expect(calls.map(({ token }) => token)).toEqual(['Bearer token-0', 'Bearer token-1']);
  });

  it('tries again while the server is overloaded or away, and says so in the end', async () => {
    const { rest, clock } = client([json(429, {}, { 'retry-after': '9' }), new Error('reset'), json(200, 1)]);
    expect(await rest.get('/x')).toBe(1);
    expect(clock.waits).toEqual([9_000, 2_000]);
    await expect(client(Array(6).fill(new Error('no route'))).rest.get('/x')).rejects.toMatchObject({
      code: 'unreachable',
    });
  });
});

describe('writing', () => {
  it('tells each change first, as a line for the shell, and never its secret', async () => {
    const { rest, told, calls } = client([json(200, {})], { azResource: 'https://vault.azure.net' });
    const body = { value: 'hunter2' };
    const headers = { Prefer: 'create-if-missing' };
    await rest.send('PUT', '/secrets/x', { body, bodyTold: { value: '<secret>' }, headers });
    expect(told).toEqual([
      `az rest --resource https://vault.azure.net --method put --url https://graph.example/v1.0/secrets/x --headers Prefer=create-if-missing --body '{"value":"<secret>"}'`,
    ]);
    expect(calls[0]?.body).toBe('{"value":"hunter2"}');
  });

  it('changes nothing in a what-if run, and answers with what the caller gave', async () => {
    const told: string[] = [];
    const { rest, calls } = client([], { writes: { whatIf: true, told: (line) => void told.push(line) } });
    const answer = await rest.send('POST', '/applications', { body: {}, instead: { id: '<ID>' } });
    expect([answer.body, calls, told.length]).toEqual([{ id: '<ID>' }, [], 1]);
  });

  it('asks in a what-if run too where a POST only asks', async () => {
    const { rest, calls } = client([json(200, { nameAvailable: true })], {
      writes: { whatIf: true, told: () => expect.unreachable() },
    });
    expect((await rest.send('POST', '/checkNameAvailability', { reads: true })).body).toEqual({ nameAvailable: true });
    expect(calls).toHaveLength(1);
  });

  it('repeats no POST whose answer was lost', async () => {
    const { rest, calls } = client([new Error('reset')]);
    await expect(rest.send('POST', '/addPassword')).rejects.toMatchObject({ code: 'answer_lost' });
    expect(calls).toHaveLength(1);
  });

  it('repeats a PUT whose answer was lost', async () => {
    const { rest, calls } = client([new Error('reset'), json(201, {})]);
    expect((await rest.send('PUT', '/x')).status).toBe(201);
    expect(calls).toHaveLength(2);
  });

  it('waits while what it needs spreads, for as long as the caller says', async () => {
    const missing = () => json(400, { error: { code: 'PrincipalNotFound', message: 'not yet' } });
    const notYet = {
      forMs: 10_000,
      when: ({ azureCode }: { azureCode?: string }) => azureCode === 'PrincipalNotFound',
    };
    const { rest, clock } = client([missing(), missing(), json(201, {})]);
    await rest.send('PUT', '/x', { notYet });
    expect(clock.waits).toEqual([1_000, 2_000]);
    const never = client(Array.from({ length: 9 }, missing));
    await expect(never.rest.send('PUT', '/x', { notYet })).rejects.toMatchObject({ code: 'principal_not_found' });
    expect(never.clock.waits).toEqual([1_000, 2_000, 4_000, 8_000]);
  });
});

describe('a demand for another factor', () => {
  const challenge = () =>
    json(401, {}, { 'www-authenticate': 'Bearer realm="", error="insufficient_claims", claims="eyJhY3JzIjp7fX0="' });

  it('ends the call with what the next log-in has to bring', async () => {
    const login = { scope: 'https://graph.example/.default', tenant: 'contoso' };
    const { rest } = client([challenge()], { login });
    await expect(rest.get('/x')).rejects.toMatchObject({
      code: 'mfa_required',
      facts: { claims: 'eyJhY3JzIjp7fX0=', ...login },
    });
  });
});
