// Key Vault for the secrets of the broker. The template writes none of them: the deployment does, over the vault's own
// interface, and secret-roles.bicep gives the app each of them by name.

param name string
param location string
param tags object
param purgeProtection bool
param recover bool
param isPrivate bool
param allowedAddresses string[]

var isReachable = !isPrivate || !empty(allowedAddresses)

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    createMode: recover ? 'recover' : 'default'
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    // Azure refuses `false`: the property is given or left out.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: isReachable ? 'Enabled' : 'Disabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: isPrivate ? 'None' : 'AzureServices'
      ipRules: [for address in allowedAddresses: { value: address }]
    }
  }
}

output id string = vault.id
output name string = vault.name
output url string = vault.properties.vaultUri
