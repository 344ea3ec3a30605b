import { beforeAll, describe, expect, it } from 'vitest';
import { reportOf } from '../cli/deploy/report.ts';
import { StepBlocked } from '../cli/deploy/run-steps.ts';
import { essence } from './support/azure/essence.ts';
import { DeployWorld, type Ran } from './support/azure/world.ts';

// The deploy against a model of Azure (test/support/azure): state, rights, delays, and nothing that it does not know.

/** What every run writes: a deployment repairs what drifted, and publishing is how a newer version comes. */
const everyRun = (app: string) => ['az deployment group create main.bicep', `func azure functionapp publish ${app}`];

function expectDeployed({ end, error }: Ran, world: DeployWorld): void {
  expect(error).toBeUndefined();
  expect(end?.how).toBe('deployed');
  expect(world.model.unknown).toEqual([]);
}

const theApp = ({ model }: DeployWorld) => {
  const [app] = [...model.apps];
  if (app === undefined) throw new Error('There is no app.');
  return { name: app[0], ...app[1] };
};
const theVault = ({ model }: DeployWorld) => {
  const [vault] = [...model.vaults.values()];
  if (vault === undefined) throw new Error('There is no vault.');
  return vault;
};

describe('the first run', () => {
  const world = new DeployWorld();
  let ran: Ran;
  beforeAll(async () => {
    ran = await world.run();
  });

  it('goes from nothing to a broker that answers, with an admin key in the profile', async () => {
    expectDeployed(ran, world);
    const { name, keys } = theApp(world);
    expect(world.profiles.all.get(name)).toEqual({ url: `https://${name}.azurewebsites.net`, key: keys[0]?.key });
    expect(keys).toHaveLength(1);
  });

  it('writes exactly these, in this order', () => {
    const { name } = theApp(world);
    const plain = ran.writes.map((write) => write.replace(/ [0-9a-f-]{36}$/, ''));
    expect(plain).toEqual([
      'az group create mail-broker',
      ...['Web', 'Storage', 'KeyVault', 'ManagedIdentity', 'OperationalInsights', 'Insights'].map(
        (provider) => `az provider register Microsoft.${provider}`,
      ),
      'PATCH graph applications',
      'PATCH graph servicePrincipals',
      'POST graph servicePrincipals appRoleAssignedTo',
      'POST graph oauth2PermissionGrants',
      'POST graph oauth2PermissionGrants',
      'PATCH Microsoft.Resources/tags/write default',
      'az deployment group create main.bicep',
      'PATCH graph applications federatedIdentityCredentials',
      'PUT Microsoft.Authorization/roleAssignments/write',
      'PUT secret broker-root',
      'PUT secret bootstrap-admin-key',
      'az deployment group create secret-roles.bicep',
      `func azure functionapp publish ${name}`,
      'POST broker keys',
      'PATCH secret bootstrap-admin-key',
      'DELETE Microsoft.Authorization/roleAssignments/delete',
      'az deployment group create lock.bicep',
    ]);
  });

  it('registers both redirect addresses, consents, and opens the dashboard for the person who deploys', () => {
    const { name, settings } = theApp(world);
    const { directory, caller, subscription } = world.model;
    const [application] = [...directory.applications.values()];
    expect(application?.body).toMatchObject({
      web: {
        redirectUris: [
          `https://${name}.azurewebsites.net/api/oauth/callback`,
          `https://${name}.azurewebsites.net/api/dashboard/callback`,
        ],
      },
    });
    expect(settings).toMatchObject({ CLIENT_ID: application?.clientId, ADMIN_TENANT: subscription.tenant });
    expect([...directory.grants.values()].map(({ scope }) => scope)).toEqual([
      'IMAP.AccessAsUser.All SMTP.Send',
      'openid profile email offline_access User.Read',
    ]);
    expect([...directory.assignments.values()]).toMatchObject([{ principalId: caller.objectId }]);
  });

  it('leaves the bootstrap key disabled, no access to the vault, and a lock on vault and tables', () => {
    const { secrets } = theVault(world);
    expect(secrets.get('bootstrap-admin-key')?.map(({ enabled }) => enabled)).toEqual([false]);
    expect(secrets.get('broker-root')?.map(({ enabled }) => enabled)).toEqual([true]);
    expect(
      [...world.model.assignments.values()].filter((one) => one.principalId === world.model.caller.objectId),
    ).toEqual([]);
    expect(world.model.locks.size).toBe(2);
  });

  it('makes a root key of 32 bytes in base64url', () => {
    const value = theVault(world).secrets.get('broker-root')?.[0]?.value ?? '';
    expect(value).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(value, 'base64url')).toHaveLength(32);
  });

  it('lets no secret into an argument, a told line or what a person sees', () => {
    const values = [...theVault(world).secrets.values()].flat().map(({ value }) => value);
    const { keys } = theApp(world);
    const said = [...world.model.seen, ...ran.told, ...ran.lines].join('\n');
    for (const secret of [...values, ...keys.map(({ key }) => key)]) expect(said).not.toContain(secret);
  });

  it('ends with the next step, ready to paste, and prints the key only on request', async () => {
    if (ran.end === undefined) throw new Error('It did not end.');
    const key = theApp(world).keys[0]?.key ?? '';
    const plain = (await reportOf(ran.end, world.ports([], false), false)).join('\n');
    expect(plain).toContain(`BROKER=https://${theApp(world).name}.azurewebsites.net`);
    expect(plain).toContain('profile-key');
    expect(plain).not.toContain(key);
    expect((await reportOf(ran.end, world.ports([], false), true)).join('\n')).toContain(key);
  });
});

