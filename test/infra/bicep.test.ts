import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { assumptions, month } from '../../bench/parts/cost-model.ts';
import { countsForm } from '../../bench/parts/count.ts';
import { type BicepFile, type BicepResource, parseBicep } from '../support/bicep.ts';
import { apiVersions, faultsOf, roleIds, rolesOf } from '../support/bicep-rules.ts';

const infra = join(import.meta.dirname, '../../infra');
const read = (path: string) => readFileSync(join(infra, path), 'utf8');
const paths = readdirSync(infra, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.bicep'))
  .map((name) => name.replaceAll('\\', '/'))
  .toSorted();
const files = new Map(paths.map((path) => [path, parseBicep(read(path))]));

function file(path: string): BicepFile {
  const found = files.get(path);
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
}

function resource(path: string, symbol: string): BicepResource {
  const found = file(path).resources.find((one) => one.symbol === symbol);
  if (found === undefined) throw new Error(`no ${symbol} in ${path}`);
  return found;
}

const valueAt = (path: string, symbol: string, at: string) => resource(path, symbol).values.get(at);
const made = [...files].flatMap(([path, { resources }]) =>
  resources.filter(({ isExisting }) => !isExisting).map((one) => ({ path, ...one })),
);

describe('the rules for templates', () => {
  const role = "var reader = '4633458b-17de-408a-b874-0445c86b69e6'";
  const assigned = (more: Readonly<Record<string, string>> = {}) => {
    const values = {
      name: 'guid(vault.id, principalId, reader)',
      scope: 'vault',
      id: 'principalId',
      type: "'ServicePrincipal'",
      ...more,
    };
    return `${role}\nresource a 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: ${values.name}
  ${values.scope === '' ? '' : `scope: ${values.scope}`}
  properties: {
    principalId: ${values.id}
    principalType: ${values.type}
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
  }
}\n`;
  };

  it('find nothing where all is well', () => {
    expect(faultsOf(parseBicep(assigned()))).toEqual([]);
  });

  it.each([
    ['a secret as a parameter', '@secure()\nparam value string', 'is a secret'],
    ['a parameter that is named like one', 'param clientSecret string', 'is a secret'],
    ['a key as an output', 'output key string = account.listKeys().keys[0].value', 'is a secret'],
    ['a connection string as an output', 'output text string = insights.properties.ConnectionString', 'is a secret'],
    ['a key that is listed', "var k = listKeys(account.id, '2024-01-01').keys[0].value", 'a key is listed'],
    ['a connection string', "var s = 'DefaultEndpointsProtocol=https;AccountName=x'", 'connection string is made'],
    [
      'a secret that is written',
      "resource s 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = { name: 'x' }",
      'a secret is written',
    ],
    ['the time', "param start string = utcNow('yyyy-MM-01')", 'utcNow is used'],
    ['the person who deploys', 'param who string = deployer().objectId', 'deployer is used'],
    ['an unknown type', "resource s 'Microsoft.Web/staticSites@2024-04-01' = { name: 'x' }", 'not in the table'],
    ['another version', "resource s 'Microsoft.Web/sites@2015-08-01' = { name: 'x' }", 'another version'],
    ['a module of a registry', "module m 'br/public:avm/res/web/site:0.15.1' = { name: 'x' }", 'not one of ours'],
    ['a role that is not in the table', assigned().replace('4633458b', '00482a5a'), 'not in the table'],
    ['a role for a person', assigned({ type: "'User'" }), 'not for a service principal'],
    ['a role for somebody else', assigned({ id: 'deployerId' }), 'for somebody else'],
    ['a role on the whole group', assigned({ scope: '' }), 'not on a resource of its own'],
    ['a role under a name by chance', assigned({ name: "guid(vault.id, 'x')" }), 'does not follow'],
  ])('find %s', (_what, text, fault) => {
    expect(faultsOf(parseBicep(text)).join('\n')).toContain(fault);
  });

  it('refuse what is not Bicep', () => {
    expect(() => parseBicep("resource x 'Microsoft.Web/sites@2024-04-01' = {\n  name: 'x'\n")).toThrow('not Bicep');
  });
});

describe.each(paths)('%s', (path) => {
  it('keeps the rules', () => {
    expect(faultsOf(file(path))).toEqual([]);
  });

  it('loads only files that exist', () => {
    const folder = join(infra, path, '..');
    const loaded = [...file(path).code.matchAll(/load(?:Text|Json)Content\('([^']+)'\)/g)].map(([, name = '']) => name);
    for (const name of [...loaded, ...file(path).modules.map((one) => one.path)]) {
      expect(existsSync(join(folder, name)), name).toBe(true);
    }
  });
});

describe('the tables of the rules', () => {
  it('name no type that is not used, and no preview', () => {
    const used = new Set([...files.values()].flatMap(({ resources }) => resources.map(({ type }) => type)));
    expect(Object.keys(apiVersions).filter((type) => !used.has(type))).toEqual([]);
    for (const version of Object.values(apiVersions)) expect(version).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });
});

describe('what the identity may do', () => {
  const all = [...files].flatMap(([path, one]) => rolesOf(one).map((assignment) => ({ path, ...assignment })));

  it('is this and no more', () => {
    expect(all).toEqual([
      { path: 'modules/roles.bicep', role: 'Storage Blob Data Owner', scope: 'storage', condition: '' },
      { path: 'modules/roles.bicep', role: 'Storage Queue Data Contributor', scope: 'storage', condition: '' },
      { path: 'modules/roles.bicep', role: 'Storage Table Data Contributor', scope: 'storage', condition: '' },
      {
        path: 'modules/roles.bicep',
        role: 'Storage Table Data Contributor',
        scope: 'tables',
        condition: "(tablesName != '')",
      },
      { path: 'modules/roles.bicep', role: 'Monitoring Metrics Publisher', scope: 'insights', condition: '' },
      { path: 'secret-roles.bicep', role: 'Key Vault Secrets User', scope: 'secrets[index]', condition: '' },
    ]);
  });

  it('is on secrets one by one, and never on the vault', () => {
    expect(resource('secret-roles.bicep', 'secrets').type).toBe('Microsoft.KeyVault/vaults/secrets');
    for (const { scope } of all) expect(scope).not.toMatch(/^vault\b/);
  });

  it('covers every secret that the app reads', () => {
    const named = file('secret-roles.bicep').parameters.find(({ name }) => name === 'secretNames')?.value ?? '';
    const clientSecret = file('main.bicep').parameters.find(({ name }) => name === 'clientSecretName')?.value ?? '';
    const source = readdirSync(join(infra, '../src/lib'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?<!\.test)\.ts$/.test(name))
      .map((name) => readFileSync(join(infra, '../src/lib', name), 'utf8'))
      .join('\n');
    const names = [...named.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
    expect(names).toHaveLength(3);
    for (const name of names) expect(source, name).toContain(`'${name}'`);
    expect(names).toContain(clientSecret.replaceAll("'", ''));
  });

  it('uses every role of the table', () => {
    expect(new Set(all.map(({ role }) => role))).toEqual(new Set(Object.keys(roleIds)));
  });
});

describe('the delete lock', () => {
  it('is on the vault and on the tables, in a template of its own that assigns no role', () => {
    const locks = made.filter(({ type }) => type === 'Microsoft.Authorization/locks');
    expect(locks.map(({ path, values }) => [path, values.get('scope'), values.get('properties.level')])).toEqual([
      ['lock.bicep', 'vault', "'CanNotDelete'"],
      ['lock.bicep', 'tables', "'CanNotDelete'"],
    ]);
    expect(rolesOf(file('lock.bicep'))).toEqual([]);
    expect(file('main.bicep').modules.map(({ path }) => path)).not.toContain('lock.bicep');
  });
});

describe('the storage account', () => {
  it.each([
    ['properties.allowSharedKeyAccess', 'false'],
    ['properties.allowBlobPublicAccess', 'false'],
    ['properties.minimumTlsVersion', "'TLS1_2'"],
    ['properties.supportsHttpsTrafficOnly', 'true'],
    ['properties.publicNetworkAccess', "isPrivate ? 'Disabled' : 'Enabled'"],
  ])('has %s set to %s', (at, value) => {
    expect(valueAt('modules/storage.bicep', 'account', at)).toBe(value);
  });

  it('is one, and a second one for the tables only where that is asked for', () => {
    const code = file('main.bicep').code;
    expect(code.match(/'modules\/storage\.bicep'/g)).toHaveLength(2);
    expect(code).toMatch(/module tables 'modules\/storage\.bicep' = if \(separateTables\)/);
  });

  it('holds the container of the package, and the queues that the code names', () => {
    expect(valueAt('modules/storage.bicep', 'container', 'properties.publicAccess')).toBe("'None'");
    const code = file('modules/storage.bicep').code;
    const functions = join(infra, '../src/functions');
    const sources = readdirSync(functions, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const named = sources.flatMap((name) => [
      ...readFileSync(join(functions, name), 'utf8').matchAll(/queueName: '([^']+)'/g),
    ]);
    expect(named.length).toBeGreaterThan(0);
    for (const [, name = ''] of named) expect(code).toContain(`['${name}', '${name}-poison']`);
  });
});

describe('the vault', () => {
  it.each([
    ['properties.enableRbacAuthorization', 'true'],
    ['properties.enableSoftDelete', 'true'],
    ['properties.softDeleteRetentionInDays', '90'],
    // Azure takes no `false` here.
    ['properties.enablePurgeProtection', 'purgeProtection ? true : null'],
  ])('has %s set to %s', (at, value) => {
    expect(valueAt('modules/vault.bicep', 'vault', at)).toBe(value);
  });
});

describe('the Function App', () => {
  const site = (at: string) => valueAt('modules/app.bicep', 'site', at);

  it('runs on Flex Consumption with Node.js 24, within the limits that are given', () => {
    const plan = (at: string) => valueAt('modules/app.bicep', 'plan', at);
    expect([plan('sku.name'), plan('sku.tier'), plan('properties.reserved')]).toEqual([
      "'FC1'",
      "'FlexConsumption'",
      'true',
    ]);
    expect(site('properties.functionAppConfig.runtime.name')).toBe("'node'");
    expect(site('properties.functionAppConfig.runtime.version')).toBe("'24'");
    const scale = 'properties.functionAppConfig.scaleAndConcurrency';
    expect(site(`${scale}.instanceMemoryMB`)).toBe('instanceMemoryMB');
    expect(site(`${scale}.maximumInstanceCount`)).toBe('maximumInstanceCount');
  });

  it('is published to by its identity, over https, and by no password', () => {
    const deployment = 'properties.functionAppConfig.deployment.storage';
    expect(site(`${deployment}.authentication.type`)).toBe("'UserAssignedIdentity'");
    expect(site('properties.httpsOnly')).toBe('true');
    expect(file('modules/app.bicep').code).toMatch(/for door in \['ftp', 'scm'\]/);
    expect(valueAt('modules/app.bicep', 'passwords', 'name')).toBe('door');
    expect(valueAt('modules/app.bicep', 'passwords', 'properties.allow')).toBe('false');
  });

  it('has App Service Authentication off', () => {
    expect(valueAt('modules/app.bicep', 'authentication', 'properties.platform.enabled')).toBe('false');
  });

  it('keeps as many IMAP connections as its memory has room for, for each size that may be chosen', () => {
    const sizes = file('main.bicep').parameters.find(({ name }) => name === 'instanceMemoryMB')?.decorators ?? '';
    const [, list = ''] = /@allowed\(\[([^\]]*)\]\)/.exec(sizes) ?? [];
    expect(list.split(', ')).toEqual(file('modules/app.bicep').keysOf.get('warmSessions'));
  });
});

describe('the log', () => {
  it('is written to with a token of Entra only', () => {
    expect(valueAt('modules/monitoring.bicep', 'insights', 'properties.DisableLocalAuth')).toBe('true');
    expect(valueAt('modules/monitoring.bicep', 'workspace', 'properties.features.disableLocalAuth')).toBe('true');
  });

  it('has a cap that leaves room for five times the day of 1,000 mailboxes, and is told so', () => {
    const counts = countsForm.parse(JSON.parse(read('../bench/counts.json')));
    const { logGb } = month(1000, counts);
    const cap = Number(
      file('main.bicep')
        .parameters.find(({ name }) => name === 'dailyCapGb')
        ?.value.replaceAll("'", ''),
    );
    const dayGb = logGb / assumptions.daysPerMonth;
    expect(cap).toBeGreaterThanOrEqual(5 * dayGb);
    // “A fifth of a GB”, says the README.
    expect(dayGb).toBeGreaterThan(0.15);
    expect(dayGb).toBeLessThan(0.25);
  });

  it('has the cap that is given', () => {
    expect(valueAt('modules/monitoring.bicep', 'workspace', 'properties.workspaceCapping.dailyQuotaGb')).toBe(
      'json(dailyCapGb)',
    );
  });

  it('is watched by two rules at most, which count rows', () => {
    const rules = made.filter(({ type }) => type === 'Microsoft.Insights/scheduledQueryRules');
    expect(rules.map(({ symbol }) => symbol)).toEqual(['silence', 'attention']);
    for (const { values } of rules) {
      const criteria = values.get('properties.criteria.allOf') ?? '';
      expect(criteria).toMatch(/timeAggregation: 'Count'\s+operator: 'GreaterThan'\s+threshold: 0/);
    }
    const description = valueAt('modules/alerts.bicep', 'silence', 'properties.description');
    expect(description).toContain('daily cap');
  });
});

describe('the dashboard', () => {
  const book = z
    .object({ items: z.array(z.object({ name: z.string(), type: z.int(), content: z.looseObject({}) })) })
    .parse(JSON.parse(read('workbook.json')));

  it('has a query for each of its items that show one, under its name', () => {
    const shown = book.items.filter(({ type }) => type === 3).map(({ name }) => name);
    expect(file('modules/workbook.bicep').keysOf.get('queries')).toEqual(expect.arrayContaining(shown));
    expect(file('modules/workbook.bicep').keysOf.get('queries')).toHaveLength(shown.length);
    for (const name of shown) expect(file('modules/workbook.bicep').code).toContain(`'../queries/${name}.kql'`);
  });

  it('uses every query file that is not an alert’s alone', () => {
    const used = [...files.values()].map(({ code }) => code).join('\n');
    for (const name of readdirSync(join(infra, 'queries'))) expect(used, name).toContain(`queries/${name}`);
  });

  it('fills the one parameter that its queries have', () => {
    const held = JSON.stringify(book.items.find(({ type }) => type === 9)?.content);
    expect(held).toContain('"name":"TimeRange"');
    for (const { name, content } of book.items.filter(({ type }) => type === 3)) {
      expect(content.timeContextFromParameter, name).toBe('TimeRange');
      for (const [parameter] of read(`queries/${name}.kql`).matchAll(/\{\w+(:\w+)?\}/g)) {
        expect(parameter).toBe('{TimeRange:grain}');
      }
    }
  });
});

describe('the budget', () => {
  it('begins on the day that is given, and is left out where none is wanted', () => {
    expect(valueAt('modules/budget.bicep', 'budget', 'properties.timePeriod.startDate')).toBe('start');
    expect(file('main.bicep').code).toMatch(/module budget 'modules\/budget\.bicep' = if \(budgetAmount > 0\)/);
  });
});

describe('the network', () => {
  it('is there only where it is asked for, and so are private endpoints', () => {
    const { code, parameters } = file('main.bicep');
    expect(parameters.find(({ name }) => name === 'network')?.value).toBe("'none'");
    expect(code).toMatch(/module net 'modules\/network\.bicep' = if \(network != 'none'\)/);
    expect(code).toMatch(/module endpoints 'modules\/private-endpoints\.bicep' = if \(network == 'private'\)/);
  });

  it('gives the app a subnet of its own, and an address that stays', () => {
    const subnets = valueAt('modules/network.bicep', 'network', 'properties.subnets') ?? '';
    expect(subnets).toContain("serviceName: 'Microsoft.App/environments'");
    expect(subnets).toContain('natGateway: { id: nat.id }');
    expect(valueAt('modules/network.bicep', 'address', 'properties.publicIPAllocationMethod')).toBe("'Static'");
  });
});

describe('infra/README.md', () => {
  const page = read('README.md');
  const section = (heading: string) => page.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '';
  const cells = (text: string) =>
    [...text.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );

  it('lists the parameters of main.bicep, in their order', () => {
    expect(cells(section('Parameters of main.bicep')).toSorted()).toEqual(
      file('main.bicep')
        .parameters.map(({ name }) => name)
        .toSorted(),
    );
  });

  it('tells the defaults that are plain values', () => {
    const rows = section('Parameters of main.bicep').split('\n');
    for (const { name, value } of file('main.bicep').parameters) {
      const plain = value.replace(/^'|'$/g, '');
      if (plain === '' || !/^[\w.-]+(\/\d+)?$/.test(plain) || value.includes('(')) continue;
      const row = rows.find((line) => line.includes(`\`${name}\``)) ?? '';
      expect(row.split('|')[2], name).toContain(`\`${plain}\``);
    }
  });

  it('lists the outputs of main.bicep', () => {
    expect(cells(section('Outputs of main.bicep')).toSorted()).toEqual(
      file('main.bicep')
        .outputs.map(({ name }) => name)
        .toSorted(),
    );
  });

  it('names the parameters of the other templates', () => {
    for (const path of paths.filter((name) => !name.includes('/') && name !== 'main.bicep')) {
      for (const { name } of file(path).parameters) expect(page, `${path}: ${name}`).toContain(`\`${name}\``);
    }
  });
});
