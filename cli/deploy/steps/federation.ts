import type { Federation } from '../../entra-app/interface.ts';
import { entraOf } from '../entra.ts';
import { known } from '../facts.ts';
import type { Run } from '../run.ts';
import { done, type Step, skip, todo } from '../step.ts';

function federationOf({ facts }: Run): Federation {
  return {
    tenantId: known(facts, 'account').tenant,
    principalId: known(facts, 'outputs').identityPrincipalId,
    name: known(facts, 'choices').names.app,
  };
}

/** The application trusts the app's managed identity, in place of a client secret. */
export const federation: Step = {
  name: 'federation',
  title: 'Federated credential',
  async check(run) {
    if (known(run.facts, 'credential').credential !== 'federated') return skip('a client secret proves the app');
    const { clientId } = known(run.facts, 'application');
    if (clientId.startsWith('<')) return todo();
    return (await entraOf(run).trusts(clientId, federationOf(run))) ? done() : todo();
  },
  async apply(run) {
    await entraOf(run).trust(known(run.facts, 'application').clientId, federationOf(run));
    return undefined;
  },
};
