import { z } from 'zod';
import { AzureProblem } from '../../azure/problem.ts';
import { deployTemplate } from '../deployment.ts';
import { known } from '../facts.ts';
import { type MainInput, mainParameters } from '../plan/parameters.ts';
import { addedSettings } from '../plan/settings.ts';
import type { Run } from '../run.ts';
import { blocked, done, type Step, todo } from '../step.ts';
import { readExisting } from './inventory.ts';

const outputs = z.object({
  hostName: z.string(),
  publicUrl: z.string(),
  identityPrincipalId: z.string(),
  vaultName: z.string(),
  tablesName: z.string(),
  outboundAddress: z.string(),
});

/**
 * infra/main.bicep, at every run: it repairs what drifted, and an upgrade brings a newer one. What the admin added to the
 * app's settings is read right before, for ARM replaces settings whole.
 */
export const infrastructure: Step = {
  name: 'infrastructure',
  title: 'Resources (infra/main.bicep)',
  everyRun: true,
  check: async () => todo(),
  async apply(run) {
    const choices = known(run.facts, 'choices');
    const existing = await readExisting(run);
    run.facts.existing = existing;
    const input: MainInput = {
      choices: { ...choices, addedSettings: addedSettings(existing.settings, choices.graphPermissions) },
      clientId: known(run.facts, 'application').clientId,
      credential: known(run.facts, 'credential').credential,
      recoverVault: run.facts.recoverVault === true,
    };
    const given = await deploy(run, input);
    run.facts.outputs = outputs.parse(given);
    return `the app ${choices.names.app}`;
  },
};

async function deploy(run: Run, input: MainInput): Promise<Readonly<Record<string, unknown>>> {
  const { names, publicUrl } = input.choices;
  const instead = {
    hostName: new URL(publicUrl).host,
    publicUrl,
    identityPrincipalId: known(run.facts, 'existing').identityPrincipalId ?? '<principal id of the identity>',
    vaultName: names.vault,
    tablesName: input.choices.separateTables ? names.tables : names.storage,
    outboundAddress: '',
  };
  try {
    return await deployTemplate(run, 'main.bicep', mainParameters(input), instead);
  } catch (error) {
    // Subscriptions of a partner (CSP), and some of the free ones, have no budgets.
    const { budget } = input.choices;
    if (
      !(error instanceof AzureProblem) ||
      budget === 0 ||
      !/Microsoft\.Consumption\/budgets/i.test(error.facts.said ?? '')
    ) {
      throw error;
    }
    run.facts.warnings.push('The subscription refuses budgets; there is none.');
    const choices = { ...input.choices, budget: 0 };
    return await deployTemplate(run, 'main.bicep', mainParameters({ ...input, choices }), instead);
  }
}

/** The redirect URI and PUBLIC_URL were made from a name; Azure has to have given the same one. */
export const hostName: Step = {
  name: 'host-name',
  title: 'Host name',
  async check({ facts }) {
    const { hostName: given, publicUrl } = known(facts, 'outputs');
    const { names } = known(facts, 'choices');
    const usual = `${names.app}.azurewebsites.net`;
    const wanted = new URL(publicUrl).host.toLowerCase();
    if ([usual, wanted].includes(given.toLowerCase())) return done(publicUrl);
    return blocked(
      `Azure gave the app the host name ${given}, and not ${usual}, which the redirect URI is made from.`,
      `Run this command again with --public-url https://${given}: it becomes the redirect URI as well.`,
    );
  },
};
