// A virtual network for the app, with one static address for everything that leaves it: where NocoBase or a Conditional
// Access policy allows by address.

param name string
param location string
param tags object
param prefix string

resource address 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static', publicIPAddressVersion: 'IPv4' }
}

resource nat 'Microsoft.Network/natGateways@2024-05-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: address.id }], idleTimeoutInMinutes: 30 }
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [prefix] }
    subnets: [
      {
        // Flex Consumption wants a subnet of its own, delegated to Container Apps:
        // https://learn.microsoft.com/azure/azure-functions/functions-networking-options#subnets
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(prefix, 26, 0)
          natGateway: { id: nat.id }
          delegations: [{ name: 'app', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(prefix, 27, 2), privateEndpointNetworkPolicies: 'Disabled' }
      }
    ]
  }
}

output networkId string = network.id
output appSubnetId string = '${network.id}/subnets/app'
output endpointSubnetId string = '${network.id}/subnets/endpoints'
output outboundAddress string = address.properties.ipAddress
