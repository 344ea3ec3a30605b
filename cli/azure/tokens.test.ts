import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/domain/clock.ts';
import type { Az } from './az.ts';
import { createTokens, endOf } from './tokens.ts';

const start = Date.parse('2026-11-20T12:00:00Z');

function tokensOf(answer: (asked: number) => object) {
  let now = start;
  const calls: (readonly string[])[] = [];
  const az: Az = {
    read: async (args) => answer(calls.push(args)),
    write: async () => undefined,
    talk: async () => true,
  };
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: async () => undefined,
    caughtUp: async () => undefined,
  };
  return {
    tokens: createTokens(az, clock),
    calls,
    later(ms: number) {
      now += ms;
    },
  };
}

describe('access tokens', () => {
  it('are asked of az once until five minutes before they end, for each resource and tenant', async () => {
    const { tokens, calls, later } = tokensOf((asked) => ({
      accessToken: `t${asked}`,
      expires_on: start / 1000 + 3600,
    }));
    expect(await tokens.get('arm', { subscription: 's' })).toBe('t1');
    expect(await tokens.get('arm', { subscription: 's' })).toBe('t1');
    expect(await tokens.get('graph', { tenant: 't' })).toBe('t2');
    later(54 * 60_000);
    expect(await tokens.get('arm', { subscription: 's' })).toBe('t1');
    later(2 * 60_000);
    expect(await tokens.get('arm', { subscription: 's' })).toBe('t3');
    expect(calls[1]).toEqual([
      'account',
      'get-access-token',
      '--resource',
      'https://graph.microsoft.com/',
      '--tenant',
      't',
    ]);
  });

  it('are asked for anew after a log-in', async () => {
    const { tokens } = tokensOf((asked) => ({ accessToken: `t${asked}`, expires_on: start / 1000 + 3600 }));
    await tokens.get('vault', { subscription: 's' });
    tokens.forget();
    expect(await tokens.get('vault', { subscription: 's' })).toBe('t2');
  });
});

describe('the end of a token', () => {
  it.each([
    ['as seconds since 1970 (az 2.54 and later)', { expires_on: 1_800_000_000 }, 1_800_000_000_000],
    ['as local time without a zone', { expiresOn: '2026-11-20 13:00:00.000000' }, new Date(2026, 10, 20, 13).getTime()],
    ['not at all', {}, start + 300_000],
  ])('is read %s', (_title, fields, end) => {
    expect(endOf({ accessToken: 't', ...fields }, start)).toBe(end);
  });
});
