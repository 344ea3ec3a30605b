import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DeployOptions } from '../cli/deploy/options.ts';
import { appRoles } from '../cli/doctor/checks/roles.ts';
import { azureChecks, lookAtAzure } from '../cli/doctor/look-at-azure.ts';
import { permissions } from '../cli/entra-app/permissions.ts';
import type { Item } from '../src/lib/doctor/doctor.ts';
import { DeployWorld } from './support/azure/world.ts';

// What `broker doctor` sees with az, on the model of Azure: a deployed broker, whole and with one thing after the other
// taken away.

const secret = { credential: 'secret' } as const;

async function deployed(options: Partial<DeployOptions> = {}): Promise<DeployWorld> {
  const world = new DeployWorld();
  const { error } = await world.run(options);
  if (error !== undefined) throw error;
  return world;
}

async function look(
  world: DeployWorld,
  given: { language?: 'en' | 'zh'; expectedUrl?: string; running?: string } = {},
): Promise<readonly Item[]> {
  const { language = 'en', expectedUrl, running } = given;
  const before = world.model.writes.length;
  const { end, error } = await world.through({ whatIf: true }, undefined, ({ options, ports }) =>
    lookAtAzure({
      run: { options, ports, facts: { warnings: [] }, whatIf: true, say: () => undefined },
      language,
      expectedUrl,
      running: Promise.resolve(running),
    }),
  );
  if (error !== undefined) throw error;
  expect(world.model.writes.length).toBe(before);
  expect(world.model.unknown).toEqual([]);
  return end ?? [];
}

const troubles = (items: readonly Item[]) =>
  items.filter(({ status }) => status !== 'ok').map(({ check, subject, status }) => [check, subject, status]);
const only = <T>(all: Iterable<T>): T => {
  const [one] = all;
  if (one === undefined) throw new Error('There is none.');
  return one;
};
const removeRole = ({ model }: DeployWorld, role: string) => {
  for (const [id, one] of model.assignments) if (one.roleDefinitionId.endsWith(role)) model.assignments.delete(id);
};
const appOf = ({ model }: DeployWorld) => only(model.apps.values());
const newestOf = ({ model }: DeployWorld, name: string) => {
  const version = only(model.vaults.values()).secrets.get(name)?.at(-1);
  if (version === undefined) throw new Error(`There is no ${name}.`);
  return version;
};
const vaultOf = ({ model }: DeployWorld) => {
  const vault = [...model.resources.values()].find(({ type }) => type === 'Microsoft.KeyVault/vaults');
  if (vault === undefined) throw new Error('There is no vault.');
  return vault;
};

