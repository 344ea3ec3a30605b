// The admin's dashboard.

param location string
param tags object
param insightsId string

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  // A workbook's name is a GUID; the same one at every deployment.
  name: guid(insightsId, 'mail-broker')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Mail broker'
    category: 'workbook'
    sourceId: insightsId
    serializedData: loadTextContent('../workbook.json')
  }
}
