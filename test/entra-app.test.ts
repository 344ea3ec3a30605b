import { afterEach, describe, expect, it } from 'vitest';
import type { WantedApplication } from '../cli/entra-app/interface.ts';
import { permissions, services } from '../cli/entra-app/permissions.ts';
import { adminRole } from '../src/lib/domain/admin-role.ts';
import { EntraWorld, type Loss } from './support/azure/entra-world.ts';
import { exchangeService, graphService } from './support/azure/services.ts';

// The Entra application against a model of Microsoft Graph: objects, rights, and a directory in which what is new is known
// late.

const otherTenant = '33333333-3333-4333-8333-333333333333';
let world = new EntraWorld();
const fresh = () => {
  world = new EntraWorld();
  return world;
};
// In every test, only requests that Graph knows are made.
afterEach(() => expect(world.model.unknown).toEqual([]));

const essence = ({ model }: EntraWorld): string =>
  JSON.stringify(model.directory.state(), null, 1).replace(/aaaaaaaa-0000-4000-8000-\d{12}/g, 'ID');

const least = {
  'Office 365 Exchange Online': ['IMAP.AccessAsUser.All', 'SMTP.Send'],
  'Microsoft Graph': ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
};

async function whole(more: Partial<WantedApplication> = {}) {
  const { app, wanted, ...at } = { app: fresh().app(), wanted: world.wanted(more) };
  const state = await app.ensure(wanted);
  return { state, calls: world.calls, essence: essence(world), ...at };
}

describe('from nothing', () => {
  it('registers the application, adds it to the tenant, gives its role to the person who deploys, and consents for everyone', async () => {
    const { state } = await whole();
    const { application, model } = world;
    expect(state).toMatchObject({
      clientId: application.clientId,
      objectId: application.objectId,
      consent: { state: 'granted' },
      differs: [],
      notes: [],
    });
    expect(application.body).toMatchObject({
      displayName: 'Mail broker',
      signInAudience: 'AzureADMyOrg',
      api: { requestedAccessTokenVersion: 2 },
      web: { redirectUris: ['https://mail.example/api/oauth/callback', 'https://mail.example/api/dashboard/callback'] },
    });
    expect(model.directory.consented(application.clientId)).toEqual(least);
    const principal = model.directory.principal(world.tenant, application.clientId);
    expect(principal).toMatchObject({
      id: state.servicePrincipalId,
      appRoleAssignmentRequired: false,
      tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
    });
    expect([...model.directory.assignments.values()]).toMatchObject([
      { principalId: model.caller.objectId, resourceId: principal?.id, appRoleId: adminRole.id },
    ]);
  });

  it('asks for and consents to more where that is wanted', async () => {
    await whole({ graphPermissions: ['Mail.Send', 'Mail.Send.Shared', 'Mail.ReadWrite'], opensByItself: true });
    expect(world.model.directory.consented(world.application.clientId)).toEqual({
      'Office 365 Exchange Online': [...least['Office 365 Exchange Online'], 'IMAP.AccessAsApp', 'SMTP.SendAsApp'],
      'Microsoft Graph': [...least['Microsoft Graph'], 'Mail.Send', 'Mail.Send.Shared', 'Mail.ReadWrite'],
    });
  });

  it('consents to nothing where that is not wanted', async () => {
    const { state } = await whole({ consent: 'none' });
    expect(state.consent).toEqual({ state: 'not_wanted' });
    expect(world.model.directory.grants.size).toBe(0);
  });

  it.each([
    ['several', 'AzureADMultipleOrgs'],
    ['personal', 'AzureADandPersonalMicrosoftAccount'],
  ] as const)('makes an application for the audience %s', async (audience, signInAudience) => {
    await whole({ audience });
    expect(world.application.body).toMatchObject({ signInAudience });
  });

  it.each(["O'Brien’s ‘mail’", '$(reboot) `x` "quoted"', '../../me', '邮件 😀'])(
    'takes the display name %j as a name',
    async (displayName) => {
      await whole({ displayName });
      expect(world.application.body.displayName).toBe(displayName);
    },
  );

  it.each([0, 1_000, 20_000, 5 * 60_000])(
    'waits while what it made is known everywhere after %i ms only',
    async (directoryDelayMs) => {
      const plain = await whole();
      fresh().model.directory.behaviour.directoryDelayMs = directoryDelayMs;
      const state = await world.app().ensure(world.wanted());
      expect(state).toMatchObject({ consent: { state: 'granted' }, differs: [], notes: [] });
      expect(essence(world)).toBe(plain.essence);
      expect(world.reports.some((line) => line.startsWith('Waiting until Entra'))).toBe(directoryDelayMs > 0);
    },
  );

  it('says so where it does not spread in ten minutes, and continues in the next run', async () => {
    fresh().model.directory.behaviour.directoryDelayMs = 3_600_000;
    await expect(world.app().ensure(world.wanted())).rejects.toMatchObject({ code: 'still_spreading' });
    world.clock.advance(3_600_000);
    world.model.directory.behaviour.directoryDelayMs = 0;
    expect(await world.app().ensure(world.wanted())).toMatchObject({ consent: { state: 'granted' } });
    expect(world.application.uniqueName).toBe('mail-broker-abcdefghijklm');
  });
});

