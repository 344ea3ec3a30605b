import { describe, expect, it } from 'vitest';
import type { DeployOptions } from '../cli/deploy/options.ts';
import { reportOf } from '../cli/deploy/report.ts';
import type { DirectoryBehaviour } from './support/azure/directory.ts';
import type { Behaviour } from './support/azure/model.ts';
import { DeployWorld } from './support/azure/world.ts';

// What admins meet, each as one sentence with its remedy, and before anything is made.

const otherTenant = '33333333-3333-4333-8333-333333333333';

interface Case {
  readonly title: string;
  readonly behaviour?: Partial<Behaviour>;
  readonly directory?: Partial<DirectoryBehaviour>;
  readonly options?: Partial<DeployOptions>;
  readonly says: RegExp;
  readonly remedy: RegExp;
}

const cases: readonly Case[] = [
  {
    title: 'no Azure CLI',
    behaviour: { azVersion: undefined },
    says: /az is missing/,
    remedy: /Install it/,
  },
  {
    title: 'an old Azure CLI',
    behaviour: { azVersion: '2.45.0' },
    says: /is 2\.45\.0; this needs 2\.60\.0/,
    remedy: /az upgrade/,
  },
  {
    title: 'nobody who is logged in',
    behaviour: { loggedIn: false },
    says: /not logged in to Azure/,
    remedy: /az login/,
  },
  {
    title: 'another cloud',
    behaviour: { cloud: 'AzureUSGovernment' },
    says: /AzureUSGovernment; this command knows the public cloud/,
    remedy: /az cloud set/,
  },
  {
    title: 'a subscription that is not seen',
    options: { subscription: 'nope' },
    says: /does not see this subscription/,
    remedy: /az login --tenant/,
  },
  {
    title: 'a tenant without mailboxes',
    behaviour: {
      tenants: [
        { id: '22222222-2222-4222-8222-222222222222', domain: 'contoso.example', name: 'Contoso', hasExchange: false },
      ],
    },
    says: /has no mailboxes/,
    remedy: /--mailbox-tenant/,
  },
  {
    title: 'a tenant of the mailboxes that needs a log-in of its own',
    options: { mailboxTenant: otherTenant },
    says: /multifactor/,
    remedy: /Log in again/,
  },
  { title: 'no region', options: { location: undefined }, says: /in which region/, remedy: /Change the options/ },
  {
    title: 'a region without Flex Consumption',
    options: { location: 'germanywestcentral' },
    says: /germanywestcentral has no Flex Consumption/,
    remedy: /westeurope, swedencentral, northeurope|westeurope, northeurope, swedencentral/,
  },
  {
    title: 'a region without this Node.js',
    behaviour: { nodeVersions: ['20', '22'] },
    says: /offers Node\.js 20, 22, and not 24/,
    remedy: /--location/,
  },
  {
    title: 'a name that is taken',
    options: { name: 'mail-taken' },
    behaviour: { takenNames: new Set(['mail-taken']) },
    says: /mail-taken is already taken/,
    remedy: /--name/,
  },
  {
    title: 'a storage name that is taken',
    options: { storageName: 'taken' },
    behaviour: { takenNames: new Set(['taken']) },
    says: /taken is already taken/,
    remedy: /--storage-name/,
  },
  {
    title: 'a vault name that is taken',
    options: { vaultName: 'taken-vault' },
    behaviour: { takenNames: new Set(['taken-vault']) },
    says: /taken-vault is already taken/,
    remedy: /--vault-name/,
  },
  {
    title: 'no right to assign roles',
    behaviour: { notActions: ['Microsoft.Authorization/*/write', 'Microsoft.Authorization/*/delete'] },
    says: /Microsoft\.Authorization\/roleAssignments\/write/,
    remedy: /Owner, User Access Administrator/,
  },
  {
    title: 'no right to make resources',
    behaviour: { actions: ['*/read'] },
    says: /Microsoft\.Resources\/deployments\/write/,
    remedy: /Contributor/,
  },
  {
    title: 'no right to register applications',
    directory: { directoryRoles: [], usersMayRegister: false },
    says: /may not register applications/,
    remedy: /Application Administrator.*--client-id ID/s,
  },
  {
    title: 'a client id that nobody has',
    options: { clientId: '44444444-4444-4444-8444-444444444444' },
    says: /There is no application 44444444/,
    remedy: /Check --client-id/,
  },
  {
    title: 'a client id that is none',
    options: { clientId: "x'; rm -rf / #" },
    says: /--client-id takes an application \(client\) id/,
    remedy: /Change the options listed/,
  },
  {
    title: 'an identity in one tenant and mailboxes in another, for an application of one tenant',
    options: { mailboxTenant: otherTenant, credential: 'federated' },
    behaviour: {
      tenants: [
        { id: '22222222-2222-4222-8222-222222222222', domain: 'contoso.example', name: 'Contoso', hasExchange: false },
        { id: otherTenant, domain: 'fabrikam.example', name: 'Fabrikam', hasExchange: true },
      ],
    },
    says: /different tenants/,
    remedy: /--audience several.*--credential secret/s,
  },
  {
    title: 'an identity in place of a secret for personal accounts',
    options: { audience: 'personal', credential: 'federated' },
    says: /personal accounts/,
    remedy: /--credential secret/,
  },
];

