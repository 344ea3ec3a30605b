import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { virtualClock } from '../../../test/support/virtual-clock.ts';
import { dayMs } from '../domain/duration.ts';
import { BrokerError } from '../errors.ts';
import { clockCheck } from './checks/clock.ts';
import { tenantToTry } from './checks/credential.ts';
import { expiryOf } from './checks/key-vault.ts';
import { readable } from './checks/mailboxes.ts';
import { judge as judgeQueue, queueCheck } from './checks/queue.ts';
import { judge as judgeRedirect, redirectUriCheck } from './checks/redirect-uri.ts';
import { settingsCheck } from './checks/settings.ts';
import { judgeHousekeeping, judgePolling } from './checks/timers.ts';
import type { Finding } from './checks/types.ts';

// What the checks make of what they have seen. That they look is tried on real parts, in test/doctor.test.ts.
const now = Date.parse('2026-11-30T12:00:00Z');
const ago = (minutes: number) => new Date(now - minutes * 60_000);
const told = (findings: readonly Finding[]) => findings.map(({ subject, status }) => [subject, status]);

describe('the end of a client secret', () => {
  it.each([
    ['is unknown', undefined, 'warn'],
    ['has passed', new Date(now - 1), 'fail'],
    ['is this very moment', new Date(now), 'fail'],
    ['is within thirty days', new Date(now + 30 * dayMs - 1), 'warn'],
    ['is further away', new Date(now + 30 * dayMs), 'ok'],
  ])('is judged where it %s', (_, expiresOn, status) => {
    const version = expiresOn === undefined ? {} : { expiresOn };
    expect(expiryOf('client-secret', version, now)).toMatchObject({ status, subject: 'client-secret' });
  });
});

describe('a mailbox that can be read', () => {
  it.each([
    ['of which nothing is known', undefined, 'ada@contoso.example can be read; not polled yet; no delivery noted yet.'],
    [
      'that was never delivered from',
      { lastPoll: ago(1), lastDelivery: undefined, lagSeconds: undefined, behind: 0 },
      'ada@contoso.example can be read; last polled at 2026-11-30 11:59 UTC; no delivery noted yet.',
    ],
    [
      'of which a mail was delivered',
      { lastPoll: ago(1), lastDelivery: ago(61), lagSeconds: 14, behind: 2 },
      'ada@contoso.example can be read; last polled at 2026-11-30 11:59 UTC; last delivery at 2026-11-30 10:59 UTC, 14 s after its arrival; 2 mails wait.',
    ],
  ])('%s', (_, facts, sentence) => {
    expect(readable('ada@contoso.example', facts).en).toBe(sentence);
  });
});

describe('the clock of the instance', () => {
  it.each([
    ['agrees', 0, 'ok'],
    ['is a minute off', 60, 'ok'],
    ['is fast', 61, 'fail'],
    ['is slow', -301, 'fail'],
  ])('is judged where it %s', async (_, seconds, status) => {
    const found: Finding[] = [];
    const clock = { ...virtualClock(), now: () => now + seconds * 1000 };
    const store = memoryStore({ now: () => now });
    await clockCheck({ clock, store }).run((each) => found.push(each), new AbortController().signal, {
      ...{ isLimited: false, mailbox: () => true, destination: () => true },
    });
    expect(found).toMatchObject([{ status }]);
  });
});

describe('the queue', () => {
  it.each([
    ['is empty', { messages: 0, oldest: undefined, poison: 0 }, [[undefined, 'ok']]],
    ['has a message that has just come', { messages: 1, oldest: ago(1), poison: 0 }, [[undefined, 'ok']]],
    ['has one that nobody takes', { messages: 9, oldest: ago(6), poison: 0 }, [['work', 'fail']]],
    ['has given some up', { messages: 0, oldest: undefined, poison: 2 }, [['work-poison', 'warn']]],
    [
      'has both',
      { messages: 9, oldest: ago(60), poison: 2 },
      [
        ['work', 'fail'],
        ['work-poison', 'warn'],
      ],
    ],
  ])('is judged where it %s', (_, depth, expected) => {
    expect(told(judgeQueue(depth, now))).toEqual(expected);
  });
});