describe("Azure's Cloud Shell", () => {
  it('deploys as any machine does', async () => {
    const world = new DeployWorld();
    world.model.behaviour.isCloudShell = true;
    expectDeployed(await world.run(), world);
  });
});

describe('a second run', () => {
  it('changes nothing that is as it should be, and writes a named list', async () => {
    const world = new DeployWorld();
    expectDeployed(await world.run(), world);
    const before = essence(world.model);
    const second = await world.run({ location: undefined });
    expectDeployed(second, world);
    expect(second.writes).toEqual(everyRun(theApp(world).name));
    expect(essence(world.model)).toBe(before);
  });

  it('keeps the start of the budget in the next month, which Azure does not allow to change', async () => {
    const world = new DeployWorld();
    expectDeployed(await world.run({ budget: 20 }), world);
    const before = essence(world.model);
    world.clock.advance(30 * 86_400_000);
    const second = await world.run();
    expectDeployed(second, world);
    expect(second.writes).toEqual(everyRun(theApp(world).name));
    expect(essence(world.model)).toBe(before);
    expect(before).toContain('2026-11-01T00:00:00Z');
  });

  it('keeps what the admin added to the settings, and POLL_INTERVAL', async () => {
    const world = new DeployWorld();
    await world.run();
    const added = { POLL_INTERVAL: '30', RETURN_ORIGINS: 'https://crm.example', MY_SECRET: "it's $ecret & more" };
    Object.assign(theApp(world).settings, added);
    const second = await world.run();
    expectDeployed(second, world);
    expect(theApp(world).settings).toMatchObject(added);
    // What an admin keeps there may be a secret.
    const said = [...world.model.seen, ...second.told, ...second.lines].join('\n');
    expect(said).not.toContain(added.MY_SECRET);
  });

  it('brings back what drifted: a setting of ours, and one that Flex Consumption refuses', async () => {
    const world = new DeployWorld();
    await world.run();
    const before = essence(world.model);
    Object.assign(theApp(world).settings, { AzureWebJobsStorage: 'UseDevelopmentStorage=true', WARM_SESSIONS: '7' });
    expectDeployed(await world.run(), world);
    expect(essence(world.model)).toBe(before);
  });

  it('keeps the client secret of an app that does not say how it proves itself, as the app itself reads it', async () => {
    const world = new DeployWorld();
    await world.run({ credential: 'secret' });
    delete theApp(world).settings.CREDENTIAL_MODE;
    const second = await world.run();
    expectDeployed(second, world);
    expect(second.writes).toEqual(everyRun(theApp(world).name));
    expect(theApp(world).settings.CREDENTIAL_MODE).toBe('secret');
  });

  it('keeps every option that was chosen, though none is given again', async () => {
    const world = new DeployWorld();
    const chosen = {
      memoryMb: 2048,
      maximumInstances: 80,
      network: 'nat',
      separateTables: true,
      alertEmail: 'ops@contoso.example',
      budget: 50,
      dailyCapGb: 0.5,
      audience: 'several',
      name: 'mail-contoso',
    } as const;
    expectDeployed(await world.run(chosen), world);
    const before = essence(world.model);
    expectDeployed(await world.run({ location: undefined }), world);
    expect(essence(world.model)).toBe(before);
  });

  it('leaves the application as it is if this person may not change it, and continues', async () => {
    const world = new DeployWorld();
    expectDeployed(await world.run(), world);
    world.model.caller = { ...world.model.caller, objectId: '0000000b-0000-4000-8000-000000000002' };
    world.model.directory.behaviour.directoryRoles = [];
    const second = await world.run({ sendsByGraph: true });
    expectDeployed(second, world);
    expect(second.end?.facts.warnings.join(' ')).toContain('does not ask for Mail.Send');
    expect(second.writes).toEqual(everyRun(theApp(world).name));
    expect([...world.model.directory.assignments.values()]).toHaveLength(1);
  });

  it('makes no second key on another machine unless it is requested', async () => {
    const world = new DeployWorld();
    await world.run();
    world.profiles = new DeployWorld().profiles;
    const { name } = theApp(world);
    const plain = await world.run();
    expectDeployed(plain, world);
    expect(plain.writes).toEqual(everyRun(name));
    expect(plain.lines.join('\n')).toContain('on another machine');
    const asked = await world.run({ newKey: true });
    expectDeployed(asked, world);
    expect(theApp(world).keys).toHaveLength(2);
    expect(world.profiles.all.get(name)?.key).toBe(theApp(world).keys[1]?.key);
    expect(
      theVault(world)
        .secrets.get('bootstrap-admin-key')
        ?.some(({ enabled }) => enabled),
    ).toBe(false);
  });
});