describe('before anything is made, one sentence and a remedy', () => {
  it.each(cases)('are given for $title', async ({ behaviour = {}, directory = {}, options = {}, says, remedy }) => {
    const world = new DeployWorld();
    Object.assign(world.model.behaviour, behaviour);
    Object.assign(world.model.directory.behaviour, directory);
    const { error, end, writes } = await world.run(options);
    expect(end).toBeUndefined();
    expect(error).toMatchObject({ message: expect.stringMatching(says), remedy: expect.stringMatching(remedy) });
    // An application that is not there is found out after the resource group was made.
    expect(writes.filter((write) => !/group create|provider register/.test(write))).toEqual([]);
    expect(world.model.unknown).toEqual([]);
  });

  it('are given if the account sees no subscription', async () => {
    const world = new DeployWorld();
    world.model.subscription = { ...world.model.subscription, name: 'N/A(tenant level account)' };
    expect((await world.run()).error).toMatchObject({ message: expect.stringContaining('sees no subscription') });
  });

  it('are given if the subscription is disabled', async () => {
    const world = new DeployWorld();
    world.model.subscription = { ...world.model.subscription, state: 'Disabled' };
    expect((await world.run()).error).toMatchObject({ message: expect.stringContaining('is Disabled') });
  });

  it('prints a script for someone with the right, and continues with --client-id', async () => {
    const world = new DeployWorld();
    const { directory, caller, subscription } = world.model;
    Object.assign(directory.behaviour, { directoryRoles: [], usersMayRegister: false });
    const { error } = await world.run();
    expect(error).toMatchObject({ paper: expect.stringContaining(`"owner":"${caller.objectId}"`) });
    const clientId = world.model.newId();
    const redirectUris = ['https://crm.example/callback'];
    directory.put({
      clientId,
      tenant: subscription.tenant,
      owners: [caller.objectId],
      body: { web: { redirectUris } },
    });
    const second = await world.run({ clientId });
    expect(second.error).toBeUndefined();
    expect(world.model.applications.size).toBe(1);
    // The script makes the person who deploys its owner: what is missing is added, the rest stays, and consent is for
    // another person.
    const [application] = [...world.model.applications.values()];
    expect(application?.body).toMatchObject({ web: { redirectUris: expect.arrayContaining(redirectUris) } });
    expect(second.end?.facts.application).toMatchObject({ differs: [], consent: { state: 'missing' } });
    // Its id is known from Azure from then on.
    expect((await world.run()).writes).toHaveLength(2);
  });
});

describe('the right to register that is missing', () => {
  it('does not matter once the script was run', async () => {
    const world = new DeployWorld();
    const first = await world.run();
    const [application] = [...world.model.applications.values()];
    if (first.end === undefined || application === undefined) throw new Error('It did not end.');
    const after = new DeployWorld();
    const { directory, caller } = after.model;
    directory.applications.set(application.clientId, { ...application, madeAt: 0, owners: new Set([caller.objectId]) });
    Object.assign(directory.behaviour, { directoryRoles: [], usersMayRegister: false });
    const { error, end } = await after.run();
    expect(error).toBeUndefined();
    expect(end?.facts.application?.clientId).toBe(application.clientId);
    expect(after.model.applications.size).toBe(1);
  });

  it('appears at the registration if rights cannot be read before, and prints the script then', async () => {
    const world = new DeployWorld();
    Object.assign(world.model.directory.behaviour, {
      directoryRoles: [],
      usersMayRegister: false,
      readsPolicies: false,
    });
    const { error } = await world.run();
    expect(error).toMatchObject({ step: 'application', paper: expect.stringContaining('$wanted = ConvertFrom-Json') });
  });
});

describe.each([
  'a & b',
  "o'brien",
  'mail broker',
  '$(reboot)',
  'UPPER',
  '-x',
  'x'.repeat(61),
  '..',
  'a/../../b',
  'é',
  '--yes',
  '%PATH%',
])('the name %j', (name) => {
  it('is refused in one sentence where Azure does not take it, and starts nothing', async () => {
    const world = new DeployWorld();
    const { error, writes } = await world.run({ name });
    expect(error).toMatchObject({ message: expect.stringContaining(JSON.stringify(name)) });
    expect(writes).toEqual([]);
  });
});

