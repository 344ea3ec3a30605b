// Everything the broker needs in Azure but its secrets and its Entra application. Deployed at a resource group:
//   az deployment group create --resource-group GROUP --template-file infra/main.bicep --parameters appName=… clientId=…
// Resources are plain and the modules our own, so that a reader (and a test) sees all of it in this folder.
// No secret is a parameter, an output or an app setting. README.md beside this file lists parameters and outputs.

targetScope = 'resourceGroup'

@description('Name of the Function App; its address becomes https://NAME.azurewebsites.net. Unique in all of Azure. The log workspace has the same name, and takes 4 letters or more.')
@minLength(4)
@maxLength(59)
param appName string

@description('Region of all resources; it must offer Flex Consumption with Node.js 24.')
param location string = resourceGroup().location

@description('Tags for every resource.')
param tags object = {}

@description('Name of the Azure Developer CLI environment; empty where azd is not used.')
param azdEnvironment string = ''

// --- Microsoft Entra -------------------------------------------------------------------------------------------------

@description('Application (client) id of the Entra application.')
@minLength(36)
@maxLength(36)
param clientId string

@description('TENANT: the id of the tenant whose mailboxes are read; or organizations, consumers, common.')
param tenant string = subscription().tenantId

@description('ALLOWED_TENANTS: tenant ids with commas, or *. Empty: the one in TENANT.')
param allowedTenants string = ''

@description('ADMIN_TENANT: the id of the tenant whose people with the app role Broker.Admin may open the dashboard. Empty: it is off.')
param adminTenant string = ''

@description('CREDENTIAL_MODE: how the app proves itself to Entra.')
@allowed(['secret', 'federated'])
param credentialMode string = 'secret'

@description('CLIENT_SECRET_NAME: name of the client secret in Key Vault.')
param clientSecretName string = 'client-secret'

@description('PUBLIC_URL: where browsers and NocoBase reach the app. Set it only for a domain of your own.')
param publicUrl string = 'https://${appName}.azurewebsites.net'

// --- Function App ----------------------------------------------------------------------------------------------------

@description('Memory of an instance in MB. 512 is what docs/cost.md reckons with, and a quarter of the price of 2048, the default of Azure. More of it keeps more IMAP connections open.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Instances at most. 40 is the least that Flex Consumption takes; it bounds what a flood of requests can cost.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: what the host reads of a request before the app sees it, in bytes.')
param requestBodyLimitBytes int = 37000000

@description('App settings beyond those that this template writes, by name. What an admin added is passed through here; it may hold a secret, and the history of deployments keeps none.')
@secure()
param extraAppSettings object = {}

// --- Storage and vault -----------------------------------------------------------------------------------------------

@description('Storage account of the host: package, timers, queue; the tables too, unless separateTables is true.')
@minLength(3)
@maxLength(24)
param storageName string = 'st${uniqueString(resourceGroup().id, appName)}'

@description('A second storage account for the tables, out of reach of people who may publish the app.')
param separateTables bool = false

@description('Name of that second account.')
@minLength(3)
@maxLength(24)
param tablesName string = 'tb${uniqueString(resourceGroup().id, appName)}'

@description('Name of the Key Vault.')
@minLength(3)
@maxLength(24)
param vaultName string = 'kv-${uniqueString(resourceGroup().id, appName)}'

@description('Purge protection: a deleted vault stays recoverable for 90 days, which cannot be shortened. It cannot be turned off again.')
param purgeProtection bool = true

@description('True brings a deleted vault of that name back instead of making a new one.')
param recoverVault bool = false

// --- Network ---------------------------------------------------------------------------------------------------------

@description('none: no virtual network. nat: outgoing requests leave from one static address. private: the same, and storage and vault are reachable from the virtual network only.')
@allowed(['none', 'nat', 'private'])
param network string = 'none'

@description('Address space of the virtual network, a /24.')
param networkPrefix string = '10.71.0.0/24'

@description('With network private: public addresses that reach the vault all the same, for as long as the deployment writes secrets. Empty closes it.')
param vaultAllowedAddresses string[] = []

// --- Monitoring ------------------------------------------------------------------------------------------------------

@description('Log volume of a day in GB at which the workspace stops taking more: at least five times what the model of docs/cost.md says of a day, which for 1,000 mailboxes is a fifth of a GB.')
param dailyCapGb string = '2'

@description('Days that the log is kept. 30 are free of charge beyond the ingestion.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Where alerts go. Empty: no alert rules, which is also what costs nothing.')
param alertEmail string = ''