describe('with az, the doctor', () => {
  it.each([
    ['a managed identity', {}],
    [
      'a client secret, in a private network, with a second storage account',
      { ...secret, network: 'private', separateTables: true },
    ],
  ] as const)('finds a deployment with %s well, and changes nothing', async (_, options) => {
    const world = await deployed(options);
    const items = await look(world, { running: world.model.packagedVersion });
    expect(troubles(items)).toEqual([]);
    expect([...new Set(items.map(({ check }) => check))]).toEqual(azureChecks);
    expect(new Set(items.map(({ vantage }) => vantage))).toEqual(new Set(['azure']));
  });

  it('says the same in Chinese, remedies included', async () => {
    const world = await deployed();
    world.model.locks.clear();
    removeRole(world, appRoles.queues.id);
    appOf(world).settings.AzureWebJobsStorage = 'AccountKey=hush';
    // What differs at the registration, and what was consented to, is told in sentences of another room.
    world.model.directory.grants.clear();
    for (const application of world.model.directory.applications.values()) {
      Object.assign(application.body, { web: { redirectUris: [] }, requiredResourceAccess: [], appRoles: [] });
    }
    for (const { sentence, remedy, status } of await look(world, { language: 'zh' })) {
      expect(sentence).not.toMatch(/（英文）|\b(is|not|does) /);
      expect(sentence).toMatch(/\p{Script=Han}/u);
      if (status !== 'ok') expect(remedy).toMatch(/\p{Script=Han}/u);
    }
  });

  it.each<[string, (world: DeployWorld) => unknown, unknown[], Partial<DeployOptions>?]>([
    [
      'a role of the app that is gone',
      (world) => removeRole(world, appRoles.queues.id),
      ['roles', appRoles.queues.name, 'fail'],
    ],
    [
      'a secret that the app may not read',
      (world) => removeRole(world, appRoles.secrets.id),
      ['roles', appRoles.secrets.name, 'fail'],
    ],
    [
      'telemetry that nobody takes',
      (world) => removeRole(world, appRoles.telemetry.id),
      ['roles', appRoles.telemetry.name, 'warn'],
    ],
    [
      'a delete lock that is gone',
      (world) => world.model.locks.clear(),
      ['lock', expect.stringMatching(/^kv-/), 'warn'],
    ],
    [
      'a vault that can be purged',
      (world) => {
        delete vaultOf(world).properties.enablePurgeProtection;
      },
      ['lock', expect.stringMatching(/^kv-/), 'warn'],
    ],
    [
      'a connection string where the identity is meant',
      (world) => {
        appOf(world).settings.AzureWebJobsStorage = 'DefaultEndpointsProtocol=https;AccountKey=hush';
      },
      ['app-settings', 'AzureWebJobsStorage', 'fail'],
    ],
    [
      'a setting that Flex Consumption refuses',
      (world) => {
        appOf(world).settings.FUNCTIONS_WORKER_RUNTIME = 'node';
      },
      ['app-settings', 'FUNCTIONS_WORKER_RUNTIME', 'warn'],
    ],
    [
      'a setting that is gone',
      (world) => {
        delete appOf(world).settings.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT;
      },
      ['app-settings', 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT', 'fail'],
    ],
    [
      'a setting for which the app does not start',
      (world) => {
        appOf(world).settings.POLL_INTERVAL = 'never';
      },
      ['app-settings', 'POLL_INTERVAL', 'fail'],
    ],
    [
      'App Service authentication in front of the broker',
      (world) => {
        appOf(world).authentication = true;
      },
      ['authentication', 'App Service authentication', 'fail'],
    ],
    [
      'publishing by password',
      (world) => {
        appOf(world).passwords.scm = true;
      },
      ['authentication', 'basic authentication of scm', 'warn'],
    ],
    [
      'an app without functions',
      (world) => {
        appOf(world).functions = ['WarmUp'];
      },
      ['functions', null, 'fail'],
    ],
    [
      'an app that lacks one of the functions of this folder',
      (world) => {
        appOf(world).functions = world.model.packaged.slice(1);
      },
      ['functions', null, 'warn'],
    ],
    [
      'a runtime that the app is not made for',
      ({ model }) => {
        for (const { type, properties } of model.resources.values()) {
          if (type !== 'Microsoft.Web/sites') continue;
          properties.functionAppConfig = { runtime: { name: 'node', version: '20' } };
        }
      },
      ['versions', 'runtime', 'fail'],
    ],
    [
      'an az that is too old',
      ({ model }) => {
        model.behaviour.azVersion = '2.45.0';
      },
      ['versions', 'Azure CLI', 'warn'],
    ],
    [
      'a root key that is disabled',
      (world) => {
        newestOf(world, 'broker-root').enabled = false;
      },
      ['secrets', 'broker-root', 'fail'],
    ],
    [
      'a client secret that ends soon',
      ({ clock }) => clock.advance(160 * 86_400_000),
      ['secrets', 'client-secret', 'warn'],
      secret,
    ],
    [
      'a client secret that Entra no longer has',
      ({ model }) => only(model.applications.values()).secrets.clear(),
      ['secrets', 'client-secret', 'fail'],
      secret,
    ],
    [
      'a bootstrap key that is still enabled',
      (world) => {
        newestOf(world, 'bootstrap-admin-key').enabled = true;
      },
      ['secrets', 'bootstrap-admin-key', 'warn'],
    ],
    [
      'a consent that was taken back',
      ({ model }) => model.directory.grants.clear(),
      ['grants', expect.stringMatching(/^[0-9a-f-]{36}$/), 'warn'],
    ],
    [
      'an identity that the application does not trust',
      ({ model }) => only(model.applications.values()).trusted.clear(),
      ['application', 'federated credential', 'fail'],
    ],
    ['an application that is gone', ({ model }) => model.applications.clear(), ['application', null, 'fail']],
  ])('finds %s', async (_, breakIt, expected, options) => {
    const world = await deployed(options);
    await breakIt(world);
    const items = await look(world);
    expect(troubles(items)).toContainEqual(expected);
    // Settings are named, and never what they hold.
    expect(JSON.stringify(items)).not.toContain('hush');
    for (const { status, remedy, who } of items) {
      if (status !== 'ok') expect([remedy === '' ? null : remedy, who]).not.toContain(null);
    }
  });

  it.each<[string, Partial<DeployOptions>, (world: DeployWorld) => unknown]>([
    [
      'to open mailboxes by itself',
      { opensByItself: true },
      ({ model: { directory } }) => {
        const asApp = permissions.find(({ value }) => value === 'IMAP.AccessAsApp')?.id;
        for (const [id, { appRoleId }] of directory.assignments)
          if (appRoleId === asApp) directory.assignments.delete(id);
      },
    ],
    [
      'to send through Graph',
      { sendsByGraph: true },
      ({ model: { directory } }) => {
        for (const grant of directory.grants.values()) {
          grant.scope = grant.scope
            .split(' ')
            .filter((scope) => scope !== 'Mail.Send')
            .join(' ');
        }
      },
    ],
  ])(
    'knows by what is deployed that the app was to be allowed %s, and finds the consent taken back',
    async (_, options, takeBack) => {
      const world = await deployed(options);
      expect(troubles(await look(world))).toEqual([]);
      takeBack(world);
      expect(troubles(await look(world))).toContainEqual(['grants', expect.stringMatching(/^[0-9a-f-]{36}$/), 'warn']);
    },
  );

  it('finds the wish to send through Graph where the app reads it', async () => {
    const world = await deployed({ sendsByGraph: true });
    expect(appOf(world).settings.GRAPH_PERMISSIONS).toBe('Mail.Send, Mail.Send.Shared');
  });

  it('finds a build that is not that of this folder', async () => {
    expect(troubles(await look(await deployed(), { running: '0.0.9+00000000' }))).toEqual([
      ['versions', 'broker', 'warn'],
    ]);
  });
});

describe('with az, the doctor says that it could not look', () => {
  it.each<[string, (world: DeployWorld) => unknown, string | null]>([
    [
      'where az is missing',
      ({ model }) => {
        model.behaviour.azVersion = undefined;
      },
      'az_missing',
    ],
    [
      'where nobody is logged in',
      ({ model }) => {
        model.behaviour.loggedIn = false;
      },
      'not_logged_in',
    ],
    ['where there is no broker in the group', ({ model }) => model.resources.clear(), null],
    [
      'where az is in another cloud',
      ({ model }) => {
        model.behaviour.cloud = 'AzureUSGovernment';
      },
      null,
    ],
  ])('%s, once, and not that something is broken', async (_, change, code) => {
    const world = await deployed();
    change(world);
    const items = await look(world);
    expect(items.map(({ check, status }) => [check, status])).toEqual([['azure', 'unknown']]);
    expect(items[0]).toMatchObject({ code, who: 'deployment owner', vantage: 'azure' });
    expect(items[0]?.sentence).toMatch(/^Could not check\./);
    expect(items[0]?.remedy).not.toBe('');
  });

  it('if az is signed in to another deployment', async () => {
    const items = await look(await deployed(), { expectedUrl: 'https://other.example' });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ check: 'azure', status: 'unknown' });
    expect(items[0]?.sentence).toContain('https://other.example');
  });

  it('at what the person may not read, and checks the rest', async () => {
    const world = await deployed();
    world.model.behaviour.deniedPaths = /roleAssignments|locks$/i;
    const items = await look(world);
    expect(troubles(items)).toEqual([
      ['roles', null, 'unknown'],
      ['lock', null, 'unknown'],
    ]);
    expect([...new Set(items.map(({ check }) => check))]).toEqual(azureChecks);
  });

  it('at the directory, for a guest', async () => {
    const world = await deployed();
    world.model.behaviour.isGuest = true;
    const found = troubles(await look(world)).map(([check]) => check);
    expect(found).toContain('grants');
    expect(found).not.toContain('roles');
  });

  it('in Chinese as well', async () => {
    const world = await deployed();
    world.model.behaviour.loggedIn = false;
    const [item] = await look(world, { language: 'zh' });
    expect([item?.sentence, item?.remedy].join()).toMatch(/无法查看.*az login/);
  });
});

describe('the roles that the doctor asks for', () => {
  it('are those that the templates give', () => {
    const text = ['modules/roles.bicep', 'secret-roles.bicep']
      .map((file) => readFileSync(new URL(`../infra/${file}`, import.meta.url), 'utf8'))
      .join('\n');
    const inTemplates = [...text.matchAll(/^var \w+ = '([0-9a-f-]{36})'$/gm)].map(([, id]) => id);
    expect(
      Object.values(appRoles)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(inTemplates.toSorted());
  });
});
