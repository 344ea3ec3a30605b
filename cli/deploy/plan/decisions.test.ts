import { describe, expect, it } from 'vitest';
import { planCredential } from './credential.ts';
import { nearest } from './regions.ts';
import { allows } from './rights.ts';
import { addedSettings } from './settings.ts';
import { planVault, type VaultQuestion, type VaultWork } from './vault-work.ts';
import { isAtLeast } from './versions.ts';

describe('a version', () => {
  it.each([
    ['2.60.0', '2.60.0', true],
    ['2.59.9', '2.60.0', false],
    ['2.100.0', '2.60.0', true],
    ['4.0.6543-beta', '4.0.6543', true],
    ['5.0.0', '4.0.6543', true],
    ['4', '4.0.1', false],
    ['not a version', '2.60.0', false],
  ])('%s is at least %s: %s', (version, least, expected) => {
    expect(isAtLeast(version, least)).toBe(expected);
  });
});

describe('a right', () => {
  const write = 'Microsoft.Authorization/roleAssignments/write';
  // https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
  const owner = { actions: ['*'], notActions: [] };
  const contributor = {
    actions: ['*'],
    notActions: ['Microsoft.Authorization/*/Delete', 'Microsoft.Authorization/*/Write'],
  };
  const accessAdministrator = {
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
    notActions: [],
  };
  const reader = { actions: ['*/read'], notActions: [] };
  it.each([
    ['an owner', [owner], true],
    ['a contributor', [contributor], false],
    ['a contributor who also administers access', [contributor, accessAdministrator], true],
    ['a reader', [reader], false],
    ['nobody', [], false],
  ])('the right to assign roles is one of %s: %s', (_who, permissions, expected) => {
    expect(allows(permissions, write)).toBe(expected);
  });

  it('is not that of an action which only looks like it', () => {
    expect(allows([{ actions: ['Microsoft.Authorization/roleAssignments/w.*'], notActions: [] }], write)).toBe(false);
  });
});

describe('the nearest regions', () => {
  const places = [
    { name: 'West Europe', latitude: 52.4, longitude: 4.9 },
    { name: 'germanywestcentral', latitude: 50.1, longitude: 8.7 },
    { name: 'eastus', latitude: 37.4, longitude: -79.8 },
    { name: 'japaneast', latitude: 35.7, longitude: 139.8 },
    { name: 'westus', latitude: 37.8, longitude: -122.4 },
  ];
  it('are told by their distance over the globe, not over the map', () => {
    expect(nearest('germanywestcentral', ['eastus', 'japaneast', 'westeurope'], places, 2)).toEqual([
      'westeurope',
      'eastus',
    ]);
    expect(nearest('japaneast', ['eastus', 'westus'], places, 1)).toEqual(['westus']);
  });

  it('keep their order where the place is unknown, and unknown ones come last', () => {
    expect(nearest('atlantis', ['eastus', 'japaneast'], places, 1)).toEqual(['eastus']);
    expect(nearest('westeurope', ['nowhere', 'eastus'], places)).toEqual(['eastus', 'nowhere']);
  });
});

describe('how the app proves itself', () => {
  const [here, there] = ['tenant-a', 'tenant-b'];
  it.each([
    ['by the identity where nothing stands against it', {}, { credential: 'federated', homeTenant: here }],
    ['as it does now', { existing: 'secret' }, { credential: 'secret' }],
    ['as it is asked to', { existing: 'secret', wanted: 'federated' }, { credential: 'federated' }],
    [
      'by a secret where the mailboxes are elsewhere, registered over there',
      { mailboxTenant: there },
      { credential: 'secret', homeTenant: there },
    ],
    ['by a secret with personal accounts', { audience: 'personal' }, { credential: 'secret' }],
    [
      'by the identity elsewhere, through an application for several',
      { mailboxTenant: there, audience: 'several', wanted: 'federated' },
      { credential: 'federated', homeTenant: here },
    ],
    [
      'not by the identity elsewhere for one tenant',
      { mailboxTenant: there, wanted: 'federated' },
      { fault: expect.stringContaining('different tenants') },
    ],
    [
      'not by the identity with personal accounts',
      { audience: 'personal', wanted: 'federated' },
      { fault: expect.stringContaining('personal') },
    ],
    [
      'in one tenant however its id is written',
      { mailboxTenant: 'TENANT-A', wanted: 'federated' },
      { credential: 'federated' },
    ],
  ] as const)('%s', (_title, given, expected) => {
    const question = {
      wanted: undefined,
      existing: undefined,
      audience: 'single',
      identityTenant: here,
      mailboxTenant: here,
      ...given,
    } as const;
    expect(planCredential(question)).toMatchObject(expected);
  });
});

