// Mail before the bill: at 80 % and 100 % of what was spent, and at 100 % of what the month is heading for.

param name string
param amount int

@description('yyyy-MM-01')
param start string

@description('Who is told, beside the owners of the resource group; may be empty.')
param email string

var people = email == '' ? [] : [email]

resource budget 'Microsoft.Consumption/budgets@2023-11-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: start }
    notifications: {
      most: { enabled: true, operator: 'GreaterThanOrEqualTo', threshold: 80, thresholdType: 'Actual', contactEmails: people, contactRoles: ['Owner'] }
      all: { enabled: true, operator: 'GreaterThanOrEqualTo', threshold: 100, thresholdType: 'Actual', contactEmails: people, contactRoles: ['Owner'] }
      heading: { enabled: true, operator: 'GreaterThan', threshold: 100, thresholdType: 'Forecasted', contactEmails: people, contactRoles: ['Owner'] }
    }
  }
}
