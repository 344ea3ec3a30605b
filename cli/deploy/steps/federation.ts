import { AzureProblem, isProblem } from '../../azure/problem.ts';
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
    const trusts = await entraOf(run).trusts(clientId, federationOf(run)).catch(refused(clientId));
    return trusts ? done() : todo();
  },
  async apply(run) {
    const { clientId } = known(run.facts, 'application');
    await entraOf(run).trust(clientId, federationOf(run)).catch(refused(clientId));
    return undefined;
  },
};

const refused =
  (clientId: string) =>
  (error: unknown): never => {
    throw isProblem(error, 'forbidden') ? notYours(clientId, error) : error;
  };

const notYours = (clientId: string, cause: AzureProblem): AzureProblem =>
  new AzureProblem(
    'federation_not_yours',
    `You may not add a federated credential to the application ${clientId}.`,
    'Have its owner make you an owner, too (App registrations, Owners), or run this command; then run it again.',
    cause.facts,
    cause,
  );
