// A storage account without keys. For the host: the package's container and the queues of hints; timers and host locks
// make their containers themselves. The app makes its tables at the first write (src/lib/store/table/azure-table.ts).

param name string
param location string
param tags object
param isPrivate bool

@description('True: blobs and queues of the Functions host. False: tables only.')
param forHost bool

var deploymentContainer = 'app-package'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    // Entra is the only way in: no account key, no SAS made from one, no public blob.
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow', bypass: isPrivate ? 'None' : 'AzureServices' }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = if (forHost) {
  parent: account
  name: 'default'
}

// Without it publishing ends in 404 ContainerNotFound.
resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = if (forHost) {
  parent: blobs
  name: deploymentContainer
  properties: { publicAccess: 'None' }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = if (forHost) {
  parent: account
  name: 'default'
}

resource work 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [
  for queue in ['work', 'work-poison']: if (forHost) {
    parent: queues
    name: queue
  }
]

output id string = account.id
output name string = account.name
output deploymentContainer string = deploymentContainer