describe('a second run', () => {
  it.each([0, 31])('changes nothing after %i days, and finds no difference', async (days) => {
    const { state, essence: before } = await whole({ opensByItself: true });
    world.clock.advance(60_000 + days * 86_400_000);
    const wanted = world.wanted({ clientId: state.clientId, opensByItself: true });
    const writes = await world.writesOf(async () => {
      expect(await world.app().look(wanted)).toEqual(state);
      expect(await world.app().ensure(wanted)).toEqual(state);
    });
    expect(writes).toEqual([]);
    expect(essence(world)).toBe(before);
  });

  it('finds the application by its unique name without the client id', async () => {
    const { state } = await whole();
    world.clock.advance(60_000);
    expect(await world.writesOf(() => world.app().ensure(world.wanted()))).toEqual([]);
    expect((await world.app().look(world.wanted()))?.clientId).toBe(state.clientId);
  });

  it('takes no application of the same display name for its own', async () => {
    const { directory, newId } = fresh().model;
    const other = directory.put({
      clientId: newId.call(world.model),
      tenant: world.tenant,
      body: { displayName: 'Mail broker', web: { redirectUris: ['https://crm.example/cb'] } },
    });
    const before = JSON.stringify(other.body);
    const { clientId } = await world.app().ensure(world.wanted());
    expect(clientId).not.toBe(other.clientId);
    expect(JSON.stringify(other.body)).toBe(before);
  });
});

const ways: readonly Omit<Loss, 'call'>[] = [
  { when: 'before', how: 'once' },
  { when: 'after', how: 'once' },
  { when: 'before', how: 'dies' },
  { when: 'after', how: 'dies' },
];

describe('a call that is lost', async () => {
  const uninterrupted = await whole({ opensByItself: true });
  const cases = Array.from({ length: uninterrupted.calls }, (_, call) => ways.map((way) => ({ call, ...way }))).flat();

  it('can be each of them', () => {
    expect(uninterrupted.calls).toBeGreaterThan(15);
  });

  it.each(cases)('number $call, $when it acted ($how), comes to the same', async (loss) => {
    fresh();
    const wanted = world.wanted({ opensByItself: true });
    const first = await world
      .app({ loss })
      .ensure(wanted)
      .catch(() => undefined);
    // A broken connection is met within the run.
    if (loss.how === 'once') expect(first).toMatchObject({ consent: { state: 'granted' }, differs: [] });
    else expect(first).toBeUndefined();
    const second = await world.app().ensure(wanted);
    expect(second).toMatchObject({ consent: { state: 'granted' }, differs: [] });
    expect(essence(world)).toBe(uninterrupted.essence);
  });
});

