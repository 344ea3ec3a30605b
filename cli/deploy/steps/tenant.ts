import { z } from 'zod';
import { isProblem } from '../../azure/problem.ts';
import { known } from '../facts.ts';
import { personalTenant } from '../plan/choose.ts';
import type { Run } from '../run.ts';
import { blocked, done, type Step } from '../step.ts';

const organisation = z.object({
  id: z.string().nullish(),
  displayName: z.string().nullish(),
  assignedPlans: z.array(z.object({ service: z.string().nullish(), capabilityStatus: z.string().nullish() })).nullish(),
});

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The tenant that was asked for, or the one that the app uses, or the subscription's. */
export function mailboxTenantOf(run: Run): string {
  const { settings } = known(run.facts, 'existing');
  const allowed = (settings.ALLOWED_TENANTS ?? '').split(',').map((id) => id.trim());
  const used = [settings.TENANT ?? '', ...allowed].find((id) => guid.test(id) && id !== personalTenant);
  return run.options.mailboxTenant ?? used ?? known(run.facts, 'account').tenant;
}

/**
 * Which tenant holds the mailboxes. In small firms the subscription often lives in another one: there an application would
 * be registered where nobody has a mailbox, and nobody could sign in.
 */
export const tenant: Step = {
  name: 'tenant',
  title: 'The tenant that holds the mailboxes',
  async check(run) {
    const account = known(run.facts, 'account');
    const id = mailboxTenantOf(run);
    run.facts.mailboxTenant = id;
    try {
      const [found] = await run.ports.azure
        .graph(id)
        .list('/organization', { query: { $select: 'id,displayName,assignedPlans' } });
      const { id: tenantId, displayName, assignedPlans } = organisation.parse(found ?? {});
      // It may have been given by a domain.
      run.facts.mailboxTenant = tenantId ?? id;
      const hasExchange = assignedPlans?.some(
        ({ service, capabilityStatus }) => service === 'exchange' && capabilityStatus === 'Enabled',
      );
      if (hasExchange === true) return done(displayName ?? id);
      if (assignedPlans?.length) {
        return blocked(
          `The tenant ${displayName ?? id} has no mailboxes: no plan of it includes Exchange Online.`,
          'Give the tenant that has them: --mailbox-tenant ID (its id, or one of its domains).',
        );
      }
    } catch (error) {
      if (isProblem(error, 'forbidden')) {
        run.facts.warnings.push('You may not read the directory, so nobody looked whether the tenant has mailboxes.');
        return done(`${id} (could not look)`);
      }
      if (id === account.tenant || !isProblem(error, 'not_logged_in', 'refused', 'wrong_tenant')) throw error;
      return blocked(
        `You are not logged in to the tenant ${id}, which holds the mailboxes.`,
        `Run az login --tenant ${id} --allow-no-subscriptions, then this command again with --subscription ${account.subscription}.`,
      );
    }
    run.facts.warnings.push(
      'The directory does not tell its plans, so nobody looked whether the tenant has mailboxes.',
    );
    return done(`${id} (could not look)`);
  },
};
