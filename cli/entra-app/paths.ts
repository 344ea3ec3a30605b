import { guid } from '../../src/lib/setting-defaults.ts';
import { AzureProblem } from '../azure/problem.ts';

/**
 * An id as part of an address. It may come from a tag or a setting, which others can write; and in a what-if run it is
 * `<client id>`.
 * @throws AzureProblem bad_client_id
 */
function key(id: string): string {
  if (guid.test(id) || /^<[\w ]+>$/.test(id)) return id;
  throw new AzureProblem(
    'bad_client_id',
    `${JSON.stringify(id)} is no id of an application.`,
    'Look at the tag mail-broker-client-id of the resource group and at the setting CLIENT_ID of the app; give the right one with --client-id.',
  );
}

/** Addresses of Microsoft Graph. An application and a principal are found by the client id, which is unique. */
export const paths = {
  application: (clientId: string) => `/applications(appId='${key(clientId)}')`,
  // Made from hashes of ours: letters, digits and hyphens.
  namedApplication: (uniqueName: string) => `/applications(uniqueName='${uniqueName}')`,
  principal: (clientId: string) => `/servicePrincipals(appId='${key(clientId)}')`,
  grantsOf: (principalId: string) => `/servicePrincipals/${key(principalId)}/oauth2PermissionGrants`,
  grants: '/oauth2PermissionGrants',
  // Graph made this id: base64 for URLs.
  grant: (id: string) => `/oauth2PermissionGrants/${encodeURIComponent(id)}`,
  rolesOf: (principalId: string) => `/servicePrincipals/${key(principalId)}/appRoleAssignments`,
  assignedTo: (resourceId: string) => `/servicePrincipals/${key(resourceId)}/appRoleAssignedTo`,
  federations: (clientId: string) => `${paths.application(clientId)}/federatedIdentityCredentials`,
  federation: (clientId: string, name: string) =>
    `${paths.application(clientId)}/federatedIdentityCredentials(name='${encodeURIComponent(name)}')`,
  addPassword: (clientId: string) => `${paths.application(clientId)}/addPassword`,
  removePassword: (clientId: string) => `${paths.application(clientId)}/removePassword`,
  policies: (clientId: string) => `${paths.application(clientId)}/appManagementPolicies`,
  defaultPolicy: '/policies/defaultAppManagementPolicy',
  authorization: '/policies/authorizationPolicy',
  person: '/me',
  personRoles: '/me/transitiveMemberOf/microsoft.graph.directoryRole',
  directoryAssignments: '/roleManagement/directory/roleAssignments',
} as const;

/** Whether an id is only known after a real run. */
export const isPlaceholder = (id: string): boolean => id.startsWith('<');

/** Makes a PATCH make what is not there; https://learn.microsoft.com/graph/api/application-upsert */
export const createIfMissing = { Prefer: 'create-if-missing' } as const;
