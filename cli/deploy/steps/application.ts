import { isProblem } from '../../azure/problem.ts';
import type { ApplicationState } from '../../entra-app/interface.ts';
import { wantedApplication } from '../application.ts';
import { entraOf } from '../entra.ts';
import { known } from '../facts.ts';
import { paths } from '../paths.ts';
import { clientIdTag, foreignTag } from '../plan/choose.ts';
import type { Run } from '../run.ts';
import { blocked, done, type Step, todo } from '../step.ts';

/** The Entra application, its permissions and the consent; found by its id alone. */
export const application: Step = {
  name: 'application',
  title: 'Application in Microsoft Entra',
  async check(run) {
    const wanted = wantedApplication(run);
    const found = await entraOf(run).look(wanted);
    if (found === undefined) {
      return wanted.foreign && wanted.clientId !== undefined
        ? blocked(
            `There is no application ${wanted.clientId} in the tenant ${known(run.facts, 'credential').homeTenant}.`,
            'Check --client-id: it is the application (client) id, not the object id.',
          )
        : todo();
    }
    run.facts.application = found;
    const isReady = run.facts.hasEnsured === true || isAsWanted(found, wanted.consent);
    if (isReady && (await isTagged(run, found.clientId))) return done(found.clientId);
    return todo(found.differs.join(' '));
  },
  async apply(run) {
    const wanted = wantedApplication(run);
    const entra = entraOf(run);
    const before = run.facts.application;
    let state: ApplicationState;
    try {
      state = await entra.ensure(wanted);
    } catch (error) {
      // Whoever registered it may be the only one who may change it.
      if (!wanted.foreign || before === undefined || !isProblem(error, 'forbidden')) throw error;
      state = before;
    }
    run.facts.application = state;
    run.facts.hasEnsured = true;
    for (const difference of state.differs) run.facts.warnings.push(`The application ${state.clientId}: ${difference}`);
    await tag(run, state.clientId, wanted.foreign);
    return state.clientId;
  },
};

/** Whether nothing is left to try. What this person cannot change is tried once a run, and told as a warning. */
function isAsWanted({ differs, consent }: ApplicationState, wanted: 'tenant' | 'none'): boolean {
  return differs.length === 0 && (wanted === 'none' || consent.state === 'granted');
}

async function isTagged(run: Run, clientId: string): Promise<boolean> {
  const scope = known(run.facts, 'scope');
  const { path, query } = paths.groupTags(scope);
  const tags = await run.ports.azure.arm(scope.subscription).get(path, { query });
  return JSON.stringify(tags ?? {}).includes(`"${clientIdTag}":"${clientId}"`);
}

/** Any machine finds the application by this, and --destroy knows whether it may go. */
async function tag(run: Run, clientId: string, foreign: boolean): Promise<void> {
  const scope = known(run.facts, 'scope');
  const { path, query } = paths.groupTags(scope);
  const tags = { [clientIdTag]: clientId, [foreignTag]: String(foreign) };
  await run.ports.azure
    .arm(scope.subscription)
    .send('PATCH', path, { query, body: { operation: 'Merge', properties: { tags } } });
}
