import { isProblem } from '../../azure/problem.ts';
import type { ApplicationState } from '../../entra-app/interface.ts';
import { consentRoles, namesOf, registerRoles } from '../../entra-app/roles.ts';
import { wantedApplication } from '../application.ts';
import { entraOf } from '../entra.ts';
import { known } from '../facts.ts';
import { paths } from '../paths.ts';
import { clientIdTag, foreignTag } from '../plan/choose.ts';
import type { Run } from '../run.ts';
import { StepBlocked } from '../run-steps.ts';
import { blocked, done, type Step, todo, type Verdict } from '../step.ts';

/** The Entra application, its permissions and the consent; found by its id alone. */
export const application: Step = {
  name: 'application',
  title: 'Application in Microsoft Entra',
  async check(run) {
    const wanted = wantedApplication(run);
    run.facts.opensByItself = wanted.opensByItself;
    const { application: ensured, hasEnsured } = run.facts;
    // What it did was read back, and another replica of the directory may be behind.
    const found = hasEnsured === true ? ensured : await entraOf(run).look(wanted);
    if (found === undefined) {
      return wanted.foreign && wanted.clientId !== undefined
        ? blocked(
            `There is no application ${wanted.clientId} in the tenant ${known(run.facts, 'credential').homeTenant}.`,
            'Check --client-id: it is the application (client) id, not the object id.',
          )
        : todo();
    }
    run.facts.application = found;
    const isReady = hasEnsured === true || isAsWanted(found, wanted.consent);
    if (!isReady || !(await isTagged(run, found.clientId))) return todo(found.differs.map(({ en }) => en).join(' '));
    tell(run, found.notes);
    return done(found.clientId);
  },
  async apply(run) {
    const wanted = wantedApplication(run);
    const entra = entraOf(run);
    const state = await entra.ensure(wanted).catch((error: unknown) => {
      throw isProblem(error, 'forbidden') ? new StepBlocked('application', mayNotRegister(run)) : error;
    });
    run.facts.application = state;
    run.facts.hasEnsured = true;
    tell(run, [...state.differs.map(({ en }) => `The application ${state.clientId}: ${en}`), ...state.notes]);
    if (!(await isTagged(run, state.clientId))) await tag(run, state.clientId, wanted.foreign);
    return state.clientId;
  },
};

/** What a person with the right runs for the person who deploys. */
export function mayNotRegister(run: Run): Extract<Verdict, { readonly state: 'blocked' }> {
  const wanted = wantedApplication(run);
  return {
    state: 'blocked',
    sentence: `You may not register applications in the tenant ${wanted.homeTenant}.`,
    remedy: `Ask someone who may to run the script below (${namesOf(registerRoles).join(', ')}; to consent as well, ${namesOf(consentRoles).join(', ')}), and give its last line to this command: --client-id ID. If such a role is yours on request (Privileged Identity Management), activate it and run this command again.`,
    paper: entraOf(run).script(wanted),
  };
}

function tell({ facts }: Run, lines: readonly string[]): void {
  for (const line of lines) if (!facts.warnings.includes(line)) facts.warnings.push(line);
}

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