describe('names and paths that a shell would read', () => {
  it.each(['mail (broker)', 'a&b'])(
    'a resource group %j is refused, for Azure takes no such thing',
    async (resourceGroup) => {
      const { error } = await new DeployWorld().run({ resourceGroup });
      expect(error).toMatchObject({ message: expect.stringContaining('resource group') });
    },
  );

  it('a resource group with points, parentheses and letters of any language goes through whole', async () => {
    const world = new DeployWorld();
    const resourceGroup = 'Größe.(prod)_邮件';
    const { error } = await world.run({ resourceGroup });
    expect(error).toBeUndefined();
    expect([...world.model.groups.values()].map(({ name }) => name)).toEqual([resourceGroup]);
    expect(world.model.unknown).toEqual([]);
    expect((await world.run({ resourceGroup, location: undefined })).writes).toHaveLength(2);
  });

  it.each(['C:\\Users\\Ada & Bob\\mail broker\\infra', '/home/ada/$(reboot) "quoted"/infra'])(
    'the folder %s goes to az as one argument',
    async (infraFolder) => {
      const world = new DeployWorld({ infraFolder });
      expect((await world.run()).error).toBeUndefined();
      expect(world.model.seen.filter((argument) => argument.endsWith('main.bicep'))).toHaveLength(1);
      expect(world.model.unknown).toEqual([]);
    },
  );
});

describe('rights that are missing, and that the deploy can do without', () => {
  it('a deploy without the right to consent ends with a link for a person who has it', async () => {
    const world = new DeployWorld();
    world.model.directory.behaviour.directoryRoles = [];
    const { error, end } = await world.run();
    expect(error).toBeUndefined();
    if (end === undefined) throw new Error('It did not end.');
    const report = (await reportOf(end, world.ports([], false), false)).join('\n');
    expect(report).toContain('Consent is missing');
    expect(report).toContain('Privileged Role Administrator');
    expect(report).toMatch(
      /The link for them: https:\/\/mail-broker-\w+\.azurewebsites\.net\/api\/tenant-consent\?token=/,
    );
  });

  it('gives two links with app permissions: the two are consented to separately', async () => {
    const world = new DeployWorld();
    world.model.directory.behaviour.directoryRoles = [];
    const { end } = await world.run({ opensByItself: true });
    if (end === undefined) throw new Error('It did not end.');
    const report = (await reportOf(end, world.ports([], false), false)).join('\n');
    expect(report.match(/^The link for .*tenant-consent\?token=t&permissions=(delegated|app)$/gm)).toHaveLength(2);
  });

  it('a deploy without the right to lock deploys all the rest, and says so', async () => {
    const world = new DeployWorld();
    world.model.behaviour.notActions = ['Microsoft.Authorization/locks/write'];
    const { error, end } = await world.run();
    expect(error).toBeUndefined();
    expect(end?.facts.warnings.join(' ')).toContain('no delete lock');
    expect(world.model.locks.size).toBe(0);
  });

  it('a person with rights in the group alone deploys into it, though the names that are free cannot be asked', async () => {
    const world = new DeployWorld();
    await world.run();
    await world.run({ destroy: true });
    world.model.groups.set('mail-broker', { name: 'mail-broker', location: 'westeurope', tags: {} });
    world.model.deletedVaults.clear();
    world.model.behaviour.deniedPaths = /checkNameAvailability|deletedVaults/;
    expect((await world.run()).error).toBeUndefined();
    expect(world.model.unknown).toEqual([]);
  });

  it('continues where Azure does not show the rights, and says so', async () => {
    const world = new DeployWorld();
    world.model.behaviour.deniedPaths = /Microsoft\.Authorization\/permissions/;
    const { error, end } = await world.run();
    expect(error).toBeUndefined();
    expect(end?.facts.warnings.join(' ')).toContain('whether you may assign roles');
  });

  it('a guest who may not read the directory continues, and is told what was not checked', async () => {
    const world = new DeployWorld();
    world.model.behaviour.isGuest = true;
    world.model.directory.behaviour.directoryRoles = [];
    const { error, end } = await world.run();
    expect(error).toBeUndefined();
    expect(end?.facts.warnings.join(' ')).toMatch(/whether the tenant has mailboxes.*whether you may register/s);
  });

  it('a subscription that refuses budgets has none, and everything else', async () => {
    const world = new DeployWorld();
    world.model.behaviour.refusesBudgets = true;
    const { error, end } = await world.run({ budget: 20 });
    expect(error).toBeUndefined();
    expect(end?.facts.warnings.join(' ')).toContain('refuses budgets');
  });

  it("another owner's application without the right to add secrets stops with what its owner has to do", async () => {
    const world = new DeployWorld();
    world.model.directory.behaviour.mayAddSecrets = false;
    const { error } = await world.run({ credential: 'secret' });
    expect(error).toMatchObject({ code: 'secret_not_yours', remedy: expect.stringContaining('client-secret') });
  });
});