describe('settings that an admin added', () => {
  it('are all but those of the template, in any case, and those that are refused', () => {
    const settings = {
      poll_interval: '1',
      client_id: 'x',
      AZUREWEBJOBSSTORAGE: 'x',
      TABLES_CONNECTION_STRING: 'x',
      MINE: 'y',
    };
    expect(addedSettings(settings)).toEqual({ poll_interval: '1', MINE: 'y' });
  });
});

describe('what the vault needs', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  const days = (count: number) => now + count * 86_400_000;
  const secret = (name: string, more: object = {}) => ({ name, enabled: true, endsAt: undefined, tags: {}, ...more });
  const tagged = { tags: { 'key-id': 'k1', 'client-id': 'c' }, endsAt: days(100) };
  const usedBootstrap = secret('bootstrap-admin-key', { enabled: false, tags: { identity: 'i' } });
  const question: VaultQuestion = {
    secrets: [secret('broker-root'), secret('client-secret', tagged), usedBootstrap],
    credential: 'secret',
    clientSecretName: 'client-secret',
    clientId: 'c',
    applicationSecrets: [{ keyId: 'k1', displayName: 'd', endsAt: days(100) }],
    identity: 'i',
    hasAdminKey: true,
    newKey: false,
    now,
  };
  const nothing: VaultWork = { makeRoot: false, addClientSecret: false, makeBootstrap: false, disableBootstrap: false };
  const withSecret = (more: object) => ({
    secrets: [secret('broker-root'), secret('client-secret', more), usedBootstrap],
  });

  it.each<[string, Partial<VaultQuestion>, Partial<VaultWork>]>([
    ['nothing, where all is there', {}, {}],
    [
      'everything, the first time',
      { secrets: [], applicationSecrets: [], hasAdminKey: false },
      { makeRoot: true, addClientSecret: true, makeBootstrap: true },
    ],
    [
      'no client secret with the identity',
      { secrets: [secret('broker-root'), usedBootstrap], credential: 'federated' },
      {},
    ],
    ['a client secret in the last 30 days', withSecret({ ...tagged, endsAt: days(29) }), { addClientSecret: true }],
    ['none before that', withSecret({ ...tagged, endsAt: days(31) }), {}],
    ['one in place of a disabled one', withSecret({ ...tagged, enabled: false }), { addClientSecret: true }],
    ['one for another application', { clientId: 'other' }, { addClientSecret: true }],
    ['one in place of one that was removed from Entra', { applicationSecrets: [] }, { addClientSecret: true }],
    ['none where Entra cannot be read', { applicationSecrets: undefined }, {}],
    ['none where somebody wrote one by hand', { ...withSecret({}), applicationSecrets: [] }, {}],
    ['no bootstrap key where another machine made the first key', { hasAdminKey: false }, {}],
    [
      'a bootstrap key after the deployment was made anew',
      { hasAdminKey: false, identity: 'new' },
      { makeBootstrap: true },
    ],
    ['a bootstrap key where a new key is asked for', { newKey: true }, { makeBootstrap: true }],
    [
      'the bootstrap key disabled, where an earlier run did not come to it',
      { secrets: [secret('broker-root'), secret('client-secret', tagged), secret('bootstrap-admin-key')] },
      { disableBootstrap: true },
    ],
    [
      'a bootstrap key again, where an earlier run left one and no admin key',
      {
        secrets: [
          secret('broker-root'),
          secret('client-secret', tagged),
          secret('bootstrap-admin-key', { tags: { identity: 'i' } }),
        ],
        hasAdminKey: false,
      },
      { makeBootstrap: true },
    ],
  ])('is %s', (_title, given, expected) => {
    expect(planVault({ ...question, ...given })).toEqual({ ...nothing, ...expected });
  });

  it('asks for a disabled broker-root to be enabled and never replaces it', () => {
    const secrets = [secret('broker-root', { enabled: false })];
    expect(planVault({ ...question, secrets })).toMatchObject({ sentence: expect.stringContaining('disabled') });
  });
});
