import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/domain/clock.ts';
import type { Az } from './az.ts';
import { problemOf } from './sentences.ts';
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
    over: (other: Az) => createTokens(other, clock),
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

describe('in Cloud Shell, where az is in one tenant and refuses to be told which', () => {
  const shell = (tenant: string) => {
    const calls: (readonly string[])[] = [];
    const az: Az = {
      async read(args) {
        calls.push(args);
        if (args.includes('--tenant')) {
          throw problemOf({ text: "ERROR: Tenant shouldn't be specified for Cloud Shell account" });
        }
        return { accessToken: 't', expires_on: start / 1000 + 3600, tenant };
      },
      write: async () => undefined,
      talk: async () => true,
    };
    return { calls, tokens: tokensOf(() => ({})).over(az) };
  };

  it('a token is asked for without it', async () => {
    const { tokens, calls } = shell('T1');
    expect(await tokens.get('graph', { tenant: 't1' })).toBe('t');
    expect(await tokens.get('graph', { tenant: 't1' })).toBe('t');
    expect(calls.map((args) => args.includes('--tenant'))).toEqual([true, false]);
  });

  it('does not use a token of another tenant', async () => {
    await expect(shell('t2').tokens.get('graph', { tenant: 't1' })).rejects.toMatchObject({
      code: 'wrong_tenant',
      message: 'Cloud Shell is in the tenant t2, and t1 was asked for.',
      remedy: expect.stringContaining('az login --tenant t1'),
    });
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