describe('mailboxes in another tenant than the subscription', () => {
  const apart = () => {
    const world = new DeployWorld();
    world.model.behaviour.tenants = [
      { id: world.model.subscription.tenant, domain: 'agency.example', name: 'Agency', hasExchange: false },
      { id: otherTenant, domain: 'fabrikam.example', name: 'Fabrikam', hasExchange: true },
    ];
    return world;
  };

  it('gets a client secret and an application over there, and the tenant may be given by its domain', async () => {
    const world = apart();
    const { error } = await world.run({ mailboxTenant: 'fabrikam.example' });
    expect(error).toBeUndefined();
    const [app] = [...world.model.apps.values()];
    expect(app?.settings).toMatchObject({ TENANT: otherTenant, CREDENTIAL_MODE: 'secret' });
    expect((await world.run()).writes).toHaveLength(2);
  });

  it('is taken from the app by the next run, which says so before the question', async () => {
    const world = apart();
    await world.run({ mailboxTenant: otherTenant });
    world.answers = ['n'];
    const { lines } = await world.run({ yes: false });
    expect(lines.join('\n')).toMatch(new RegExp(`Mailboxes of .*, as the app has it, ${otherTenant}`));
  });

  it('is warned of where it would be another than the app has now', async () => {
    const world = new DeployWorld();
    await world.run();
    world.model.behaviour.tenants = [
      ...world.model.behaviour.tenants,
      { id: otherTenant, domain: 'fabrikam.example', name: 'Fabrikam', hasExchange: true },
    ];
    world.answers = ['n'];
    const { lines, writes } = await world.run({ yes: false, mailboxTenant: otherTenant, credential: 'secret' });
    expect(writes).toEqual([]);
    expect(lines.join('\n')).toContain('Stop here if you did not mean that.');
  });

  it('is blocked where only its domain is known, for the app takes ids', async () => {
    const world = new DeployWorld();
    world.model.behaviour.isGuest = true;
    const { error, writes } = await world.run({ mailboxTenant: 'contoso.example' });
    expect(error).toMatchObject({ step: 'tenant', remedy: expect.stringContaining('--mailbox-tenant ID') });
    expect(writes).toEqual([]);
  });

  it('can have the managed identity through an application for several tenants', async () => {
    const world = apart();
    const { error } = await world.run({ mailboxTenant: otherTenant, audience: 'several', credential: 'federated' });
    expect(error).toBeUndefined();
    const [app] = [...world.model.apps.values()];
    expect(app?.settings).toMatchObject({
      TENANT: 'organizations',
      ALLOWED_TENANTS: otherTenant,
      CREDENTIAL_MODE: 'federated',
    });
  });
});

describe('a demand for another factor in the middle', () => {
  it('leads to a login at a terminal, and the deploy continues', async () => {
    const world = new DeployWorld();
    world.model.behaviour.demandsMfa = true;
    world.answers = ['y'];
    const { error, lines } = await world.run({ yes: false });
    expect(error).toBeUndefined();
    expect(lines.join('\n')).toContain('Log in again; this continues afterwards.');
    // Asked once, even if the run had to start over.
    expect(world.questions).toHaveLength(1);
    expect(world.model.seen).toContain('--claims-challenge');
  });

  it('ends the run with the login command without a terminal', async () => {
    const world = new DeployWorld();
    world.model.behaviour.demandsMfa = true;
    const { error } = await world.run();
    expect(error).toMatchObject({ code: 'mfa_required', facts: { claims: expect.stringMatching(/^eyJ/) } });
  });

  it('does without the claims where az is too old to take them', async () => {
    const world = new DeployWorld();
    world.model.behaviour.demandsMfa = true;
    world.model.behaviour.azVersion = '2.70.0';
    world.answers = [];
    await world.run();
    expect(world.model.seen).not.toContain('--claims-challenge');
  });
});

describe('a host name that Azure made up', () => {
  it('stops the deploy before people are sent to an address that does not exist', async () => {
    const world = new DeployWorld();
    world.model.behaviour.hostName = 'mail-broker-gufx6znx-abc.westeurope-01.azurewebsites.net';
    const { error } = await world.run();
    expect(error).toMatchObject({ step: 'host-name', remedy: expect.stringContaining('--public-url') });
  });

  it('goes on with the address as it is', async () => {
    const world = new DeployWorld();
    world.model.behaviour.hostName = 'mail-broker-gufx6znx-abc.westeurope-01.azurewebsites.net';
    await world.run();
    const publicUrl = `https://${world.model.behaviour.hostName}`;
    const { error } = await world.run({ publicUrl });
    // The model answers at the first label of a host; there is no app of this one.
    expect(error).not.toMatchObject({ step: 'host-name' });
  });
});