describe('an application that is there', () => {
  const there = () => {
    const { model } = fresh();
    const application = model.directory.put({
      clientId: model.newId(),
      tenant: world.tenant,
      body: {
        signInAudience: 'AzureADMultipleOrgs',
        web: { redirectUris: ['https://old.example/cb'], logoutUrl: 'https://old.example/out' },
        api: { requestedAccessTokenVersion: null, oauth2PermissionScopes: [{ value: 'mine' }] },
        appRoles: [
          { id: model.newId(), value: 'Reader', isEnabled: true, allowedMemberTypes: ['User'], displayName: 'Reader' },
        ],
        requiredResourceAccess: [
          {
            resourceAppId: services.exchange.appId,
            resourceAccess: [{ id: '3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5', type: 'Scope' }],
          },
        ],
      },
    });
    const principal = model.directory.putPrincipal(application.clientId, world.tenant);
    const shown = { scope: undefined, until: 0 };
    model.directory.grants.set('old', {
      ...{ id: 'old', clientId: principal.id, resourceId: exchangeService.id, consentType: 'AllPrincipals', shown },
      scope: 'EWS.AccessAsUser.All',
    });
    return { model, application, principal, clientId: application.clientId };
  };

  it('keeps its other redirect URIs, roles, permissions and scopes', async () => {
    const { model, application, clientId } = there();
    await world.app().ensure(world.wanted({ clientId }));
    expect(application.body).toMatchObject({
      displayName: 'By hand',
      signInAudience: 'AzureADMyOrg',
      web: {
        redirectUris: [
          'https://old.example/cb',
          'https://mail.example/api/oauth/callback',
          'https://mail.example/api/dashboard/callback',
        ],
        logoutUrl: 'https://old.example/out',
      },
      api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [{ value: 'mine' }] },
      appRoles: [{ value: 'Reader', displayName: 'Reader' }, { value: 'Broker.Admin' }],
    });
    expect(JSON.stringify(application.body.requiredResourceAccess)).toContain('3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5');
    expect(model.directory.consented(clientId)['Office 365 Exchange Online']).toEqual([
      'EWS.AccessAsUser.All',
      'IMAP.AccessAsUser.All',
      'SMTP.Send',
    ]);
    expect(model.directory.grants.size).toBe(2);
  });

  it('gets its consent beside one that another replica does not show yet: what was given is read back', async () => {
    const { model, clientId } = there();
    const old = model.directory.grants.get('old');
    Object.assign(old ?? {}, { shown: { scope: undefined, until: world.clock.now() + 5 * 60_000 } });
    const state = await world.app().ensure(world.wanted({ clientId }));
    expect(state.consent).toEqual({ state: 'granted' });
    expect(old?.scope).toBe('EWS.AccessAsUser.All IMAP.AccessAsUser.All SMTP.Send');
  });

  it('says so where consent is accepted and never shown', async () => {
    const { model, clientId } = there();
    model.directory.behaviour.directoryDelayMs = 3_600_000;
    Object.assign([...model.directory.applications.values()][0] ?? {}, { madeAt: -3_600_000, rolesAt: -3_600_000 });
    const state = await world.app().ensure(world.wanted({ clientId }));
    expect(state.consent).toMatchObject({
      state: 'missing',
      sentence: { en: expect.stringContaining('does not show everywhere yet') },
    });
  });

  it('is looked at first, and each difference is a sentence', async () => {
    const { clientId } = there();
    const writes = await world.writesOf(async () => {
      expect(await world.app().look(world.wanted({ clientId }))).toMatchObject({
        consent: { state: 'missing' },
        differs: [
          { en: expect.stringContaining('AzureADMultipleOrgs'), zh: expect.stringMatching(/\p{Script=Han}/u) },
          { en: expect.stringContaining('version 2'), zh: expect.stringMatching(/\p{Script=Han}/u) },
          { en: expect.stringContaining('redirect URIs'), zh: expect.stringMatching(/\p{Script=Han}/u) },
          {
            en: expect.stringContaining('does not ask for IMAP.AccessAsUser.All'),
            zh: expect.stringMatching(/\p{Script=Han}/u),
          },
          { en: expect.stringContaining('role Broker.Admin is missing'), zh: expect.stringMatching(/\p{Script=Han}/u) },
        ],
      });
    });
    expect(writes).toEqual([]);
  });

  it('an application of another owner is extended without changing its audience', async () => {
    const { application, clientId } = there();
    const state = await world.app().ensure(world.wanted({ clientId, foreign: true }));
    expect(state.differs.map(({ en }) => en)).toEqual(['It is for AzureADMultipleOrgs, and not for AzureADMyOrg.']);
    expect(application.body.signInAudience).toBe('AzureADMultipleOrgs');
    expect(state.consent).toEqual({ state: 'granted' });
  });

  it('is reported if this person may not change it, and everything else continues', async () => {
    const { model, application, clientId } = there();
    model.directory.behaviour.directoryRoles = [];
    const before = JSON.stringify(application.body);
    const state = await world.app().ensure(world.wanted({ clientId }));
    expect(state.differs).toHaveLength(5);
    expect(state.consent).toMatchObject({ state: 'missing' });
    expect(JSON.stringify(application.body)).toBe(before);
  });

  it('keeps what it says about assignment, and this is told', async () => {
    const { principal, clientId } = there();
    principal.appRoleAssignmentRequired = true;
    const state = await world.app().ensure(world.wanted({ clientId }));
    expect(state.notes).toEqual([expect.stringContaining('AADSTS50105')]);
    expect(principal.appRoleAssignmentRequired).toBe(true);
  });

  it('gives its role to no one else once it is assigned', async () => {
    const { model, application, principal, clientId } = there();
    application.body.appRoles = [
      { id: adminRole.id, value: 'Broker.Admin', isEnabled: true, allowedMemberTypes: ['User'] },
    ];
    model.directory.assignments.set('bea', {
      id: 'bea',
      principalId: 'bea',
      resourceId: principal.id,
      appRoleId: adminRole.id,
      shownFrom: 0,
    });
    await world.app().ensure(world.wanted({ clientId }));
    expect([...model.directory.assignments.keys()]).toEqual(['bea']);
  });

  it('loses ids of Graph under Exchange, which make consent impossible', async () => {
    const { application, clientId } = there();
    const ofGraph = graphService.oauth2PermissionScopes.find(({ value }) => value === 'IMAP.AccessAsUser.All')?.id;
    application.body.requiredResourceAccess = [
      { resourceAppId: services.exchange.appId, resourceAccess: [{ id: ofGraph, type: 'Scope' }] },
    ];
    await world.app().ensure(world.wanted({ clientId }));
    expect(JSON.stringify(application.body.requiredResourceAccess)).not.toContain(ofGraph);
  });
});

