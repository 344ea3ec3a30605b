// Two log-search rules, no more: each has its price. Where tests and people read the queries: ../queries.

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

// The dead man's switch. The query yields a row where nothing came, so the rule counts rows: it needs no value from a
// workspace that is silent.
resource silence 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: '${name}-silence'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Mail broker: no sign of life'
    description: 'For half an hour (or three ticks, if POLL_INTERVAL is longer) no run of the broker was logged. The dimension "cause" says why: the app does not run; no run ends, because the queue brings no wake-ups or every run fails; or the log is at its daily cap, and the broker may well be running unseen.'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    // The query looks back as far as it needs by itself.
    overrideQueryTimeRange: 'P1D'
    criteria: {
      allOf: [
        {
          query: loadTextContent('../queries/silence.kql')
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'cause', operator: 'Include', values: ['*'] }]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    autoMitigate: true
    // A new workspace does not know its tables before the first line.
    skipQueryValidation: true
    actions: { actionGroups: [people.id] }
  }
}

resource attention 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: '${name}-attention'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Mail broker: wants a person'
    description: 'The broker logged something that needs a person. The dimension "event" says what; docs/admin.md, "Log lines", says what to do.'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: loadTextContent('../queries/attention.kql')
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'event', operator: 'Include', values: ['*'] }]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    autoMitigate: true
    skipQueryValidation: true
    actions: { actionGroups: [people.id] }
  }
}
