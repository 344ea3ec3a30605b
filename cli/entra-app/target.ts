import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import type { EntraParts, WantedApplication } from './interface.ts';
import { type Permission, permissionsFor, resolvePermissions, services } from './permissions.ts';
import type { Shape } from './plan.ts';
import { type ConsentWish, consentWishes } from './plan-consent.ts';
import { readPublications } from './publications.ts';

/** What the wishes come to in this tenant. */
export interface Target {
  readonly shape: Shape;
  readonly permissions: readonly Permission[];
  readonly wishes: readonly ConsentWish[];
  /** Why consent cannot be complete even from an administrator; undefined: nothing is in the way. */
  readonly consentFault: Localised | undefined;
  readonly notes: readonly string[];
}

/** Asks the tenant that holds the mailboxes what its services offer, and makes of it what the application should be. */
export async function readTarget({ mailboxGraph }: EntraParts, wanted: WantedApplication): Promise<Target> {
  const { published, absent } = await readPublications(mailboxGraph);
  const { permissions, notes } = resolvePermissions(permissionsFor(wanted), published);
  const { wishes, unseen } = consentWishes(permissions, published);
  const name = services[unseen[0] ?? 'exchange'].name;
  const fault =
    unseen.length === 0
      ? undefined
      : absent.includes(unseen[0] ?? 'exchange')
        ? {
            en: `The tenant ${wanted.mailboxTenant} has no service ${name} to consent to.`,
            zh: `租户 ${wanted.mailboxTenant} 中没有可供同意的服务 ${name}。`,
          }
        : {
            en: `You may not see the service ${name} in the tenant ${wanted.mailboxTenant}.`,
            zh: `您无权查看租户 ${wanted.mailboxTenant} 中的服务 ${name}。`,
          };
  return {
    shape: { ...wanted, permissions, published },
    permissions,
    wishes,
    consentFault: fault,
    notes,
  };
}
