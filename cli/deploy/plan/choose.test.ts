import { describe, expect, it } from 'vitest';
import { plainOptions } from '../../../test/support/azure/plain-options.ts';
import type { DeployOptions } from '../options.ts';
import { type ChoiceFacts, type Choices, choose } from './choose.ts';
import { type Existing, nothingExists } from './existing.ts';
import { asArguments, asFile, mainParameters } from './parameters.ts';
import { personalTenant } from './tenant.ts';

const tenant = '22222222-2222-4222-8222-222222222222';
const other = '33333333-3333-4333-8333-333333333333';
const client = '44444444-4444-4444-8444-444444444444';

// As someone types it.
const options: DeployOptions = { ...plainOptions, location: 'West Europe' };

const there: Existing = {
  group: { location: 'westeurope', tags: { 'mail-broker-client-id': client, 'azd-env-name': 'prod' } },
  app: {
    name: 'mail-contoso',
    location: 'West Europe',
    hostName: 'mail-contoso.azurewebsites.net',
    memoryMb: 2048,
    maximumInstances: 100,
    hasNetwork: true,
    tags: { 'azd-service-name': 'api', costCentre: '7' },
  },
  settings: {
    KEY_VAULT_URL: 'https://kv-mine.vault.azure.net/',
    AzureWebJobsStorage__blobServiceUri: 'https://stmine.blob.core.windows.net/',
    TABLES_URL: 'https://tbmine.table.core.windows.net',
    PUBLIC_URL: 'https://mail.contoso.example',
    CLIENT_ID: client,
    TENANT: 'organizations',
    ALLOWED_TENANTS: `${tenant},${other}`,
    CREDENTIAL_MODE: 'secret',
    CLIENT_SECRET_NAME: 'entra-secret',
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1000000',
    POLL_INTERVAL: '30',
  },
  vault: { purgeProtection: true, isPrivate: true },
  identityPrincipalId: 'i',
  alertEmail: 'ops@contoso.example',
  budget: { amount: 50, start: '2026-08-01' },
  workspace: { dailyCapGb: 0.5 },
  networkPrefix: '10.9.0.0/24',
};

const facts = (existing: Existing): ChoiceFacts => ({
  subscription: 'sub',
  mailboxTenant: tenant,
  existing,
  now: Date.parse('2026-11-20T12:00:00Z'),
});

function chosen(given: Partial<DeployOptions>, existing: Existing): Choices {
  const found = choose({ ...options, ...given }, facts(existing));
  if ('faults' in found) throw new Error(found.faults.join(' '));
  return found;
}
const faults = (given: Partial<DeployOptions>, existing: Existing): string => {
  const found = choose({ ...options, ...given }, facts(existing));
  return 'faults' in found ? found.faults.join(' ') : '';
};

