// What the identity may read in the vault: each secret by itself, once it exists. Whoever else keeps a secret in this
// vault keeps it to themselves. Deployed after the secrets were written.

targetScope = 'resourceGroup'

@description('Name of the Key Vault (output vaultName of main.bicep).')
param vaultName string

@description('Principal id of the managed identity (output identityPrincipalId of main.bicep).')
param principalId string

@description('Names of the secrets that exist and that the app reads.')
param secretNames string[] = ['broker-root', 'bootstrap-admin-key', 'client-secret']

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource secrets 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = [
  for name in secretNames: {
    parent: vault
    name: name
  }
]

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in secretNames: {
    name: guid(vault.id, name, principalId, secretsUser)
    scope: secrets[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    }
  }
]