describe('an id that names none', () => {
  const clientId = '44444444-4444-4444-8444-444444444444';

  it('is not checked if another owner has it', async () => {
    expect(
      await fresh()
        .app()
        .look(world.wanted({ clientId, foreign: true })),
    ).toBeUndefined();
  });

  it('the id of a deleted application leads to a new one', async () => {
    expect(await fresh().app().look(world.wanted({ clientId }))).toBeUndefined();
    expect((await world.app().ensure(world.wanted({ clientId }))).clientId).toBe(world.application.clientId);
  });

  it.each(["x') or true", '../users', ''])('is refused before any request if it is not an id: %j', async (hostile) => {
    await expect(
      fresh()
        .app()
        .look(world.wanted({ clientId: hostile })),
    ).rejects.toMatchObject({ code: 'bad_client_id' });
    expect(world.calls).toBe(0);
  });
});

describe('after the application was removed', () => {
  it('a new one is registered under another unique name, for the old one keeps its own', async () => {
    const { state } = await whole();
    world.clock.advance(60_000);
    await world.app().remove(state.clientId);
    expect([world.model.applications.size, world.model.directory.principals.size]).toEqual([0, 0]);
    const again = await world.app().ensure(world.wanted());
    expect(world.application.uniqueName).toBe('mail-broker-abcdefghijklm-2');
    expect(again.clientId).not.toBe(state.clientId);
    expect(world.reports.join()).toContain('keeps its name for 30 days');
  });

  it('the same process that dies after making it finds it again', async () => {
    const { state } = await whole();
    world.clock.advance(60_000);
    await world.app().remove(state.clientId);
    // The first PATCH that makes an application: its answer never comes.
    for (let call = 0; world.model.applications.size === 0 && call < 40; call += 1) {
      await world
        .app({ loss: { call, when: 'after', how: 'dies' } })
        .ensure(world.wanted())
        .catch(() => undefined);
    }
    expect(await world.app().ensure(world.wanted())).toMatchObject({ consent: { state: 'granted' } });
    expect(world.model.applications.size).toBe(1);
  });

  it('nine times in a month, it says what to do', async () => {
    fresh();
    for (let count = 0; count < 9; count += 1) {
      const { clientId } = await world.app().ensure(world.wanted());
      world.clock.advance(60_000);
      await world.app().remove(clientId);
    }
    await expect(world.app().ensure(world.wanted())).rejects.toMatchObject({ code: 'application_names_taken' });
  });

  it.each([0, 1, 2].flatMap((call) => (['before', 'after'] as const).map((when) => ({ call, when }))))(
    'it is gone though call $call is lost $when it acted',
    async ({ call, when }) => {
      const { state } = await whole();
      world.clock.advance(60_000);
      await world.app({ loss: { call, when, how: 'once' } }).remove(state.clientId);
      expect([world.model.applications.size, world.model.directory.principals.size]).toEqual([0, 0]);
    },
  );

  it('it is removed twice without harm', async () => {
    const { state } = await whole();
    world.clock.advance(60_000);
    await world.app().remove(state.clientId);
    expect(await world.writesOf(() => world.app().remove(state.clientId))).toEqual([]);
  });
});

