import type { Config } from '../config.ts';
import type { Resource } from './types.ts';

type Resources = Pick<Config['entra'], 'outlookResource' | 'graphResource'>;

/**
 * Scopes of a token request: one resource each, in full, since a scope without its resource means Microsoft Graph, whose
 * tokens Exchange refuses. https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
 */
export function tokenScopes(resources: Resources, resource: Resource): string[] {
  return resource === 'outlook'
    ? [`${resources.outlookResource}/IMAP.AccessAsUser.All`, `${resources.outlookResource}/SMTP.Send`]
    : [`${resources.graphResource}/User.Read`];
}

/**
 * The scope of a token of the app itself: all application permissions that it was given on the resource, which for mail
 * has a name of its own (`IMAP.AccessAsApp` and `SMTP.SendAsApp` of Office 365 Exchange Online).
 */
export const appScope = (
  resources: Pick<Config['entra'], 'outlookAppResource' | 'graphResource'>,
  resource: Resource,
): string => `${resource === 'outlook' ? resources.outlookAppResource : resources.graphResource}/.default`;

/** Consented to in the same sign-in, though the code is redeemed for the mail resource only. */
export const furtherScopes = (resources: Resources): string[] => tokenScopes(resources, 'graph');

/** The scope without which a token for the resource is of no use. */
export const neededScope: Readonly<Record<Resource, string>> = {
  outlook: 'IMAP.AccessAsUser.All',
  graph: 'User.Read',
};

/** True if `name` is among the granted scopes. They may come back under another prefix than asked, so the last segment counts. */
export function isGranted(granted: readonly string[], name: string): boolean {
  const last = (scope: string) => scope.slice(scope.lastIndexOf('/') + 1).toLowerCase();
  return granted.some((scope) => last(scope) === name.toLowerCase());
}
