/** A role in a directory, with the id of its template, which is the same in every tenant. */
export interface DirectoryRole {
  readonly name: string;
  readonly templateId: string;
}

// Ids: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
const cloudApplicationAdministrator: DirectoryRole = {
  name: 'Cloud Application Administrator',
  templateId: '158c047a-c907-4556-b7ef-446551a6b5f7',
};
const applicationAdministrator: DirectoryRole = {
  name: 'Application Administrator',
  templateId: '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
};
const applicationDeveloper: DirectoryRole = {
  name: 'Application Developer',
  templateId: 'cf1c38e5-3621-4004-a7cb-879624dced7c',
};
const privilegedRoleAdministrator: DirectoryRole = {
  name: 'Privileged Role Administrator',
  templateId: 'e8611ab8-c189-46e8-94e1-60213ab1f814',
};
const globalAdministrator: DirectoryRole = {
  name: 'Global Administrator',
  templateId: '62e90394-69f5-4237-9190-012177145e10',
};

/**
 * Who may register an application where "Users can register applications" is No: the least privileged first
 * (https://learn.microsoft.com/entra/identity/role-based-access-control/delegate-by-task, "Create application registration
 * when ability is disabled for all users").
 */
export const registerRoles: readonly DirectoryRole[] = [
  applicationDeveloper,
  cloudApplicationAdministrator,
  applicationAdministrator,
  globalAdministrator,
];

/**
 * Who may consent for a whole tenant to what the broker asks: delegated permissions of any service, and application
 * permissions of any service but Microsoft Graph, of which it asks none (the same page, "Consent to any delegated
 * permissions", "Consent to application permissions not including Microsoft Graph"). A Privileged Role Administrator may
 * consent to everything.
 */
export const consentRoles: readonly DirectoryRole[] = [
  cloudApplicationAdministrator,
  applicationAdministrator,
  privilegedRoleAdministrator,
  globalAdministrator,
];

/** What a role of a tenant's own has to allow. https://learn.microsoft.com/entra/identity/role-based-access-control/custom-available-permissions */
export const registerActions: readonly string[] = [
  'microsoft.directory/applications/create',
  'microsoft.directory/applications/createAsOwner',
];

export const namesOf = (roles: readonly DirectoryRole[]): readonly string[] => roles.map(({ name }) => name);