describe('the check of the queue', () => {
  const access = { isLimited: false, mailbox: () => true, destination: () => true };
  const depth = async () => ({ messages: 0, oldest: undefined, poison: 0 });

  it('fails where the queue can be read and not written', async () => {
    const tryWriting = () => Promise.reject(new BrokerError('storage_unreachable'));
    const check = queueCheck({ queue: { depth, tryWriting }, clock: virtualClock() });
    const found: Finding[] = [];
    const ended = check.run((each) => found.push(each), new AbortController().signal, access);
    await expect(ended).rejects.toMatchObject({ code: 'storage_unreachable' });
    expect(found).toEqual([]);
  });
});

describe('the redirect URI', () => {
  const uri = 'https://broker.example/api/oauth/callback';
  it('is unknown where Microsoft cannot be reached', async () => {
    const found: Finding[] = [];
    const probe = () => Promise.reject(new TypeError('fetch failed'));
    const parts = { probe, authorityHost: 'https://login.example', tenant: 't', clientId: 'c', redirectUri: uri };
    const access = { isLimited: false, mailbox: () => true, destination: () => true };
    await redirectUriCheck(parts).run((each) => found.push(each), new AbortController().signal, access);
    expect(found).toMatchObject([{ status: 'unknown', remedy: { en: 'See the network check.' } }]);
  });

  it.each([
    ['is registered where the refusal comes back to it', `${uri}?error=login_required&state=doctor`, '', 'ok'],
    ['is registered where it comes back in a fragment', `${uri}#error=login_required`, '', 'ok'],
    ['is unregistered where Microsoft says so', '', 'AADSTS50011: The redirect URI does not match.', 'fail'],
    ['is unknown where Microsoft shows something else', '', '<html>Sign in</html>', 'unknown'],
    ['is unknown where the browser is sent elsewhere', 'https://login.live.com/', '', 'unknown'],
    ['is unknown where the answer only begins like it', `${uri}2?error=login_required`, '', 'unknown'],
  ])('%s', (_, location, page, status) => {
    expect(judgeRedirect(uri, location, page).status).toBe(status);
  });
});

describe('the timers', () => {
  it.each([
    ['warn while housekeeping has never run', undefined, 'warn'],
    ['are well after a run', ago(6), 'ok'],
    ['fail after three missed runs', ago(16), 'fail'],
  ])('%s', (_, last, status) => {
    expect(judgeHousekeeping(last, now).status).toBe(status);
  });

  it.each([
    ['are well without a mailbox', [], 'ok'],
    ['are well while every shard is polled', [70, 200], 'ok'],
    ['fail where one shard is not', [70, 301], 'fail'],
    ['warn where one was never polled, which is so right after a first connect', [70, undefined], 'warn'],
    ['fail where one is late, whatever else was never polled', [undefined, 301], 'fail'],
  ])('%s', (_, ages, status) => {
    expect(judgePolling(ages, 60).status).toBe(status);
  });
});

describe('settings', () => {
  const look = async (inAzure: boolean, environment: Record<string, string>) => {
    const found: Finding[] = [];
    const access = { isLimited: false, mailbox: () => true, destination: () => true };
    await settingsCheck({ inAzure }, environment).run((each) => found.push(each), new AbortController().signal, access);
    return told(found);
  };
  it.each([
    [
      'hold on a machine of one’s own',
      false,
      { AzureWebJobsStorage: 'UseDevelopmentStorage=true' },
      [[undefined, 'ok']],
    ],
    ['hold in Azure without a connection string', true, { AzureWebJobsStorage: '' }, [[undefined, 'ok']]],
    ['fail with one', true, { AzureWebJobsStorage: 'AccountKey=x' }, [['AzureWebJobsStorage', 'fail']]],
    [
      'warn of App Service authentication',
      true,
      { WEBSITE_AUTH_ENABLED: 'True' },
      [['App Service authentication', 'warn']],
    ],
  ])('%s', async (_, inAzure, environment, expected) => {
    expect(await look(inAzure, environment)).toEqual(expected);
  });
});

describe('the tenant in which the credential is tried', () => {
  it.each([
    ['is the one tenant', '11111111-2222-4333-8444-555555555555', ['x'], '11111111-2222-4333-8444-555555555555'],
    ['is the first that is allowed', 'organizations', ['first', 'second'], 'first'],
    ['is none where all are', 'common', '*' as const, undefined],
  ])('%s', (_, tenant, allowed, expected) => {
    expect(tenantToTry(tenant, allowed)).toBe(expected);
  });
});
