// Private addresses for storage and vault, and the DNS zones by which the app finds them under their usual names.

param name string
param location string
param tags object
param networkId string
param subnetId string

@description('What gets an endpoint: label for its name, part (blob, queue, table, vault), id of the resource.')
param targets { label: string, part: string, id: string }[]

var zoneOf = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  // Not built from environment(): the zone of the vault has a name of its own, vaultcore.
  // https://learn.microsoft.com/azure/private-link/private-endpoint-dns#security
  vault: 'privatelink.vaultcore.azure.net'
}

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [
  for part in ['blob', 'queue', 'table', 'vault']: {
    name: zoneOf[part]
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [
  for (part, index) in ['blob', 'queue', 'table', 'vault']: {
    parent: zones[index]
    name: 'app'
    location: 'global'
    tags: tags
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for target in targets: {
    name: '${name}-${target.label}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        { name: target.label, properties: { privateLinkServiceId: target.id, groupIds: [target.part] } }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (target, index) in targets: {
    parent: endpoints[index]
    name: 'default'
    // A record is of use only in a zone that the network knows.
    dependsOn: [links]
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.part
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zoneOf[target.part]) }
        }
      ]
    }
  }
]