describe('a client secret', () => {
  const secretRun = { credential: 'secret' } as const;

  it('goes from Entra into the vault, with its end and what it belongs to', async () => {
    const world = new DeployWorld();
    const ran = await world.run(secretRun);
    expectDeployed(ran, world);
    const [application] = [...world.model.applications.values()];
    const [[keyId, made] = []] = [...(application?.secrets ?? [])];
    const [stored] = theVault(world).secrets.get('client-secret') ?? [];
    expect(stored?.value).toBe(made?.value);
    expect(stored?.tags).toEqual({ 'key-id': keyId, 'client-id': application?.clientId });
    expect((stored?.exp ?? 0) * 1000).toBeCloseTo(Date.parse('2027-05-19T12:00:00Z'), -7);
    expect([...world.model.seen, ...ran.told, ...ran.lines].join('\n')).not.toContain(made?.value);
  });

  it('lives as long as the tenant allows, and the vault knows until when', async () => {
    const world = new DeployWorld();
    world.model.directory.behaviour.secretDays = 90;
    expectDeployed(await world.run(secretRun), world);
    const [stored] = theVault(world).secrets.get('client-secret') ?? [];
    const [application] = [...world.model.applications.values()];
    const [made] = [...(application?.secrets.values() ?? [])];
    expect((stored?.exp ?? 0) * 1000).toBe(made?.endsAt);
    expect((made?.endsAt ?? 0) - Date.parse('2026-11-20T12:00:00Z')).toBeLessThanOrEqual(90 * 86_400_000);
  });

  it('is made once, and anew in the last 30 days of its life', async () => {
    const world = new DeployWorld();
    await world.run(secretRun);
    expect((await world.run()).writes).toEqual(everyRun(theApp(world).name));
    world.clock.advance(151 * 86_400_000);
    const late = await world.run();
    expectDeployed(late, world);
    expect(late.writes).toContain('POST graph applications addPassword');
    expect(theVault(world).secrets.get('client-secret')).toHaveLength(2);
  });

  it('is created again if it was removed from the application', async () => {
    const world = new DeployWorld();
    await world.run(secretRun);
    const [application] = [...world.model.applications.values()];
    application?.secrets.clear();
    expect((await world.run()).writes).toContain('POST graph applications addPassword');
  });

  it('replaces the managed identity when that is asked for', async () => {
    const world = new DeployWorld();
    await world.run();
    expectDeployed(await world.run(secretRun), world);
    expect(theApp(world).settings.CREDENTIAL_MODE).toBe('secret');
  });
});

