import type { GraphMailPermission } from '../../../src/lib/domain/graph-permissions.ts';
import type { SendVia } from '../../../src/lib/domain/submission.ts';
import type { GrantRef } from '../../../src/lib/store/rows/rows.ts';
import { dice as diceOf } from '../dice.ts';
import type { Ground } from '../process.ts';

/** What the administrator of the tenant, and the deployment, allow. */
export interface Tenant {
  /** What the settings of the deployment ask for; empty in worlds without Graph. */
  readonly graphPermissions: readonly GraphMailPermission[];
  /** Whether anything may be too large for one request to Graph. */
  readonly takesLarge: boolean;
  readonly isSmtpOpen: boolean;
  /** What whoever this is has consented to. */
  consented(grant: GrantRef): readonly GraphMailPermission[];
  /** Someone signs in again, which asks for every permission of the deployment. */
  signedIn(grant: GrantRef): void;
  /** Now and then. */
  act(oids: readonly string[]): void;
  /** Everything is allowed again. */
  calm(): void;
}

export const vias: readonly SendVia[] = ['auto', 'smtp', 'graph'];

/** @param isWide whether mail goes out over Graph, too */
export function createTenant(ground: Ground, isWide: boolean): Tenant {
  const { scheduler, faults, trace } = ground;
  const dice = diceOf(`${ground.seed}/tenant`);
  const graphPermissions: readonly GraphMailPermission[] = !isWide
    ? []
    : dice.chance(0.75)
      ? ['Mail.Send', 'Mail.Send.Shared', 'Mail.ReadWrite']
      : ['Mail.Send', 'Mail.Send.Shared'];
  /** In some tenants it never was open. */
  const isSmtpNever = isWide && dice.chance(0.75);
  /** Who connected before the deployment asked for any of it. */
  const without = new Set<string>();
  if (isWide) for (const oid of ['oid-ada', 'oid-bea', 'oid-cid']) if (dice.chance(0.3)) without.add(oid);
  let smtpClosedUntil = 0;

  return {
    graphPermissions,
    takesLarge: graphPermissions.includes('Mail.ReadWrite') || !isSmtpNever,
    get isSmtpOpen() {
      return !isSmtpNever && scheduler.now() >= smtpClosedUntil;
    },
    consented: (grant) => (grant.kind === 'user' && without.has(grant.oid) ? [] : graphPermissions),
    signedIn(grant) {
      if (grant.kind === 'user') without.delete(grant.oid);
    },
    act(oids) {
      if (!isWide) return;
      if (faults.strikes('consentGone')) {
        const oid = faults.pick('consentGone', oids) ?? '';
        trace.note('tenant', () => `${oid} has not consented to Graph any more`);
        without.add(oid);
        scheduler.after(faults.size('consentGone', 20_000, 30 * 60_000), () => without.delete(oid));
      }
      if (faults.strikes('smtpClosed')) {
        smtpClosedUntil = scheduler.now() + faults.size('smtpClosed', 10_000, 60 * 60_000);
        trace.note('tenant', () => 'disables SMTP AUTH');
      }
    },
    calm() {
      without.clear();
      smtpClosedUntil = 0;
    },
  };
}