describe('choices', () => {
  it('are the defaults the first time', () => {
    expect(chosen({}, nothingExists)).toMatchObject({
      location: 'westeurope',
      memoryMb: 512,
      maximumInstances: 40,
      network: 'none',
      separateTables: false,
      purgeProtection: true,
      alertEmail: '',
      budget: 0,
      budgetStart: '',
      dailyCapGb: 2,
      audience: 'single',
      tenantSetting: tenant,
      allowedTenants: '',
      clientId: undefined,
      isForeign: false,
    });
  });

  it('are what is there where nothing else is asked for', () => {
    expect(chosen({ location: undefined }, there)).toMatchObject({
      names: { app: 'mail-contoso', vault: 'kv-mine', storage: 'stmine', tables: 'tbmine' },
      memoryMb: 2048,
      maximumInstances: 100,
      network: 'private',
      networkPrefix: '10.9.0.0/24',
      separateTables: true,
      alertEmail: 'ops@contoso.example',
      budget: 50,
      budgetStart: '2026-08-01',
      dailyCapGb: 0.5,
      publicUrl: 'https://mail.contoso.example',
      requestBodyLimitBytes: 1_000_000,
      clientSecretName: 'entra-secret',
      audience: 'several',
      tenantSetting: 'organizations',
      allowedTenants: `${tenant},${other}`,
      credential: 'secret',
      clientId: client,
      isForeign: false,
      addedSettings: { POLL_INTERVAL: '30' },
      tags: { costCentre: '7', application: 'nocobase-mail-broker' },
      azdEnvironment: 'prod',
    });
  });

  it('are the options where those say another thing', () => {
    const given = {
      memoryMb: 512,
      network: 'none',
      budget: 70,
      alertEmail: 'new@contoso.example',
      credential: 'federated',
    } as const;
    expect(chosen(given, there)).toMatchObject({ ...given, budgetStart: '2026-08-01' });
  });

  it.each<[string, Partial<DeployOptions>, string | undefined, readonly string[]]>([
    ['are none', {}, undefined, []],
    [
      'are those for sending, where that is asked for',
      { sendsByGraph: true },
      undefined,
      ['Mail.Send', 'Mail.Send.Shared'],
    ],
    ['stay as an admin has set them', {}, 'mail.readwrite, Mail.Send', ['Mail.Send', 'Mail.ReadWrite']],
    ['are that for notifications, where they are asked for', { isAnnounced: true }, undefined, ['Mail.ReadBasic']],
    [
      'are both, where both are asked for',
      { sendsByGraph: true, isAnnounced: true },
      undefined,
      ['Mail.Send', 'Mail.Send.Shared', 'Mail.ReadBasic'],
    ],
    [
      'get that for notifications beside what an admin has set',
      { isAnnounced: true },
      'Mail.Send',
      ['Mail.Send', 'Mail.ReadBasic'],
    ],
    ['have that for notifications once', { isAnnounced: true }, 'Mail.ReadBasic', ['Mail.ReadBasic']],
    ['stay so, though sending is asked for again', { sendsByGraph: true }, 'Mail.Send', ['Mail.Send']],
  ])('the Graph permissions %s, and the setting says the same', (_what, given, now, permissions) => {
    const settings = { ...there.settings, ...(now === undefined ? {} : { GRAPH_PERMISSIONS: now }) };
    const found = chosen(given, { ...there, settings });
    expect(found.graphPermissions).toEqual(permissions);
    expect(found.addedSettings.GRAPH_PERMISSIONS).toBe(permissions.length === 0 ? undefined : permissions.join(', '));
  });

  it('begin a new budget with the month, and keep the start of one that is there', () => {
    expect(chosen({ budget: 5 }, nothingExists).budgetStart).toBe('2026-11-01');
    expect(chosen({ budget: 5 }, there).budgetStart).toBe('2026-08-01');
  });

  it.each([
    ['single', tenant, ''],
    ['several', 'organizations', tenant],
    ['personal', 'common', `${tenant},${personalTenant}`],
  ] as const)('an audience of %s sets TENANT to %s', (audience, tenantSetting, allowedTenants) => {
    expect(chosen({ audience }, nothingExists)).toMatchObject({ tenantSetting, allowedTenants });
  });

  it('take an app that does not say how it proves itself for one with a client secret, as the app itself does', () => {
    const { CREDENTIAL_MODE: _none, ...settings } = there.settings;
    expect(chosen({}, { ...there, settings }).credential).toBe('secret');
    expect(chosen({}, { ...there, settings: { ...settings, CREDENTIAL_MODE: ' federated' } }).credential).toBe(
      'federated',
    );
    // The deploy that made the app ended before it gave it settings.
    expect(chosen({}, { ...there, settings: {} }).credential).toBeUndefined();
  });

  it('take an application of --client-id for somebody else’s, unless a tag of ours knows it', () => {
    expect(chosen({ clientId: other }, there).isForeign).toBe(true);
    expect(chosen({ clientId: client }, there).isForeign).toBe(false);
    expect(chosen({ clientId: client }, nothingExists).isForeign).toBe(true);
  });

  it.each<[string, Partial<DeployOptions>, Existing, RegExp]>([
    ['no region', { location: undefined }, nothingExists, /in which region/],
    ['another region for an app that is there', { location: 'eastus' }, there, /an app cannot move/],
    ['another app in the same group', { name: 'mail-fabrikam' }, there, /holds the app mail-contoso/],
    ['purge protection taken away', { purgeProtection: false }, there, /cannot be turned off/],
  ])('are refused with a sentence: %s', (_title, given, existing, says) => {
    expect(faults(given, existing)).toMatch(says);
  });
});

describe('parameters of the template', () => {
  const parameters = mainParameters({
    choices: chosen({}, there),
    clientId: client,
    credential: 'secret',
    recoverVault: false,
  });

  it('go to az as a file of parameters', () => {
    expect(JSON.parse(asFile(parameters))).toMatchObject({
      dailyCapGb: { value: '0.5' },
      extraAppSettings: { value: { POLL_INTERVAL: '30' } },
      separateTables: { value: true },
      azdEnvironment: { value: 'prod' },
    });
  });

  it('are told without the values of what an admin added', () => {
    const told = asArguments(parameters);
    expect(told).toContain('extraAppSettings={"POLL_INTERVAL":"<as it is>"}');
    expect(told).toContain('budgetStart=2026-08-01');
  });
});
