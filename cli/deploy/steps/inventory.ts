import type { z } from 'zod';
import { isProblem } from '../../azure/problem.ts';
import type { Rest } from '../../azure/rest.ts';
import { known } from '../facts.ts';
import { type ArmPath, paths, type Scope } from '../paths.ts';
import {
  accountOf,
  actionGroupForm,
  budgetForm,
  type Existing,
  groupForm,
  identityForm,
  networkForm,
  nothingExists,
  settingsForm,
  siteForm,
  vaultForm,
  workspaceForm,
} from '../plan/existing.ts';
import { defaultNames } from '../plan/names.ts';
import type { Run } from '../run.ts';
import { done, type Step } from '../step.ts';

/** What is there already: what was not asked for stays as it is. */
export const inventory: Step = {
  name: 'inventory',
  title: 'What is there already',
  async check(run) {
    const existing = await readExisting(run);
    run.facts.existing = existing;
    if (existing.group === undefined) return done('nothing: this is the first run');
    return done(existing.app === undefined ? 'the resource group' : `the app ${existing.app.name}`);
  },
};

const read = async <Value>(arm: Rest, { path, query }: ArmPath, form: z.ZodType<Value>): Promise<Value | undefined> => {
  const body = await arm.get(path, { query });
  return body === undefined ? undefined : form.parse(body);
};

/** Reads what {@link Existing} holds. Also used after a step has changed something of it. */
export async function readExisting(run: Run): Promise<Existing> {
  const scope = known(run.facts, 'scope');
  const arm = run.ports.azure.arm(scope.subscription);
  const group = await read(arm, paths.group(scope), groupForm);
  if (group === undefined) return nothingExists;
  const app = await findApp(arm, scope, run.options.name);
  const { path, query } = paths.settings(scope, app?.name ?? '');
  const settings =
    app === undefined ? {} : settingsForm.parse((await arm.send('POST', path, { query, reads: true })).body);
  const name = run.options.name ?? app?.name ?? defaultNames(scope.subscription, scope.group).app;
  const vault =
    run.options.vaultName ?? accountOf(settings.KEY_VAULT_URL) ?? defaultNames(scope.subscription, scope.group).vault;
  return {
    group,
    app,
    settings,
    vault: await read(arm, paths.vault(scope, vault), vaultForm),
    identityPrincipalId: await read(arm, paths.identity(scope, name), identityForm),
    alertEmail: await read(arm, paths.actionGroup(scope, name), actionGroupForm),
    budget: await readBudget(arm, scope, name),
    workspace: await read(arm, paths.workspace(scope, name), workspaceForm),
    networkPrefix: app?.hasNetwork === true ? await read(arm, paths.network(scope, name), networkForm) : undefined,
  };
}

/** The broker among the apps of the group: by its name, else by the tag that the template gives it. */
async function findApp(arm: Rest, scope: Scope, name: string | undefined): Promise<Existing['app']> {
  const { path, query } = paths.sites(scope);
  const sites = (await arm.list(path, { query })).map((site) => siteForm.parse(site));
  const wanted = name ?? defaultNames(scope.subscription, scope.group).app;
  const tagged = sites.filter((site) => site.tags['azd-service-name'] === 'api');
  const chosen = sites.find((site) => site.name === wanted) ?? (tagged.length === 1 ? tagged[0] : undefined);
  if (chosen === undefined) return undefined;
  // A list leaves parts of an app out.
  return read(arm, paths.site(scope, chosen.name), siteForm);
}

/** Subscriptions of a partner (CSP) refuse the very question. */
async function readBudget(arm: Rest, scope: Scope, name: string): Promise<Existing['budget']> {
  try {
    return await read(arm, paths.budget(scope, name), budgetForm);
  } catch (error) {
    if (isProblem(error, 'mfa_required', 'not_logged_in', 'unreachable', 'throttled', 'azure_down')) throw error;
    return undefined;
  }
}
