/** Paths of Azure Resource Manager, each with the api version by which it is asked; those of infra/ where a file there uses the type. */
export interface ArmPath {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

const at = (path: string, version: string): ArmPath => ({ path, query: { 'api-version': version } });

/** A resource group, and what is asked of the subscription around it. */
export interface Scope {
  readonly subscription: string;
  readonly group: string;
}

// Names were checked (plan/names.ts): none holds a slash, a question mark or a per cent sign, and URL encodes the rest. As
// they stand here they are the ids that ARM answers with.
const subscriptionOf = ({ subscription }: Scope): string => `/subscriptions/${subscription}`;
export const groupId = (scope: Scope): string => `${subscriptionOf(scope)}/resourceGroups/${scope.group}`;
const resource = (scope: Scope, type: string, name: string): string => `${groupId(scope)}/providers/${type}/${name}`;

export const vaultId = (scope: Scope, vault: string): string => resource(scope, 'Microsoft.KeyVault/vaults', vault);

export const paths = {
  provider: (scope: Scope, namespace: string) => at(`${subscriptionOf(scope)}/providers/${namespace}`, '2022-09-01'),
  group: (scope: Scope) => at(groupId(scope), '2022-09-01'),
  groupTags: (scope: Scope) => at(`${groupId(scope)}/providers/Microsoft.Resources/tags/default`, '2022-09-01'),
  groupResources: (scope: Scope) => at(`${groupId(scope)}/resources`, '2022-09-01'),
  permissions: (scope: string) => at(`${scope}/providers/Microsoft.Authorization/permissions`, '2022-04-01'),
  site: (scope: Scope, app: string) => at(resource(scope, 'Microsoft.Web/sites', app), '2024-04-01'),
  settings: (scope: Scope, app: string) =>
    at(`${resource(scope, 'Microsoft.Web/sites', app)}/config/appsettings/list`, '2024-04-01'),
  functions: (scope: Scope, app: string) =>
    at(`${resource(scope, 'Microsoft.Web/sites', app)}/functions`, '2024-04-01'),
  // Without its secrets, by the right to read the app.
  authentication: (scope: Scope, app: string) =>
    at(`${resource(scope, 'Microsoft.Web/sites', app)}/config/authsettingsV2`, '2024-04-01'),
  publishingPassword: (scope: Scope, app: string, door: 'ftp' | 'scm') =>
    at(`${resource(scope, 'Microsoft.Web/sites', app)}/basicPublishingCredentialsPolicies/${door}`, '2024-04-01'),
  sites: (scope: Scope) => at(`${groupId(scope)}/providers/Microsoft.Web/sites`, '2024-04-01'),
  siteNames: (scope: Scope) =>
    at(`${subscriptionOf(scope)}/providers/Microsoft.Web/checkNameAvailability`, '2024-04-01'),
  vault: (scope: Scope, vault: string) => at(vaultId(scope, vault), '2023-07-01'),
  vaultNames: (scope: Scope) =>
    at(`${subscriptionOf(scope)}/providers/Microsoft.KeyVault/checkNameAvailability`, '2023-07-01'),
  deletedVaults: (scope: Scope) =>
    at(`${subscriptionOf(scope)}/providers/Microsoft.KeyVault/deletedVaults`, '2023-07-01'),
  // Names, ends and tags of secrets, never their values, and by ARM's own rights: no role in the vault is needed.
  secrets: (scope: Scope, vault: string) => at(`${vaultId(scope, vault)}/secrets`, '2023-07-01'),
  storageAccount: (scope: Scope, account: string) =>
    at(resource(scope, 'Microsoft.Storage/storageAccounts', account), '2024-01-01'),
  storageNames: (scope: Scope) =>
    at(`${subscriptionOf(scope)}/providers/Microsoft.Storage/checkNameAvailability`, '2024-01-01'),
  identity: (scope: Scope, app: string) =>
    at(resource(scope, 'Microsoft.ManagedIdentity/userAssignedIdentities', app), '2023-01-31'),
  workspace: (scope: Scope, app: string) =>
    at(resource(scope, 'Microsoft.OperationalInsights/workspaces', app), '2023-09-01'),
  insights: (scope: Scope, app: string) => at(resource(scope, 'Microsoft.Insights/components', app), '2020-02-02'),
  actionGroup: (scope: Scope, app: string) => at(resource(scope, 'Microsoft.Insights/actionGroups', app), '2023-01-01'),
  budget: (scope: Scope, app: string) => at(resource(scope, 'Microsoft.Consumption/budgets', app), '2023-11-01'),
  network: (scope: Scope, app: string) => at(resource(scope, 'Microsoft.Network/virtualNetworks', app), '2024-05-01'),
  publicAddress: (scope: Scope, app: string) =>
    at(resource(scope, 'Microsoft.Network/publicIPAddresses', app), '2024-05-01'),
  appSubnet: (scope: Scope, app: string) =>
    at(`${resource(scope, 'Microsoft.Network/virtualNetworks', app)}/subnets/app`, '2024-05-01'),
  roleAssignments: (scope: string, principal: string) => ({
    path: `${scope}/providers/Microsoft.Authorization/roleAssignments`,
    query: { 'api-version': '2022-04-01', $filter: `principalId eq '${principal}'` },
  }),
  roleAssignment: (scope: string, name: string) =>
    at(`${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, '2022-04-01'),
  locks: (scope: string) => at(`${scope}/providers/Microsoft.Authorization/locks`, '2020-05-01'),
  lock: (id: string) => at(id, '2020-05-01'),
} as const;

/** Built-in roles that the deploy itself gives: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const roles = {
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6',
} as const;

export const roleDefinition = ({ subscription }: Pick<Scope, 'subscription'>, role: string): string =>
  `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`;

/** Resource providers of infra/: those of a network only where there is one. */
export function providersFor(network: 'none' | 'nat' | 'private', hasAlerts: boolean, hasBudget: boolean): string[] {
  return [
    'Microsoft.Web',
    'Microsoft.Storage',
    'Microsoft.KeyVault',
    'Microsoft.ManagedIdentity',
    'Microsoft.OperationalInsights',
    'Microsoft.Insights',
    ...(network === 'none' ? [] : ['Microsoft.Network', 'Microsoft.App']),
    ...(hasAlerts ? ['Microsoft.AlertsManagement'] : []),
    ...(hasBudget ? ['Microsoft.Consumption'] : []),
  ];
}
