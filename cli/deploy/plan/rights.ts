/** One entry of `Microsoft.Authorization/permissions`: what the caller may do at a scope. */
export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** Whether a pattern such as `Microsoft.Authorization/ * /write` (without the spaces) covers an action; Azure compares without regard to case. */
function covers(pattern: string, action: string): boolean {
  const form = pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${form}$`, 'i').test(action);
}

/** Whether one of the caller's roles allows an action and does not take it back. Roles add up. */
export function allows(permissions: readonly Permission[], action: string): boolean {
  return permissions.some(
    ({ actions, notActions }) =>
      actions.some((pattern) => covers(pattern, action)) && !notActions.some((pattern) => covers(pattern, action)),
  );
}

/** What the deploy does, the role that allows it, and why it is needed. */
export const neededActions = [
  {
    action: 'Microsoft.Resources/deployments/write',
    role: 'Contributor',
    why: 'to make the resources',
  },
  {
    action: 'Microsoft.Authorization/roleAssignments/write',
    role: 'Owner, User Access Administrator or Role Based Access Control Administrator',
    why: 'to let the app read its storage and its secrets',
  },
  {
    action: 'Microsoft.Authorization/locks/write',
    role: 'Owner or User Access Administrator',
    why: 'to lock the vault and the tables against deletion',
  },
] as const;
