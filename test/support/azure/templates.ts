import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, Refused, text } from './answers.ts';
import type { AzureModel, Resource, Vault } from './model.ts';

const infra = join(import.meta.dirname, '../../../infra');

/** The parameters that a file of infra/ declares: the model takes no other. */
export function parametersOf(
  file: string,
): ReadonlyMap<string, { readonly type: string; readonly isRequired: boolean }> {
  const source = readFileSync(join(infra, file), 'utf8');
  const found = [...source.matchAll(/^param (\w+) (\w+(?:\[\])?)( =)?/gm)];
  return new Map(found.map(([, name = '', type = '', given]) => [name, { type, isRequired: given === undefined }]));
}

const hasType = (value: unknown, type: string): boolean =>
  type === 'int'
    ? Number.isInteger(value)
    : type === 'bool'
      ? typeof value === 'boolean'
      : type === 'object'
        ? isRecord(value)
        : type === 'string[]'
          ? Array.isArray(value)
          : typeof value === 'string';

/** Checks as Azure does before it begins. @returns the values by name */
function read(file: string, given: unknown): Record<string, unknown> {
  const declared = parametersOf(file);
  const values: Record<string, unknown> = {};
  for (const [name, wrapped] of Object.entries(isRecord(given) ? given : {})) {
    const { type } = declared.get(name) ?? {};
    const value = isRecord(wrapped) ? wrapped.value : undefined;
    if (type === undefined || !hasType(value, type)) {
      throw new Refused(400, 'InvalidTemplate', `The template parameter '${name}' is not found or has another type.`);
    }
    values[name] = value;
  }
  for (const [name, { isRequired }] of declared) {
    if (isRequired && values[name] === undefined)
      throw new Refused(400, 'InvalidTemplate', `The value for the template parameter '${name}' is not provided.`);
  }
  return values;
}

interface Deployment {
  readonly model: AzureModel;
  readonly group: string;
  readonly parameters: Record<string, unknown>;
}

const key = (id: string): string => id.toLowerCase();

function put(
  { model, group, parameters }: Deployment,
  type: string,
  name: string,
  properties: Record<string, unknown>,
  tags = {},
): Resource {
  const id = `/subscriptions/${model.subscription.id}/resourceGroups/${group}/providers/${type}/${name}`;
  const before = model.resources.get(key(id));
  const resource: Resource = {
    id,
    type,
    name,
    location: before?.location ?? text(parameters.location),
    tags: {
      ...(isRecord(parameters.tags)
        ? Object.fromEntries(Object.entries(parameters.tags).map(([tag, value]) => [tag, text(value)]))
        : {}),
      ...tags,
    },
    properties,
  };
  model.resources.set(key(id), resource);
  return resource;
}

/** An assignment by the name that `guid()` gives it: the same for the same principal, role and scope. */
function assign({ model }: Deployment, scope: string, principalId: string, role: string): void {
  const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${principalId}-${role}`;
  if (model.assignments.has(key(id))) return;
  const roleDefinitionId = `/subscriptions/${model.subscription.id}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
  model.assignments.set(key(id), {
    id,
    name: `${principalId}-${role}`,
    scope,
    principalId,
    roleDefinitionId,
    madeAt: model.clock.now(),
  });
}

export const appRoles = {
  blobs: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  queues: '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  tables: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  metrics: '3913510d-42f4-4e42-8a64-420c390055eb',
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6',
} as const;

function vaultOf({ model, group, parameters }: Deployment, name: string): void {
  const deleted = model.deletedVaults.get(key(name));
  if (deleted !== undefined) {
    if (parameters.recoverVault !== true)
      throw new Refused(409, 'VaultAlreadyExists', `The vault name ${name} is already in use by a deleted vault.`);
    model.vaults.set(key(name), deleted.vault);
    model.deletedVaults.delete(key(name));
  } else if (parameters.recoverVault === true && !model.vaults.has(key(name))) {
    throw new Refused(404, 'VaultNotFound', `There is no deleted vault ${name}.`);
  }
  if (!model.vaults.has(key(name)))
    model.vaults.set(key(name), { secrets: new Map(), deletedSecrets: new Map() } satisfies Vault);
  const isPrivate = parameters.network === 'private';
  put({ model, group, parameters }, 'Microsoft.KeyVault/vaults', name, {
    enablePurgeProtection: parameters.purgeProtection === true ? true : undefined,
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled',
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow',
      bypass: isPrivate ? 'None' : 'AzureServices',
      ipRules: [],
    },
  });
}