describe('without the right', () => {
  it('a run without the right to register is refused and creates nothing', async () => {
    Object.assign(fresh().model.directory.behaviour, { directoryRoles: [], usersMayRegister: false });
    await expect(world.app().ensure(world.wanted())).rejects.toMatchObject({ code: 'forbidden' });
    expect(world.model.writes).toEqual([]);
  });

  it('a run without the right to consent does all else, and names the required roles', async () => {
    fresh().model.directory.behaviour.directoryRoles = [];
    const state = await world.app().ensure(world.wanted());
    expect(state).toMatchObject({
      servicePrincipalId: expect.any(String),
      differs: [],
      notes: [],
      consent: {
        state: 'missing',
        sentence: { en: expect.stringContaining(world.tenant) },
        roles: expect.arrayContaining(['Cloud Application Administrator']),
      },
    });
    expect(world.model.directory.grants.size).toBe(0);
    // The person who registered it owns it, and may assign its role.
    expect(world.model.directory.assignments.size).toBe(1);
  });

  it('the consent link adds the app to the tenant for a person who may not', async () => {
    Object.assign(fresh().model.directory.behaviour, { directoryRoles: [], ownersMakePrincipals: false });
    const state = await world.app().ensure(world.wanted());
    expect(state).toMatchObject({
      servicePrincipalId: undefined,
      consent: { state: 'missing' },
      differs: [{ en: expect.stringContaining('consenting adds it') }],
    });
  });

  it('a guest who may not read the directory registers with the known ids, and leaves consent to someone else', async () => {
    const { model } = fresh();
    model.behaviour.isGuest = true;
    model.directory.behaviour.directoryRoles = [];
    const state = await world.app().ensure(world.wanted());
    expect(JSON.stringify(world.application.body.requiredResourceAccess)).toContain(
      '195adc35-e27b-454b-a7ed-1ecdffa1c09f',
    );
    expect(state.consent).toMatchObject({
      state: 'missing',
      sentence: { en: expect.stringContaining('may not see the service') },
    });
    expect(state.notes.join()).toContain('guest');
    expect(await world.app().look(world.wanted({ clientId: state.clientId }))).toMatchObject({
      clientId: state.clientId,
    });
  });

  it('a run that may not read the registration of another owner checks what is in the tenant', async () => {
    const { model } = fresh();
    model.behaviour.isGuest = true;
    const { clientId } = model.directory.put({ clientId: model.newId(), tenant: world.tenant });
    const state = await world.app().look(world.wanted({ clientId, foreign: true }));
    expect(state).toMatchObject({
      clientId,
      objectId: undefined,
      notes: [expect.stringContaining('may not read the registration')],
    });
  });

  it('a service principal registers and consents, and says that no one has the role', async () => {
    fresh().model.caller = { ...world.model.caller, principalType: 'servicePrincipal' };
    const state = await world.app().ensure(world.wanted());
    expect(state).toMatchObject({
      consent: { state: 'granted' },
      notes: [expect.stringContaining('No one can open the dashboard')],
    });
  });
});

