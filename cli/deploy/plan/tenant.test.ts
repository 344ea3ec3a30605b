import { describe, expect, it } from 'vitest';
import { findMailboxTenant, personalTenant, planTenant } from './tenant.ts';

const mine = '22222222-2222-4222-8222-222222222222';
const other = '33333333-3333-4333-8333-333333333333';

describe('the tenant that holds the mailboxes', () => {
  it.each<[string, string | undefined, Record<string, string>, string, string]>([
    ['is the one that was asked for', other, { TENANT: mine }, other, 'option'],
    ['is the one that the app has, though the subscription is of another', undefined, { TENANT: other }, other, 'app'],
    ['is named by a domain, too', undefined, { TENANT: ' fabrikam.example ' }, 'fabrikam.example', 'app'],
    [
      'is the first that may sign in where the app is for several, and never that of personal accounts',
      undefined,
      { TENANT: 'common', ALLOWED_TENANTS: `${personalTenant}, ${other}` },
      other,
      'app',
    ],
    [
      "is the subscription's where the app lets everybody in",
      undefined,
      { TENANT: 'organizations', ALLOWED_TENANTS: '*' },
      mine,
      'subscription',
    ],
    ["is the subscription's the first time", undefined, {}, mine, 'subscription'],
  ])('%s', (_title, option, settings, tenant, saidBy) => {
    expect(findMailboxTenant(option, settings, mine)).toEqual({ tenant, saidBy });
  });
});

describe('TENANT and ALLOWED_TENANTS', () => {
  it.each<[string, Partial<Parameters<typeof planTenant>[0]>, string, string]>([
    ['are one tenant and nothing the first time', {}, mine, ''],
    [
      'of an app stay as they are',
      { settings: { TENANT: 'organizations', ALLOWED_TENANTS: `${mine}, ${other}` } },
      'organizations',
      `${mine},${other}`,
    ],
    [
      'keep consumers, which is narrower than common',
      { settings: { TENANT: 'consumers', ALLOWED_TENANTS: personalTenant } },
      'consumers',
      personalTenant,
    ],
    ['keep a list beside one tenant', { settings: { TENANT: mine, ALLOWED_TENANTS: other } }, mine, other],
    [
      'lose that list with the tenant it was made for',
      { settings: { TENANT: other, ALLOWED_TENANTS: other } },
      mine,
      '',
    ],
    ['become the id of a tenant that was named by its domain', { settings: { TENANT: 'contoso.example' } }, mine, ''],
    [
      'follow the audience that is asked for',
      { audience: 'several', settings: { TENANT: mine } },
      'organizations',
      mine,
    ],
    [
      'never let everybody in because a list is missing',
      { settings: { TENANT: 'common' } },
      'common',
      `${mine},${personalTenant}`,
    ],
    [
      'take the list that is asked for',
      { allowedTenants: '*', settings: { TENANT: 'organizations', ALLOWED_TENANTS: mine } },
      'organizations',
      '*',
    ],
  ])('%s', (_title, given, tenant, allowedTenants) => {
    const question = { audience: undefined, allowedTenants: undefined, mailboxTenant: mine, settings: {}, ...given };
    expect(planTenant(question)).toMatchObject({ tenant, allowedTenants });
  });
});