/** infra/modules/network.bicep and private-endpoints.bicep. What a template does not name stays as it is. */
function networkOf(deployment: Deployment, app: string, endpoints: number): void {
  const { network, networkPrefix } = deployment.parameters;
  if (network === 'none') return;
  put(deployment, 'Microsoft.Network/publicIPAddresses', app, { ipAddress: '198.51.100.9' });
  const nat = put(deployment, 'Microsoft.Network/natGateways', app, {});
  put(deployment, 'Microsoft.Network/virtualNetworks', app, {
    addressSpace: { addressPrefixes: [networkPrefix] },
    subnets: { app: { addressPrefix: '10.71.0.0/26', natGateway: { id: nat.id } } },
  });
  if (network !== 'private') return;
  for (const zone of [
    'blob.core.windows.net',
    'queue.core.windows.net',
    'table.core.windows.net',
    'vaultcore.azure.net',
  ]) {
    put(deployment, 'Microsoft.Network/privateDnsZones', `privatelink.${zone}`, {});
    put(deployment, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks', `privatelink.${zone}/app`, {});
  }
  for (let place = 1; place <= endpoints; place += 1)
    put(deployment, 'Microsoft.Network/privateEndpoints', `${app}-${place}`, {});
}

/** infra/main.bicep, as far as the deploy sees what it makes. */
function main(deployment: Deployment): Record<string, unknown> {
  const { model, parameters } = deployment;
  const [app, storage, vault] = [text(parameters.appName), text(parameters.storageName), text(parameters.vaultName)];
  if (Number(parameters.budgetAmount) > 0) {
    const start = text(parameters.budgetStart);
    const budget = [...model.resources.values()].find(
      ({ type, name }) => type === 'Microsoft.Consumption/budgets' && name === app,
    );
    const before = isRecord(budget?.properties.timePeriod)
      ? text(budget.properties.timePeriod.startDate)
      : `${start}T00:00:00Z`;
    if (model.behaviour.refusesBudgets) {
      throw new Refused(
        400,
        'DeploymentFailed',
        `Microsoft.Consumption/budgets/${app}: this subscription offer does not support budgets.`,
      );
    }
    if (before !== `${start}T00:00:00Z`)
      throw new Refused(400, 'DeploymentFailed', 'Microsoft.Consumption: Start date of budgets cannot be updated.');
    put(deployment, 'Microsoft.Consumption/budgets', app, {
      amount: parameters.budgetAmount,
      timePeriod: { startDate: before },
    });
  }
  const existing = model.resources.get(
    key(
      `/subscriptions/${model.subscription.id}/resourceGroups/${deployment.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${app}`,
    ),
  );
  const identity = existing?.properties ?? { principalId: model.newId(), clientId: model.newId() };
  put(deployment, 'Microsoft.ManagedIdentity/userAssignedIdentities', app, identity);
  const principalId = text(identity.principalId);
  const account = put(deployment, 'Microsoft.Storage/storageAccounts', storage, {});
  const tables = parameters.separateTables === true ? text(parameters.tablesName) : storage;
  const tablesAccount = tables === storage ? account : put(deployment, 'Microsoft.Storage/storageAccounts', tables, {});
  vaultOf(deployment, vault);
  put(deployment, 'Microsoft.OperationalInsights/workspaces', app, {
    workspaceCapping: { dailyQuotaGb: Number(parameters.dailyCapGb) },
  });
  const insights = put(deployment, 'Microsoft.Insights/components', app, {});
  for (const role of [appRoles.blobs, appRoles.queues, appRoles.tables])
    assign(deployment, account.id, principalId, role);
  if (tablesAccount !== account) assign(deployment, tablesAccount.id, principalId, appRoles.tables);
  assign(deployment, insights.id, principalId, appRoles.metrics);
  networkOf(deployment, app, tables === storage ? 4 : 5);
  if (parameters.alertEmail !== '')
    put(deployment, 'Microsoft.Insights/actionGroups', app, {
      emailReceivers: [{ emailAddress: parameters.alertEmail }],
    });
  const hostName = model.behaviour.hostName ?? `${app}.azurewebsites.net`;
  put(
    deployment,
    'Microsoft.Web/sites',
    app,
    {
      defaultHostName: hostName,
      virtualNetworkSubnetId: parameters.network === 'none' && !model.behaviour.keepsIntegration ? null : 'subnet',
      functionAppConfig: {
        runtime: { name: 'node', version: '24' },
        scaleAndConcurrency: {
          instanceMemoryMB: parameters.instanceMemoryMB,
          maximumInstanceCount: parameters.maximumInstanceCount,
        },
      },
    },
    { 'azd-service-name': 'api' },
  );
  const given = isRecord(parameters.extraAppSettings) ? parameters.extraAppSettings : {};
  const added = Object.fromEntries(Object.entries(given).map(([setting, value]) => [setting, text(value)]));
  const settings = {
    ...added,
    ...settingsOf(parameters, { identity: text(identity.clientId), vault, storage, tables }),
  };
  const before = model.apps.get(key(app));
  // Replaced whole, as ARM does it.
  if (before === undefined)
    model.apps.set(key(app), {
      ...{ settings, functions: [], listedAt: 0, keys: [], sealed: new Map() },
      ...{ authentication: false, passwords: { ftp: false, scm: false } },
    });
  else {
    before.settings = settings;
    before.authentication = false;
    Object.assign(before.passwords, { ftp: false, scm: false });
  }
  return {
    appName: app,
    hostName,
    publicUrl: parameters.publicUrl,
    identityPrincipalId: principalId,
    vaultName: vault,
    tablesName: tables,
    outboundAddress: parameters.network === 'none' ? '' : '198.51.100.9',
  };
}

const warmSessions: Readonly<Record<string, string>> = { 512: '300', 2048: '1200', 4096: '2400' };

/** What the template writes itself; test/deploy-files.test.ts compares the names with infra/modules/app.bicep. */
export function settingsOf(
  parameters: Record<string, unknown>,
  names: { identity: string; vault: string; storage: string; tables: string },
): Record<string, string> {
  const { identity, vault, storage, tables } = names;
  return {
    AzureWebJobsStorage__credential: 'managedidentity',
    AzureWebJobsStorage__clientId: identity,
    AzureWebJobsStorage__blobServiceUri: `https://${storage}.blob.core.windows.net/`,
    AzureWebJobsStorage__queueServiceUri: `https://${storage}.queue.core.windows.net/`,
    AzureWebJobsStorage__tableServiceUri: `https://${storage}.table.core.windows.net/`,
    APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=x',
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${identity};Authorization=AAD`,
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(parameters.requestBodyLimitBytes ?? 37_000_000),
    PUBLIC_URL: text(parameters.publicUrl),
    CLIENT_ID: text(parameters.clientId),
    TENANT: text(parameters.tenant),
    ALLOWED_TENANTS: text(parameters.allowedTenants),
    ADMIN_TENANT: text(parameters.adminTenant),
    CREDENTIAL_MODE: text(parameters.credentialMode),
    CLIENT_SECRET_NAME: text(parameters.clientSecretName),
    KEY_VAULT_URL: `https://${vault}.vault.azure.net/`,
    TABLES_URL: `https://${tables}.table.core.windows.net/`,
    AZURE_CLIENT_ID: identity,
    WARM_SESSIONS: warmSessions[String(parameters.instanceMemoryMB)] ?? '',
  };
}

/** infra/secret-roles.bicep: a secret that is not there is an error, as it is in Azure. */
function secretRoles(deployment: Deployment): Record<string, unknown> {
  const { model, parameters, group } = deployment;
  const vault = text(parameters.vaultName);
  for (const name of Array.isArray(parameters.secretNames) ? parameters.secretNames.map(text) : []) {
    if (model.vaults.get(key(vault))?.secrets.has(name) !== true)
      throw new Refused(404, 'ResourceNotFound', `The secret ${name} was not found.`);
    assign(
      deployment,
      `/subscriptions/${model.subscription.id}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${vault}/secrets/${name}`,
      text(parameters.principalId),
      appRoles.secretsUser,
    );
  }
  return {};
}

/** infra/lock.bicep */
function lock({ model, parameters, group }: Deployment): Record<string, unknown> {
  for (const [type, name] of [
    ['Microsoft.KeyVault/vaults', parameters.vaultName],
    ['Microsoft.Storage/storageAccounts', parameters.tablesName],
  ]) {
    const id = `/subscriptions/${model.subscription.id}/resourceGroups/${group}/providers/${type}/${text(name)}/providers/Microsoft.Authorization/locks/mail-broker-keep`;
    model.locks.set(key(id), { id, name: 'mail-broker-keep' });
  }
  return {};
}

const templates: Readonly<Record<string, (deployment: Deployment) => Record<string, unknown>>> = {
  'main.bicep': main,
  'secret-roles.bicep': secretRoles,
  'lock.bicep': lock,
};

/** Deploys a file of infra/ at a resource group. @returns the outputs */
export function deployTo(model: AzureModel, group: string, file: string, given: unknown): Record<string, unknown> {
  const template = templates[file];
  if (template === undefined)
    throw new Refused(400, 'InvalidTemplate', `The model does not know the template ${file}.`);
  return template({ model, group, parameters: read(file, given) });
}
