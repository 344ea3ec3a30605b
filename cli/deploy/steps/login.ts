import { z } from 'zod';
import { blocked, done, type Step } from '../step.ts';

const form = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string().optional(),
  environmentName: z.string().optional(),
  tenantId: z.string(),
  user: z.object({ name: z.string(), type: z.string() }),
});

/** Someone is logged in, the subscription is usable, and the cloud is the public one. */
export const login: Step = {
  name: 'login',
  title: 'Log-in, subscription, cloud',
  async check({ options, ports, facts }) {
    const { subscription, resourceGroup } = options;
    const chosen = subscription === undefined ? [] : ['--subscription', subscription];
    const account = form.parse(await ports.azure.az.read(['account', 'show', ...chosen]));
    if ((account.environmentName ?? 'AzureCloud') !== 'AzureCloud') {
      return blocked(
        `az is logged in to ${account.environmentName}; this command knows the public cloud (AzureCloud) only.`,
        'Run az cloud set --name AzureCloud and az login, or set up the broker by hand (docs/admin.md).',
      );
    }
    // What az shows of a tenant without one.
    if (account.name.startsWith('N/A')) {
      return blocked(
        `The account ${account.user.name} sees no subscription in this tenant.`,
        'Log in with one that does (az login), or give the subscription by its id: --subscription ID.',
      );
    }
    if ((account.state ?? 'Enabled') !== 'Enabled') {
      return blocked(
        `The subscription ${account.name} is ${account.state}: Azure makes nothing in it.`,
        'Choose another one with --subscription, or have it enabled.',
      );
    }
    const { objectId } = await ports.azure.caller(account.id);
    facts.account = {
      subscription: account.id,
      subscriptionName: account.name,
      tenant: account.tenantId,
      user: account.user.name,
      objectId,
      principalType: account.user.type === 'servicePrincipal' ? 'ServicePrincipal' : 'User',
    };
    facts.scope = { subscription: account.id, group: resourceGroup };
    return done(`${account.user.name} in ${account.name}`);
  },
};
