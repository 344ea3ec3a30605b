import type { Assignment, Grant } from './forms.ts';
import { type Permission, type Publications, type Service, serviceList } from './permissions.ts';

/** What the whole tenant is to consent to, of one service. */
export interface ConsentWish {
  /** Of the service principal of the service. */
  readonly resourceId: string;
  readonly scopes: readonly string[];
  /** Ids of application permissions. */
  readonly roleIds: readonly string[];
}

export type ConsentChange =
  | { readonly kind: 'grant'; readonly resourceId: string; readonly scope: string }
  | { readonly kind: 'extend'; readonly grantId: string; readonly scope: string }
  | { readonly kind: 'role'; readonly resourceId: string; readonly appRoleId: string };

/** Wanted permissions by service, and the services that could not be read. Pure. */
export function consentWishes(
  permissions: readonly Permission[],
  published: Publications,
): { readonly wishes: readonly ConsentWish[]; readonly unseen: readonly Service[] } {
  const wishes: ConsentWish[] = [];
  const unseen: Service[] = [];
  for (const service of serviceList) {
    const of = permissions.filter((one) => one.service === service);
    if (of.length === 0) continue;
    const found = published[service];
    if (found === undefined) {
      unseen.push(service);
      continue;
    }
    wishes.push({
      resourceId: found.objectId,
      scopes: of.filter(({ type }) => type === 'Scope').map(({ value }) => value),
      roleIds: of.filter(({ type }) => type === 'Role').map(({ id }) => id),
    });
  }
  return { wishes, unseen };
}

const words = (scope: string): string[] => scope.split(' ').filter((word) => word !== '');

/**
 * What is missing of the consent for the tenant. There is at most one such grant for a client and a service, so ours is
 * added to existing consent. https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant Pure.
 */
export function planConsent(
  there: { readonly grants: readonly Grant[]; readonly assignments: readonly Assignment[] },
  wishes: readonly ConsentWish[],
): ConsentChange[] {
  return wishes.flatMap(({ resourceId, scopes, roleIds }): ConsentChange[] => {
    const grant = there.grants.find((one) => one.resourceId === resourceId && one.consentType === 'AllPrincipals');
    const given = words(grant?.scope ?? '');
    const missing = scopes.filter((scope) => !given.some((one) => one.toLowerCase() === scope.toLowerCase()));
    const assigned = there.assignments.filter((one) => one.resourceId === resourceId).map(({ appRoleId }) => appRoleId);
    const roles = roleIds
      .filter((id) => !assigned.includes(id))
      .map((appRoleId) => ({ kind: 'role', resourceId, appRoleId }) as const);
    if (missing.length === 0) return roles;
    const scope = [...given, ...missing].join(' ');
    return [
      grant === undefined ? { kind: 'grant', resourceId, scope } : { kind: 'extend', grantId: grant.id, scope },
      ...roles,
    ];
  });
}
