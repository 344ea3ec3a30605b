type Settings = Readonly<Record<string, string>>;

/**
 * Settings that infra/modules/app.bicep writes itself. test/deploy-files.test.ts compares this list with the file. What
 * is not on it was added by the admin and is passed through: ARM replaces app settings whole
 * (https://github.com/Azure/azure-quickstart-templates/issues/8495).
 */
export const ownSettings: readonly string[] = [
  'ADMIN_TENANT',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'ALLOWED_TENANTS',
  'AZURE_CLIENT_ID',
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__queueServiceUri',
  'AzureWebJobsStorage__tableServiceUri',
  'CLIENT_ID',
  'CLIENT_SECRET_NAME',
  'CREDENTIAL_MODE',
  'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
  'KEY_VAULT_URL',
  'PUBLIC_URL',
  'TABLES_URL',
  'TENANT',
  'WARM_SESSIONS',
];

/** Left out by the template, too: refused on Flex Consumption, or a connection string where identity is used. */
export const refusedSettings: readonly string[] = [
  'AzureWebJobsStorage',
  'FUNCTIONS_EXTENSION_VERSION',
  'FUNCTIONS_WORKER_RUNTIME',
  'TABLES_CONNECTION_STRING',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'WEBSITE_RUN_FROM_PACKAGE',
];

const names = (list: readonly string[]): ReadonlySet<string> => new Set(list.map((name) => name.toLowerCase()));
const own = names([...ownSettings, ...refusedSettings]);

/**
 * What the admin added, to be passed through, and what people are asked for of Graph. App settings are compared without
 * regard to case.
 */
export const addedSettings = (settings: Settings, graphPermissions: readonly string[] = []): Settings => ({
  ...Object.fromEntries(Object.entries(settings).filter(([name]) => !own.has(name.toLowerCase()))),
  ...(graphPermissions.length === 0 ? {} : { GRAPH_PERMISSIONS: graphPermissions.join(', ') }),
});
