// What the identity may do, one by one. The name of each assignment holds the principal: an identity that was deleted and
// made anew gets assignments of its own instead of meeting the old one's. principalType spares the look-up of a principal
// that has not reached every copy of the directory yet (PrincipalNotFound).
// Role ids: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles

param principalId string
param storageName string

@description('Account of the tables where that is a second one; else empty.')
param tablesName string
param insightsName string

var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource tables 'Microsoft.Storage/storageAccounts@2024-01-01' existing = if (tablesName != '') {
  name: tablesName == '' ? storageName : tablesName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// The package, and the blob leases by which the host runs each timer once. The host asks for Owner:
// https://learn.microsoft.com/azure/azure-functions/functions-reference#grant-permission-to-the-identity
resource blobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, blobDataOwner)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
  }
}

// The queue `work` and its poison queue.
resource queues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, queueDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataContributor)
  }
}

// The broker's tables where there is one account; where there are two, the host's own table of diagnostic events.
resource hostTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, tableDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableDataContributor)
  }
}

resource brokerTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (tablesName != '') {
  name: guid(tables.id, principalId, tableDataContributor)
  scope: tables
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableDataContributor)
  }
}

// Telemetry: Application Insights takes nothing without a token.
resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}
