import type { BicepFile, BicepResource } from './bicep.ts';

/**
 * Built-in roles that the template may assign, by name.
 * https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (storage, monitor, security)
 */
export const roleIds: Readonly<Record<string, string>> = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb',
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6',
};

/**
 * The one version of each resource type that is used: generally available, and with the properties that we set.
 * https://learn.microsoft.com/azure/templates/ , by the type
 */
export const apiVersions: Readonly<Record<string, string>> = {
  'Microsoft.Authorization/locks': '2020-05-01',
  'Microsoft.Authorization/roleAssignments': '2022-04-01',
  'Microsoft.Consumption/budgets': '2023-11-01',
  'Microsoft.Insights/actionGroups': '2023-01-01',
  'Microsoft.Insights/components': '2020-02-02',
  'Microsoft.Insights/scheduledQueryRules': '2022-06-15',
  'Microsoft.Insights/workbooks': '2022-04-01',
  'Microsoft.KeyVault/vaults': '2023-07-01',
  'Microsoft.KeyVault/vaults/secrets': '2023-07-01',
  'Microsoft.ManagedIdentity/userAssignedIdentities': '2023-01-31',
  'Microsoft.Network/natGateways': '2024-05-01',
  'Microsoft.Network/privateDnsZones': '2020-06-01',
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': '2020-06-01',
  'Microsoft.Network/privateEndpoints': '2024-05-01',
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': '2024-05-01',
  'Microsoft.Network/publicIPAddresses': '2024-05-01',
  'Microsoft.Network/virtualNetworks': '2024-05-01',
  'Microsoft.OperationalInsights/workspaces': '2023-09-01',
  'Microsoft.Resources/resourceGroups': '2024-03-01',
  'Microsoft.Storage/storageAccounts': '2024-01-01',
  'Microsoft.Storage/storageAccounts/blobServices': '2024-01-01',
  'Microsoft.Storage/storageAccounts/blobServices/containers': '2024-01-01',
  'Microsoft.Storage/storageAccounts/queueServices': '2024-01-01',
  'Microsoft.Storage/storageAccounts/queueServices/queues': '2024-01-01',
  'Microsoft.Web/serverfarms': '2024-04-01',
  'Microsoft.Web/sites': '2024-04-01',
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': '2024-04-01',
  'Microsoft.Web/sites/config': '2024-04-01',
};

/** Names that only look like secrets: they hold names of secrets. */
const namesOfNames = ['clientSecretName', 'secretNames'];

/** What admins added to the settings is theirs, and passed through unread: marked as secret, Azure keeps no copy of it. */
const passedThrough = 'extraAppSettings';

/** Faults of a file of any purpose; one sentence each. Pure. */
export function faultsOf(file: BicepFile): string[] {
  return [...secretFaults(file), ...versionFaults(file), ...moduleFaults(file), ...roleFaults(file)];
}

function secretFaults({ parameters, outputs, code }: BicepFile): string[] {
  const faults: string[] = [];
  for (const { name, decorators } of parameters) {
    const isNamed = /secret|password|credential(?!Mode)|apiKey|accessKey|connectionString/i.test(name);
    const isMarked = decorators.includes('@secure');
    if (name === passedThrough) {
      if (!isMarked) faults.push(`parameter ${name} is kept in the history of deployments`);
    } else if ((isNamed || isMarked) && !namesOfNames.includes(name)) {
      faults.push(`parameter ${name} is a secret`);
    }
  }
  for (const { name, value } of outputs) {
    if (/list\w*\(|ConnectionString|InstrumentationKey|getSecret|primaryKey|secondaryKey/i.test(value)) {
      faults.push(`output ${name} is a secret`);
    }
  }
  if (/\blist(?:Keys|AccountSas|ServiceSas|Secrets|ConnectionStrings)?\s*\(/i.test(code))
    faults.push('a key is listed');
  if (/AccountKey=|SharedAccessKey|DefaultEndpointsProtocol/i.test(code)) faults.push('a connection string is made');
  if (/\.\s*getSecret\s*\(/.test(code)) faults.push('a secret is read');
  if (/Microsoft\.KeyVault\/vaults\/secrets@[^']*'\s*=/.test(code)) faults.push('a secret is written');
  // Of time and chance a second deployment makes something else.
  for (const [call] of code.matchAll(/\b(?:utcNow|newGuid|deployer)\s*\(/g))
    faults.push(`${call.slice(0, -1)} is used`);
  return faults;
}

function versionFaults({ resources }: BicepFile): string[] {
  return resources.flatMap(({ symbol, type, version }) => {
    if (apiVersions[type] === undefined) return [`${symbol} is of a type that is not in the table: ${type}`];
    return apiVersions[type] === version
      ? []
      : [`${symbol} is of another version than ${apiVersions[type]}: ${version}`];
  });
}

const moduleFaults = ({ modules }: BicepFile): string[] =>
  modules.flatMap(({ symbol, path }) =>
    /^(modules\/[\w-]+|main|[\w-]+)\.bicep$/.test(path) ? [] : [`module ${symbol} is not one of ours: ${path}`],
  );

export interface RoleAssignment {
  readonly role: string;
  /** Symbol of the resource under which it is. */
  readonly scope: string;
  readonly condition: string;
}

const isRole = ({ type }: BicepResource): boolean => type === 'Microsoft.Authorization/roleAssignments';

/** The role assignments of a file, by the names of the roles. A role that is not in the table stands under its id. */
export function rolesOf(file: BicepFile): RoleAssignment[] {
  const names = new Map(Object.entries(roleIds).map(([name, id]) => [id, name]));
  return file.resources.filter(isRole).map((resource) => {
    const id = roleIdOf(file, resource);
    const scope = resource.values.get('scope') ?? '';
    return { role: names.get(id) ?? id, scope, condition: resource.condition };
  });
}

function roleIdOf(file: BicepFile, { values }: BicepResource): string {
  const given = values.get('properties.roleDefinitionId') ?? '';
  const [, last = ''] =
    /^subscriptionResourceId\('Microsoft\.Authorization\/roleDefinitions',\s*([^)]+)\)$/.exec(given) ?? [];
  const variable = file.variables.find(({ name }) => name === last);
  return (variable?.value ?? last).replace(/^'|'$/g, '');
}

function roleFaults(file: BicepFile): string[] {
  return file.resources.filter(isRole).flatMap((resource) => {
    const { symbol, values } = resource;
    const faults: string[] = [];
    const id = roleIdOf(file, resource);
    if (!Object.values(roleIds).includes(id)) faults.push(`${symbol} assigns a role that is not in the table`);
    if (values.get('scope') === undefined) faults.push(`${symbol} is not on a resource of its own`);
    // Without it Azure looks the principal up, and a new one is not everywhere yet.
    if (values.get('properties.principalType') !== "'ServicePrincipal'") {
      faults.push(`${symbol} is not for a service principal`);
    }
    if (values.get('properties.principalId') !== 'principalId') faults.push(`${symbol} is for somebody else`);
    const name = values.get('name') ?? '';
    const role = file.variables.find(({ value }) => value === `'${id}'`)?.name ?? id;
    // The same at every deployment, and different for a recreated identity.
    if (!/^guid\(/.test(name) || !name.includes('principalId') || !name.includes(role)) {
      faults.push(`${symbol} has a name that does not follow from scope, principal and role`);
    }
    return faults;
  });
}
