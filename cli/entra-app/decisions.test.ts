import { describe, expect, it } from 'vitest';
import { type AdministratorQuestion, planAdministrator } from './administrator.ts';
import { credentialOf, planFederation } from './federation.ts';
import type { FederatedCredential } from './forms.ts';
import { paths } from './paths.ts';
import { type RightsQuestion, rightsOf } from './rights.ts';
import { secretInTheWay } from './secrets.ts';

const cloudApplicationAdministrator = '158c047a-c907-4556-b7ef-446551a6b5f7';
const applicationDeveloper = 'cf1c38e5-3621-4004-a7cb-879624dced7c';

describe('who may register and consent', () => {
  const nobody: RightsQuestion = { homeRoles: [], mailboxRoles: [], actions: [], usersMayRegister: false };
  it.each<[string, Partial<RightsQuestion>, boolean | undefined, boolean | undefined]>([
    ['nobody may without a role where users may not', {}, false, false],
    ['users may register where the tenant lets them', { usersMayRegister: true }, true, false],
    [
      'an Application Developer registers, and consents for nobody else',
      { homeRoles: [applicationDeveloper], mailboxRoles: [applicationDeveloper] },
      true,
      false,
    ],
    [
      'a Cloud Application Administrator may both',
      { homeRoles: [cloudApplicationAdministrator], mailboxRoles: [cloudApplicationAdministrator] },
      true,
      true,
    ],
    ["a role of the tenant's own may register", { actions: ['microsoft.directory/applications/create'] }, true, false],
    ['each in the tenant that it is for', { homeRoles: [cloudApplicationAdministrator] }, true, false],
    ['it is not known where the policy cannot be read', { usersMayRegister: undefined }, undefined, false],
    [
      'it is not known where the roles cannot be read',
      { homeRoles: undefined, mailboxRoles: undefined },
      undefined,
      undefined,
    ],
  ])('%s', (_what, given, mayRegister, mayConsent) => {
    const rights = rightsOf({ ...nobody, ...given });
    expect(rights).toMatchObject({ mayRegister, mayConsent });
    expect(rights.registerRoles[0]).toBe('Application Developer');
    expect(rights.consentRoles[0]).toBe('Cloud Application Administrator');
  });
});

describe('the role for the dashboard', () => {
  const question: AdministratorQuestion = { person: { id: 'ada', isGuest: false }, roleId: 'role', assignments: [] };
  const other = { principalId: 'bea', resourceId: 'app', appRoleId: 'other' };
  it.each<[string, Partial<AdministratorQuestion>, object]>([
    [
      'goes to whoever deploys where nobody has it',
      { assignments: [other] },
      { kind: 'assign', personId: 'ada', roleId: 'role' },
    ],
    [
      'goes to nobody else once somebody has it',
      { assignments: [{ ...other, appRoleId: 'role' }] },
      { kind: 'nothing' },
    ],
    ['is not given where nobody may look', { assignments: undefined }, { kind: 'nothing' }],
    ['is not given where there is none', { roleId: undefined }, { kind: 'nothing' }],
    [
      'is for members: a guest hears so',
      { person: { id: 'ada', isGuest: true } },
      { kind: 'nothing', note: expect.stringContaining('guest') },
    ],
    [
      'is for people: a service principal hears so',
      { person: undefined },
      { kind: 'nothing', note: expect.stringContaining('No one can open') },
    ],
  ])('%s', (_what, given, plan) => {
    expect(planAdministrator({ ...question, ...given })).toEqual(plan);
  });
});

describe('a federated credential', () => {
  const federation = { tenantId: 'T', principalId: 'P', name: 'mail-broker' };
  const wanted = credentialOf(federation);
  const others = (count: number): FederatedCredential[] =>
    Array.from({ length: count }, (_, place) => ({ ...wanted, name: `other-${place}`, subject: `other-${place}` }));
  const old = credentialOf({ ...federation, principalId: 'OLD' });

  it('is for the identity in its tenant, and for the exchange of tokens', () => {
    expect(wanted).toEqual({
      name: 'mail-broker-P',
      issuer: 'https://login.microsoftonline.com/T/v2.0',
      subject: 'P',
      audiences: ['api://AzureADTokenExchange'],
    });
  });

  it.each<[string, readonly FederatedCredential[], object]>([
    ['is added beside others', others(3), { kind: 'add', remove: [] }],
    ['is there under any name', [{ ...wanted, name: 'by hand' }], { kind: 'nothing' }],
    ['is compared letter by letter', [{ ...wanted, name: 'by hand', subject: 'p' }], { kind: 'add', remove: [] }],
    ['needs its audience', [{ ...wanted, audiences: ['api://other'] }], { kind: 'add', remove: [] }],
    [
      'takes the place of one for an identity that is gone',
      [...others(2), old],
      { kind: 'add', remove: ['mail-broker-OLD'] },
    ],
    [
      'leaves that of another app whose name begins the same',
      [credentialOf({ ...federation, name: 'mail-broker-2', principalId: 'Q' })],
      { kind: 'add', remove: [] },
    ],
    ['is the twentieth', others(19), { kind: 'add', remove: [] }],
    ['is not the twenty-first', others(20), { kind: 'full' }],
    [
      'has room where one for an identity that is gone is among twenty',
      [...others(19), old],
      { kind: 'add', remove: ['mail-broker-OLD'] },
    ],
  ])('%s', (_what, there, plan) => {
    expect(planFederation(there, federation)).toEqual(plan);
  });
});

describe('a client secret that has to go before another can come', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  const secret = (keyId: string, displayName: string, days: number) => ({
    keyId,
    displayName,
    endsAt: now + days * 86_400_000,
  });
  const personal = 'AzureADandPersonalMicrosoftAccount';
  it.each([
    [
      'is none where many are allowed',
      'AzureADMyOrg',
      [secret('a', 'mine 1', -9), secret('b', 'mine 2', 9)],
      undefined,
    ],
    ['is none where there is room', personal, [secret('a', 'mine 1', 9)], undefined],
    ['is one that has ended, whosever it is', personal, [secret('a', 'mine 1', 9), secret('b', 'crm', -1)], 'b'],
    [
      'is not the only one of ours, which is in use',
      personal,
      [secret('a', 'mine 1', 9), secret('b', 'crm', 90)],
      'full',
    ],
    ['is the older of two of ours', personal, [secret('b', 'mine 2', 90), secret('a', 'mine 1', 9)], 'a'],
    ["is never somebody else's that is good", personal, [secret('a', 'crm', 9), secret('b', 'erp', 9)], 'full'],
    [
      'is not one whose name only begins alike',
      personal,
      [secret('a', 'mine-too 1', 9), secret('b', 'erp', 9)],
      'full',
    ],
  ])('%s', (_what, audience, there, keyId) => {
    expect(secretInTheWay(there, { displayName: 'mine 3', audience, now })).toBe(keyId);
  });
});

describe('an id that somebody put into a tag', () => {
  it.each(["x')/../me", '../applications', '', 'a'.repeat(40), '00000000-0000-0000-0000-00000000000g'])(
    'is refused: %j',
    (id) => {
      for (const path of [paths.application, paths.principal, paths.addPassword, paths.grantsOf]) {
        expect(() => path(id)).toThrow('is no id of an application');
      }
    },
  );

  it('is a GUID, or what a what-if run has in its place', () => {
    expect(paths.application('0000000A-0000-4000-8000-000000000001')).toContain('0000000A');
    expect(paths.application('<client id>')).toContain('<client id>');
  });
});
