// For `azd up` alone: the resource group. All the rest is deployed by the hook in azure.yaml, which runs the same steps as
// `npm run deploy`. azd finds group and app by these tags, as in Azure's own samples:
// https://github.com/Azure-Samples/functions-quickstart-typescript-azd

targetScope = 'subscription'

@description('Name of the azd environment.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of all resources; it must offer Flex Consumption with Node.js 24.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Name of the resource group.')
param resourceGroupName string = 'rg-${environmentName}'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: { 'azd-env-name': environmentName }
}

// azd keeps outputs as variables of its environment, under these names; the hook reads them.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_LOCATION string = group.location
