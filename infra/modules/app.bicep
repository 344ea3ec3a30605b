// The Function App on Flex Consumption, and its settings. This is the only place that writes app settings: ARM replaces
// them whole, so a second writer would lose what the first one wrote.

param name string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param deploymentContainer string
param tablesName string
param vaultName string
param insightsName string
param subnetId string
param instanceMemoryMB int
param maximumInstanceCount int
param requestBodyLimitBytes int
param publicUrl string
param clientId string
param tenant string
param allowedTenants string

@description('ADMIN_TENANT; empty: the dashboard is off.')
param adminTenant string
param credentialMode string
param clientSecretName string
@secure()
param extraAppSettings object

// IMAP connections kept open, by the memory that there is for them: 1,000 take some 700 MB (bench/results.md), and not half
// of an instance is to go into them.
var warmSessions = { '512': 300, '2048': 1200, '4096': 2400 }

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource tables 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: tablesName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // By this tag `azd deploy` finds the app.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: subnetId == '' ? null : subnetId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${deploymentContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'node', version: '24' }
      scaleAndConcurrency: { instanceMemoryMB: instanceMemoryMB, maximumInstanceCount: maximumInstanceCount }
    }
  }
}

// Publishing by password is not used.
resource passwords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = [
  for door in ['ftp', 'scm']: {
    parent: site
    name: door
    properties: { allow: false }
  }
]

// App Service Authentication stays off: the broker checks its callers itself, and a redirect to a log-in page in front of
// it would answer NocoBase in its place.
resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'authsettingsV2'
  properties: { platform: { enabled: false } }
}

// Set here, these are nobody else's to set: what extraAppSettings says of them does not count.
var ownSettings = {
  // The host's storage, by identity. There is no connection string.
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: storage.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: string(requestBodyLimitBytes)
  PUBLIC_URL: publicUrl
  CLIENT_ID: clientId
  TENANT: tenant
  ALLOWED_TENANTS: allowedTenants
  ADMIN_TENANT: adminTenant
  CREDENTIAL_MODE: credentialMode
  CLIENT_SECRET_NAME: clientSecretName
  KEY_VAULT_URL: vault.properties.vaultUri
  TABLES_URL: tables.properties.primaryEndpoints.table
  AZURE_CLIENT_ID: identityClientId
  WARM_SESSIONS: string(warmSessions[string(instanceMemoryMB)])
}

// Refused by Flex Consumption or by the app, or a secret where an identity is used: never passed through.
var refused = [
  'AzureWebJobsStorage'
  'FUNCTIONS_EXTENSION_VERSION'
  'FUNCTIONS_WORKER_RUNTIME'
  'TABLES_CONNECTION_STRING'
  'WEBSITE_NODE_DEFAULT_VERSION'
  'WEBSITE_RUN_FROM_PACKAGE'
]
var passedOn = toObject(
  filter(items(extraAppSettings), setting => !contains(refused, setting.key)),
  setting => setting.key,
  setting => setting.value
)

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'appsettings'
  properties: union(passedOn, ownSettings)
}

output name string = site.name
output hostName string = site.properties.defaultHostName
