import { z } from 'zod';

// Answers of Microsoft Graph, as far as they are used. https://learn.microsoft.com/graph/api/resources/application and its
// neighbours.

const nullish = <Value>(form: z.ZodType<Value>, instead: Value) =>
  form.nullish().transform((value): Value => value ?? instead);
const texts = nullish(z.array(z.string()), []);

export const appRoleForm = z.looseObject({
  id: z.string(),
  value: z.string().nullish(),
  isEnabled: nullish(z.boolean(), true),
  allowedMemberTypes: texts,
});

export const rolesForm = z.object({ appRoles: z.array(appRoleForm) });

const accessForm = z.object({
  resourceAppId: z.string(),
  resourceAccess: nullish(z.array(z.object({ id: z.string(), type: z.string() })), []),
});

/** What of an application is read; the rest stays as it is and is never sent back. */
export const applicationFields =
  'id,appId,createdDateTime,signInAudience,api,web,requiredResourceAccess,appRoles,passwordCredentials';

export const passwordForm = z
  .object({ keyId: z.string(), displayName: z.string().nullish(), endDateTime: z.string() })
  .transform(({ keyId, displayName, endDateTime }) => ({
    keyId,
    displayName: displayName ?? '',
    endsAt: Date.parse(endDateTime),
  }));

export const applicationForm = z
  .object({
    id: z.string(),
    appId: z.string(),
    createdDateTime: z.string().nullish(),
    signInAudience: z.string().nullish(),
    api: z.object({ requestedAccessTokenVersion: z.number().nullish() }).nullish(),
    web: z.object({ redirectUris: texts }).nullish(),
    requiredResourceAccess: nullish(z.array(accessForm), []),
    appRoles: nullish(z.array(appRoleForm), []),
    passwordCredentials: nullish(z.array(passwordForm), []),
  })
  .transform(({ web, api, createdDateTime, ...rest }) => ({
    ...rest,
    redirectUris: web?.redirectUris ?? [],
    tokenVersion: api?.requestedAccessTokenVersion ?? undefined,
    createdAt: createdDateTime == null ? undefined : Date.parse(createdDateTime),
  }));

export type Application = z.infer<typeof applicationForm>;

export const principalForm = z.object({
  id: z.string(),
  appRoleAssignmentRequired: nullish(z.boolean(), false),
});
export type Principal = z.infer<typeof principalForm>;

const publishedForm = z.object({ id: z.string(), value: z.string().nullish(), isEnabled: nullish(z.boolean(), true) });
const offered = (all: z.infer<typeof publishedForm>[]) =>
  all.flatMap(({ id, value, isEnabled }) => (isEnabled && value != null ? [{ id, value }] : []));

export const publishedFields = 'id,oauth2PermissionScopes,appRoles';
export const publicationForm = z
  .object({
    id: z.string(),
    oauth2PermissionScopes: nullish(z.array(publishedForm), []),
    appRoles: nullish(z.array(publishedForm), []),
  })
  .transform(({ id, oauth2PermissionScopes, appRoles }) => ({
    objectId: id,
    scopes: offered(oauth2PermissionScopes),
    roles: offered(appRoles),
  }));

export const grantForm = z.object({
  id: z.string(),
  resourceId: z.string(),
  consentType: z.string(),
  scope: nullish(z.string(), ''),
});
export type Grant = z.infer<typeof grantForm>;

export const assignmentForm = z.object({ principalId: z.string(), resourceId: z.string(), appRoleId: z.string() });
export type Assignment = z.infer<typeof assignmentForm>;

export const personForm = z.object({ id: z.string(), userType: z.string().nullish() });

export const federationForm = z.object({
  name: z.string(),
  issuer: z.string(),
  subject: z.string(),
  audiences: texts,
});
export type FederatedCredential = z.infer<typeof federationForm>;