describe('a managed identity that Entra refuses', () => {
  it('is tried for ten minutes, and then the deploy stops and offers the secret', async () => {
    const world = new DeployWorld();
    world.model.behaviour.refusesFederation = true;
    const ran = await world.run();
    expect(ran.error).toBeInstanceOf(StepBlocked);
    expect(ran.error).toMatchObject({
      step: 'credential-accepted',
      remedy: expect.stringContaining('--credential secret'),
    });
    // There was no automatic fallback.
    expect(theApp(world).settings.CREDENTIAL_MODE).toBe('federated');
    expect([...world.model.applications.values()].map(({ secrets }) => secrets.size)).toEqual([0]);
    expectDeployed(await world.run({ credential: 'secret' }), world);
  });
});

describe('--what-if', () => {
  /** What only Azure knows beforehand: ids, versions, and when a secret will end. */
  const withoutIds = (lines: readonly string[]) =>
    lines.map((line) =>
      line
        .replaceAll("'", '')
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[0-9a-f]{32}|<[^>]+>/g, 'ID')
        .replace(/"exp":\d+/, '"exp":END')
        .replace(/"endDateTime":"[^"]+"/, '"endDateTime":END'),
    );

  it.each([
    ['with the managed identity', {}],
    [
      'with a client secret and everything else',
      { credential: 'secret', alertEmail: 'ops@contoso.example', budget: 9, network: 'nat' },
    ],
  ] as const)('%s changes nothing, and tells what a real run then does', async (_title, options) => {
    const world = new DeployWorld();
    const before = essence(world.model);
    const would = await world.run({ ...options, whatIf: true });
    expect(would.error).toBeUndefined();
    expect(would.end?.how).toBe('would');
    expect(would.writes).toEqual([]);
    expect(essence(world.model)).toBe(before);
    expect(world.profiles.all.size).toBe(0);
    const does = await world.run(options);
    expectDeployed(does, world);
    expect(withoutIds(would.told)).toEqual(withoutIds(does.told));
    expect(would.told.length).toBeGreaterThan(15);
  });

  it('tells nothing but the every-run list where all is there', async () => {
    const world = new DeployWorld();
    await world.run();
    const would = await world.run({ whatIf: true });
    expect(would.error).toBeUndefined();
    expect(would.told.map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
      'az deployment group create',
      'func azure functionapp publish',
    ]);
  });
});

