import type { Config } from '../config.ts';
import type { GraphMailPermission } from '../domain/graph-permissions.ts';
import type { Resource } from './types.ts';

type Resources = Pick<Config['entra'], 'outlookResource' | 'graphResource' | 'graphPermissions'>;

/**
 * Scopes of a token request: one resource each, in full, since a scope without its resource means Microsoft Graph, whose
 * tokens Exchange refuses. https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
 */
export function tokenScopes(resources: Resources, resource: Resource): string[] {
  const { outlookResource, graphResource, graphPermissions } = resources;
  if (resource === 'outlook') return [`${outlookResource}/IMAP.AccessAsUser.All`, `${outlookResource}/SMTP.Send`];
  return (resource === 'graph' ? ['User.Read'] : graphPermissions).map((name) => `${graphResource}/${name}`);
}

/**
 * What a token request for mail by Graph names: the permissions that the caller needs and no other, since Microsoft
 * refuses a request that names one without consent (AADSTS65001), whatever else was granted.
 * @returns undefined if the deployment does not ask for one of them at sign-in, so that nobody can have granted it
 */
export function graphMailScopes(
  { graphResource, graphPermissions }: Pick<Resources, 'graphResource' | 'graphPermissions'>,
  needed: readonly GraphMailPermission[],
): string[] | undefined {
  if (needed.length === 0 || !needed.every((name) => graphPermissions.includes(name))) return undefined;
  return needed.map((name) => `${graphResource}/${name}`);
}

/**
 * The scope of a token of the app itself: all application permissions that it was given on the resource, which for mail
 * has a name of its own (`IMAP.AccessAsApp` and `SMTP.SendAsApp` of Office 365 Exchange Online).
 */
export const appScope = (
  resources: Pick<Config['entra'], 'outlookAppResource' | 'graphResource'>,
  resource: Resource,
): string => `${resource === 'outlook' ? resources.outlookAppResource : resources.graphResource}/.default`;

/**
 * Consented to in the same sign-in, though the code is redeemed for the mail resource only.
 * @param least without the permissions for mail by Graph
 */
export const furtherScopes = (resources: Resources, least = false): string[] => [
  ...tokenScopes(resources, 'graph'),
  ...(least ? [] : tokenScopes(resources, 'graph_mail')),
];

/**
 * The scope without which a token for the resource is of no use. For mail by Graph the caller checks what was granted.
 */
export const neededScope = {
  outlook: 'IMAP.AccessAsUser.All',
  graph: 'User.Read',
  graph_mail: undefined,
} as const satisfies Readonly<Record<Resource, string | undefined>>;

/** True if `name` is among the granted scopes. They may come back under another prefix than asked, so the last segment counts. */
export function isGranted(granted: readonly string[], name: string): boolean {
  const last = (scope: string) => scope.slice(scope.lastIndexOf('/') + 1).toLowerCase();
  return granted.some((scope) => last(scope) === name.toLowerCase());
}
