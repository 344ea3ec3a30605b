// Who the app is, towards storage, vault, telemetry, and (in federated mode) Entra. User-assigned: it outlives the app,
// and Entra takes no other kind as a federated credential.

param name string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
