/**
 * The app role of those who may use the dashboard. Its id is fixed, so that setting up the application again finds the
 * same role; its value is in `roles` of an id token.
 * https://learn.microsoft.com/entra/identity-platform/howto-add-app-roles-in-apps
 */
export const adminRole = {
  id: '6f2c1d1e-53a0-4b0e-9a45-0d7f3c3e8b21',
  value: 'Broker.Admin',
  displayName: 'Mail broker administrator',
  description: 'Manage the mail broker: its mailboxes, destinations, deliveries and keys.',
} as const;