describe('the question', () => {
  it('comes before anything is made, with the price line by line', async () => {
    const world = new DeployWorld();
    world.answers = ['n'];
    const ran = await world.run({ yes: false, alertEmail: 'ops@contoso.example', network: 'private' });
    expect(ran.end?.how).toBe('declined');
    expect(ran.writes).toEqual([]);
    expect(world.questions).toHaveLength(1);
    const shown = ran.lines.join('\n');
    for (const line of [
      'Functions',
      'Storage and Key Vault',
      'Log',
      'Alerts',
      'Network',
      'Private endpoints',
      'A month',
    ]) {
      expect(shown).toMatch(new RegExp(`^ +${line} +\\$\\d+\\.\\d\\d`, 'm'));
    }
  });

  it('is not guessed without a terminal', async () => {
    const world = new DeployWorld();
    const ran = await world.run({ yes: false });
    expect(ran.error).toMatchObject({ name: 'Unattended' });
    expect(ran.writes).toEqual([]);
  });
});

describe('network private', () => {
  it('opens the vault for one address, for as long as secrets are written, and closes it', async () => {
    const world = new DeployWorld();
    const ran = await world.run({ network: 'private' });
    expectDeployed(ran, world);
    const vault = [...world.model.resources.values()].find(({ type }) => type === 'Microsoft.KeyVault/vaults');
    expect(vault?.properties).toMatchObject({ publicNetworkAccess: 'Disabled', networkAcls: { ipRules: [] } });
    expect(ran.told.join('\n')).toContain(world.model.behaviour.clientAddress);
    expect((await world.run()).writes).toEqual(everyRun(theApp(world).name));
  });

  it('closes it also where the run fails while it is open', async () => {
    const world = new DeployWorld();
    world.model.directory.behaviour.mayAddSecrets = false;
    const ran = await world.run({ network: 'private', credential: 'secret' });
    expect(ran.error).toMatchObject({ code: 'secret_not_yours' });
    const vault = [...world.model.resources.values()].find(({ type }) => type === 'Microsoft.KeyVault/vaults');
    expect(vault?.properties).toMatchObject({ publicNetworkAccess: 'Disabled' });
    expect(
      [...world.model.assignments.values()].filter((one) => one.principalId === world.model.caller.objectId),
    ).toEqual([]);
  });
});

describe('publishing', () => {
  it('takes the list of functions and health for the verdict, not the exit code of func', async () => {
    const world = new DeployWorld();
    world.model.behaviour.funcThrowsAfterUpload = true;
    expectDeployed(await world.run(), world);
  });

  it('goes by az where Core Tools are missing, and says so', async () => {
    const world = new DeployWorld();
    world.model.behaviour.funcVersion = undefined;
    const ran = await world.run();
    expectDeployed(ran, world);
    expect(ran.writes.some((write) => write.startsWith('az functionapp deployment source config-zip'))).toBe(true);
    expect(ran.lines.join('\n')).toContain('--install-func');
  });

  it('installs Core Tools on request', async () => {
    const world = new DeployWorld();
    world.model.behaviour.funcVersion = undefined;
    const ran = await world.run({ installFunc: true });
    expectDeployed(ran, world);
    expect(ran.told[0]).toBe('npm install --global azure-functions-core-tools@4');
    expect(ran.writes.some((write) => write.startsWith('func azure functionapp publish'))).toBe(true);
  });

  it('tries again while the role of the app does not count', async () => {
    const world = new DeployWorld();
    world.model.behaviour.blobRoleDelayMs = 25 * 60_000;
    const ran = await world.run();
    expectDeployed(ran, world);
    expect(ran.lines.join('\n')).toContain('a role may not count yet');
  });

  it('says that it is the platform where the functions are there and nothing answers', async () => {
    const world = new DeployWorld();
    world.model.behaviour.isMute = true;
    const { error } = await world.run();
    expect(error).toMatchObject({ step: 'health', remedy: expect.stringContaining('RuntimeFailed 04916') });
  });

  it('says so where a setting that the admin added does not hold', async () => {
    const world = new DeployWorld();
    await world.run();
    theApp(world).settings.POLL_INTERVAL = 'never';
    const ran = await world.run();
    expect(ran.error).toMatchObject({ step: 'health', message: expect.stringContaining('reports an invalid setting') });
  });
});
