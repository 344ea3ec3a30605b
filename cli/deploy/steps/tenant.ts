import { z } from 'zod';
import { isProblem } from '../../azure/problem.ts';
import { known } from '../facts.ts';
import { findMailboxTenant, isTenantId, type MailboxTenant } from '../plan/tenant.ts';
import type { Run } from '../run.ts';
import { blocked, done, type Step } from '../step.ts';

const organisation = z.object({
  id: z.string().nullish(),
  displayName: z.string().nullish(),
  assignedPlans: z.array(z.object({ service: z.string().nullish(), capabilityStatus: z.string().nullish() })).nullish(),
});

/** The tenant that was asked for, or the one that the app uses, or the subscription's. */
export const mailboxTenantOf = ({ options, facts }: Run): MailboxTenant =>
  findMailboxTenant(options.mailboxTenant, known(facts, 'existing').settings, known(facts, 'account').tenant);

/**
 * Which tenant holds the mailboxes. In small firms the subscription is often in another one: the application would be
 * registered in a tenant without mailboxes, and no one could sign in.
 */
export const tenant: Step = {
  name: 'tenant',
  title: 'The tenant that holds the mailboxes',
  async check(run) {
    const account = known(run.facts, 'account');
    const { tenant: id, saidBy } = mailboxTenantOf(run);
    run.facts.mailboxTenant = id;
    // It was not requested in this run: the person who answers has to see where it comes from.
    const source = saidBy === 'app' && id !== account.tenant ? ', as the app has it' : '';
    try {
      const [found] = await run.ports.azure
        .graph(id)
        .list('/organization', { query: { $select: 'id,displayName,assignedPlans' } });
      const { id: tenantId, displayName, assignedPlans } = organisation.parse(found ?? {});
      // It may have been given by a domain.
      run.facts.mailboxTenant = tenantId ?? id;
      warnOfMove(run);
      const hasExchange = assignedPlans?.some(
        ({ service, capabilityStatus }) => service === 'exchange' && capabilityStatus === 'Enabled',
      );
      if (hasExchange === true) {
        run.facts.mailboxTenantName = `${displayName ?? id}${source}`;
        return done(run.facts.mailboxTenantName);
      }
      if (assignedPlans?.length) {
        return blocked(
          `The tenant ${displayName ?? id}${source} has no mailboxes: no plan of it includes Exchange Online.`,
          'Give the tenant that has them: --mailbox-tenant ID (its id, or one of its domains).',
        );
      }
      run.facts.warnings.push(
        'The directory does not show its plans, so it was not checked whether the tenant has mailboxes.',
      );
    } catch (error) {
      if (isProblem(error, 'forbidden')) {
        run.facts.warnings.push(
          'You may not read the directory, so it was not checked whether the tenant has mailboxes.',
        );
      } else if (id === account.tenant || !isProblem(error, 'not_logged_in', 'refused', 'wrong_tenant')) {
        throw error;
      } else {
        return blocked(
          `You are not logged in to the tenant ${id}${source}, which holds the mailboxes.`,
          `Run az login --tenant ${id} --allow-no-subscriptions, then this command again with --subscription ${account.subscription}.`,
        );
      }
    }
    if (!isTenantId(known(run.facts, 'mailboxTenant'))) {
      return blocked(
        `Which tenant ${id} belongs to is not known, and the app takes ids only.`,
        'Give the id of the tenant: --mailbox-tenant ID.',
      );
    }
    return done(`${id}${source} (could not look)`);
  },
};

/** People who are connected sign in to the tenant that the app has now. */
function warnOfMove({ facts }: Run): void {
  const { TENANT: now = '' } = known(facts, 'existing').settings;
  const next = known(facts, 'mailboxTenant');
  if (!isTenantId(now) || now.toLowerCase() === next.toLowerCase()) return;
  facts.warnings.push(
    `The app reads mailboxes of the tenant ${now}. After this run it is ${next}, and mailboxes of the other one have to be connected again there. Stop here if you did not mean that.`,
  );
}