@description('Budget of the resource group for a month, in the currency of the subscription. 0: none.')
@minValue(0)
param budgetAmount int = 0

@description('First day of the month in which the budget begins, as yyyy-MM-01. Of an existing budget: its own; Azure refuses to change it.')
param budgetStart string = ''

var allTags = azdEnvironment == '' ? tags : union(tags, { 'azd-env-name': azdEnvironment })
var tablesAccount = separateTables ? tablesName : storageName

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: { name: appName, location: location, tags: allTags }
}

module net 'modules/network.bicep' = if (network != 'none') {
  name: 'network'
  params: { name: appName, location: location, tags: allTags, prefix: networkPrefix }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: storageName
    location: location
    tags: allTags
    isPrivate: network == 'private'
    forHost: true
  }
}

module tables 'modules/storage.bicep' = if (separateTables) {
  name: 'tables'
  params: {
    name: tablesName
    location: location
    tags: allTags
    isPrivate: network == 'private'
    forHost: false
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    name: vaultName
    location: location
    tags: allTags
    purgeProtection: purgeProtection
    recover: recoverVault
    isPrivate: network == 'private'
    allowedAddresses: vaultAllowedAddresses
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: appName
    location: location
    tags: allTags
    dailyCapGb: dailyCapGb
    retentionDays: logRetentionDays
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    tablesName: separateTables ? tables!.outputs.name : ''
    insightsName: monitoring.outputs.insightsName
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (network == 'private') {
  name: 'private-endpoints'
  params: {
    name: appName
    location: location
    tags: allTags
    networkId: net!.outputs.networkId
    subnetId: net!.outputs.endpointSubnetId
    targets: concat(
      map(['blob', 'queue', 'table'], part => { label: 'storage-${part}', part: part, id: storage.outputs.id }),
      separateTables ? [{ label: 'tables-table', part: 'table', id: tables!.outputs.id }] : [],
      [{ label: 'vault', part: 'vault', id: vault.outputs.id }]
    )
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  // The host reads its storage and the package as soon as it starts.
  dependsOn: [roles, endpoints]
  params: {
    name: appName
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    deploymentContainer: storage.outputs.deploymentContainer
    tablesName: separateTables ? tables!.outputs.name : storage.outputs.name
    vaultName: vault.outputs.name
    insightsName: monitoring.outputs.insightsName
    subnetId: network == 'none' ? '' : net!.outputs.appSubnetId
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    requestBodyLimitBytes: requestBodyLimitBytes
    publicUrl: publicUrl
    clientId: clientId
    tenant: tenant
    allowedTenants: allowedTenants
    adminTenant: adminTenant
    credentialMode: credentialMode
    clientSecretName: clientSecretName
    extraAppSettings: extraAppSettings
  }
}

module dashboard 'modules/workbook.bicep' = {
  name: 'workbook'
  params: {
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module alerts 'modules/alerts.bicep' = if (alertEmail != '') {
  name: 'alerts'
  params: {
    name: appName
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    email: alertEmail
  }
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0) {
  name: 'budget'
  params: { name: appName, amount: budgetAmount, start: budgetStart, email: alertEmail }
}

@description('Name of the Function App.')
output appName string = app.outputs.name
@description('The host name that Azure gave to the app. The deployment asserts that it is the one in PUBLIC_URL and the redirect URI.')
output hostName string = app.outputs.hostName
@description('PUBLIC_URL as the app has it.')
output publicUrl string = publicUrl
@description('The user-assigned managed identity: its resource id.')
output identityId string = identity.outputs.id
@description('Its client id (AZURE_CLIENT_ID).')
output identityClientId string = identity.outputs.clientId
@description('Its principal id: the subject of a federated credential, and who the roles are for.')
output identityPrincipalId string = identity.outputs.principalId
@description('Name of the Key Vault.')
output vaultName string = vault.outputs.name
@description('Its address (KEY_VAULT_URL).')
output vaultUrl string = vault.outputs.url
@description('Storage account of the host.')
output storageName string = storage.outputs.name
@description('Storage account of the tables; the same unless separateTables.')
output tablesName string = tablesAccount
@description('Container into which the package is published.')
output deploymentContainer string = storage.outputs.deploymentContainer
@description('Application Insights: its name.')
output insightsName string = monitoring.outputs.insightsName
@description('Log Analytics: its name.')
output workspaceName string = monitoring.outputs.workspaceName
@description('The static address that outgoing requests come from; empty without a network.')
output outboundAddress string = network == 'none' ? '' : net!.outputs.outboundAddress