describe('mailboxes in another tenant', () => {
  const apart = () => {
    fresh().model.behaviour.tenants = [
      { id: world.tenant, domain: 'agency.example', name: 'Agency', hasExchange: false },
      { id: otherTenant, domain: 'fabrikam.example', name: 'Fabrikam', hasExchange: true },
    ];
    return world.wanted({ mailboxTenant: otherTenant, audience: 'several' });
  };

  it('have the principal, the role and the consent over there, and the registration here', async () => {
    const wanted = apart();
    const state = await world.app({ wanted }).ensure(wanted);
    expect(state).toMatchObject({ consent: { state: 'granted' }, differs: [] });
    expect(world.application.tenant).toBe(world.tenant);
    expect(world.model.directory.principal(otherTenant, state.clientId)).toBeDefined();
    world.clock.advance(60_000);
    expect(await world.writesOf(() => world.app({ wanted }).ensure({ ...wanted, clientId: state.clientId }))).toEqual(
      [],
    );
    await world.app({ wanted }).remove(state.clientId);
    expect(world.model.directory.principals.size).toBe(0);
  });

  it('mailboxes in a tenant without a role there are not waited for', async () => {
    const wanted = apart();
    world.model.directory.behaviour.directoryRoles = [];
    const before = world.clock.now();
    const state = await world.app({ wanted }).ensure(wanted);
    expect(state).toMatchObject({ servicePrincipalId: undefined, consent: { state: 'missing' } });
    expect(world.clock.now() - before).toBeLessThan(60_000);
  });

  it('a person without a role there loses the principal when the application is deleted', async () => {
    const wanted = apart();
    const { clientId } = await world.app({ wanted }).ensure(wanted);
    world.clock.advance(60_000);
    world.application.owners.add(world.model.caller.objectId);
    world.model.directory.behaviour.directoryRoles = [];
    await world.app({ wanted }).remove(clientId);
    expect([world.model.applications.size, world.model.directory.principals.size]).toEqual([0, 1]);
  });

  it("find another owner's application by its principal alone", async () => {
    const { model } = fresh();
    const { clientId } = model.directory.put({
      clientId: model.newId(),
      tenant: otherTenant,
      body: { signInAudience: 'AzureADMultipleOrgs' },
    });
    model.directory.putPrincipal(clientId, world.tenant);
    const wanted = world.wanted({ clientId, foreign: true });
    const state = await world.app().ensure(wanted);
    expect(state).toMatchObject({
      clientId,
      objectId: undefined,
      consent: { state: 'granted' },
      notes: [expect.stringContaining('another tenant')],
    });
    world.clock.advance(60_000);
    expect(await world.app().look(wanted)).toMatchObject({ consent: { state: 'granted' }, differs: [] });
  });

  it('need Exchange in the tenant: without it consent cannot be complete', async () => {
    fresh().model.behaviour.tenants = [
      { id: world.tenant, domain: 'agency.example', name: 'Agency', hasExchange: false },
    ];
    const state = await world.app().ensure(world.wanted());
    expect(state.consent).toMatchObject({
      state: 'missing',
      sentence: { en: expect.stringContaining('has no service Office 365 Exchange Online') },
    });
  });
});

describe('a what-if run', () => {
  const withoutIds = (lines: readonly string[]) =>
    lines.map((line) =>
      line
        .replaceAll("'", '')
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|<[^>]+>/g, 'ID'),
    );

  it('changes nothing, waits for nothing, and tells what a real run then does', async () => {
    fresh();
    const wanted = world.wanted({ opensByItself: true });
    const before = world.clock.now();
    const state = await world.app({ whatIf: true }).ensure(wanted);
    expect(state).toMatchObject({ clientId: '<client id>', consent: { state: 'granted' } });
    const would = withoutIds(world.told);
    expect([world.model.writes, world.clock.now()]).toEqual([[], before]);
    await world.app().ensure(wanted);
    expect(withoutIds(world.told)).toEqual(would);
    expect(would.length).toBe(7);
  });

  it('a what-if run for an existing application reports what differs', async () => {
    const { state } = await whole();
    world.clock.advance(60_000);
    await world.app({ whatIf: true }).ensure(
      world.wanted({
        clientId: state.clientId,
        graphPermissions: ['Mail.Send', 'Mail.Send.Shared', 'Mail.ReadWrite'],
      }),
    );
    expect(world.told.map((line) => /--method (\w+)/.exec(line)?.[1])).toEqual(['patch', 'patch']);
    expect(world.told.join()).toContain('Mail.Send.Shared');
  });
});

describe('the table of permissions', () => {
  it('agrees with what a tenant publishes', () => {
    const published = { exchange: exchangeService, graph: graphService };
    for (const { service, type, value, id } of permissions) {
      const list = type === 'Scope' ? published[service].oauth2PermissionScopes : published[service].appRoles;
      expect(list.find((one) => one.value === value)?.id, value).toBe(id);
      expect(published[service].appId).toBe(services[service].appId);
    }
  });

  it('is not believed where the tenant says another thing', async () => {
    const { directory } = fresh().model;
    const [imap, ...rest] = exchangeService.oauth2PermissionScopes.filter(({ value }) => value !== 'SMTP.Send');
    directory.services[0] = {
      ...exchangeService,
      oauth2PermissionScopes: [
        ...rest.map((one) => ({ ...one, id: '99999999-0000-4000-8000-000000000000' })),
        ...(imap === undefined ? [] : [imap]),
      ],
    };
    const state = await world.app().ensure(world.wanted());
    expect(state.notes).toEqual([
      expect.stringContaining('under the id 99999999'),
      expect.stringContaining('does not offer SMTP.Send'),
    ]);
    expect(JSON.stringify(world.application.body.requiredResourceAccess)).toContain(
      '99999999-0000-4000-8000-000000000000',
    );
    expect(directory.consented(state.clientId)['Office 365 Exchange Online']).toEqual(['IMAP.AccessAsUser.All']);
  });
});
