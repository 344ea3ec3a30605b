// The delete lock, on what cannot be made again: the vault and the account of the tables. Deployed last, after every
// role: a lock also keeps the role assignments at and under it from being removed. For the same reason it is not on the
// resource group: a role that a person holds for an hour is assigned there, and goes again.

targetScope = 'resourceGroup'

@description('Name of the Key Vault (output vaultName of main.bicep).')
param vaultName string

@description('Storage account of the tables (output tablesName of main.bicep).')
param tablesName string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource tables 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: tablesName
}

resource vaultLock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'mail-broker-keep'
  scope: vault
  properties: { level: 'CanNotDelete', notes: 'Without broker-root every mailbox has to be connected again.' }
}

resource tablesLock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'mail-broker-keep'
  scope: tables
  properties: { level: 'CanNotDelete', notes: 'The sealed sign-ins of every mailbox.' }
}
