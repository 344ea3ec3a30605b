// The admin's dashboard. Its queries are files of their own (../queries), where people and tests read them; here each is
// put in its place, by the name of the item.

param location string
param tags object
param workspaceId string

var book = loadJsonContent('../workbook.json')
var queries = {
  attention: loadTextContent('../queries/attention.kql')
  mailboxes: loadTextContent('../queries/mailboxes.kql')
  'mailboxes-over-time': loadTextContent('../queries/mailboxes-over-time.kql')
  deliveries: loadTextContent('../queries/deliveries.kql')
  lag: loadTextContent('../queries/lag.kql')
  polls: loadTextContent('../queries/polls.kql')
  tokens: loadTextContent('../queries/tokens.kql')
  throttles: loadTextContent('../queries/throttles.kql')
  holds: loadTextContent('../queries/holds.kql')
  failures: loadTextContent('../queries/failures.kql')
  functions: loadTextContent('../queries/functions.kql')
  volume: loadTextContent('../queries/volume.kql')
}

var items = map(
  any(book.items),
  item => contains(queries, item.name)
    ? union(item, {
        content: union(item.content, { query: any(queries)[item.name], crossComponentResources: [workspaceId] })
      })
    : item
)

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  // A workbook's name is a GUID; the same one at every deployment.
  name: guid(workspaceId, 'mail-broker')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Mail broker'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string(union(book, { items: items, fallbackResourceIds: [workspaceId] }))
  }
}
