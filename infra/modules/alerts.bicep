// Two log-search rules, no more: each has its price.

param name string
param location string
param tags object
param workspaceId string
param email string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'mailbroker'
    enabled: true
    emailReceivers: [{ name: 'admin', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource silence 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: '${name}-silence'
  location: location
  tags: tags
  properties: {
    displayName: 'Mail broker: silent'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
    criteria: { allOf: [] }
    actions: { actionGroups: [people.id] }
  }
}
