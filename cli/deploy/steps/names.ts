import { z } from 'zod';
import { isProblem } from '../../azure/problem.ts';
import type { Rest } from '../../azure/rest.ts';
import { known } from '../facts.ts';
import { type ArmPath, groupId, paths } from '../paths.ts';
import { regionName } from '../plan/regions.ts';
import type { Run } from '../run.ts';
import { blocked, done, type Step, type Verdict } from '../step.ts';

const availability = z.object({ nameAvailable: z.boolean(), message: z.string().nullish() });
const deletedForm = z.object({
  name: z.string(),
  properties: z.object({
    vaultId: z.string(),
    location: z.string(),
    scheduledPurgeDate: z.string().nullish(),
  }),
});

/** What has to be unique in all of Azure is free, or ours. A deleted vault of the name comes back. */
export const names: Step = {
  name: 'names',
  title: 'The names are free',
  async check(run) {
    const { existing, choices, scope } = {
      existing: known(run.facts, 'existing'),
      choices: known(run.facts, 'choices'),
      scope: known(run.facts, 'scope'),
    };
    const { app, vault, storage, tables } = choices.names;
    const arm = run.ports.azure.arm(scope.subscription);
    const isFree = async ({ path, query }: ArmPath, name: string, type?: string): Promise<boolean> => {
      const body = type === undefined ? { name } : { name, type };
      try {
        const { body: answer } = await arm.send('POST', path, { query, body, reads: true });
        return availability.parse(answer).nameAvailable;
      } catch (error) {
        // Who has rights in the group alone may not ask; Azure says so itself when it comes to it.
        if (isProblem(error, 'forbidden')) return true;
        throw error;
      }
    };
    const taken = (name: string, option: string): Verdict =>
      blocked(`The name ${name} is already taken.`, `Choose another one with ${option}.`);

    if (existing.app === undefined && !(await isFree(paths.siteNames(scope), app, 'Microsoft.Web/sites'))) {
      return taken(app, '--name');
    }
    const accounts = choices.separateTables ? [storage, tables] : [storage];
    for (const account of accounts) {
      if (await isThere(arm, paths.storageAccount(scope, account))) continue;
      const free = await isFree(paths.storageNames(scope), account, 'Microsoft.Storage/storageAccounts');
      if (!free) return taken(account, '--storage-name');
    }
    if (existing.vault !== undefined) return done();
    const deleted = await findDeleted(run, vault);
    if (deleted !== undefined) return deleted;
    if (await isFree(paths.vaultNames(scope), vault, 'Microsoft.KeyVault/vaults')) return done();
    return blocked(
      `The vault name ${vault} is already taken, perhaps by a deleted vault in another subscription.`,
      'Choose another one with --vault-name.',
    );
  },
};

const isThere = async (arm: Rest, { path, query }: ArmPath): Promise<boolean> =>
  (await arm.get(path, { query })) !== undefined;

/** A deleted vault keeps its name for 90 days, and with purge protection it cannot be freed: the vault is recovered. */
async function findDeleted(run: Run, name: string): Promise<Verdict | undefined> {
  const scope = known(run.facts, 'scope');
  const { location } = known(run.facts, 'choices');
  const { path, query } = paths.deletedVaults(scope);
  const items = await run.ports.azure
    .arm(scope.subscription)
    .list(path, { query })
    .catch((error: unknown) => (isProblem(error, 'forbidden') ? [] : Promise.reject(error)));
  const all = items.map((one) => deletedForm.parse(one));
  const found = all.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found === undefined) return undefined;
  const { vaultId, location: where } = found.properties;
  if (!vaultId.toLowerCase().startsWith(`${groupId(scope)}/`.toLowerCase())) {
    return blocked(
      `A deleted vault of another resource group has the name ${name}.`,
      'Choose another name with --vault-name, or recover that vault where it belongs (az keyvault recover).',
    );
  }
  if (regionName(where) !== location) {
    return blocked(
      `A deleted vault ${name} is in ${regionName(where)}, and comes back there only.`,
      `Use --location ${regionName(where)}, or another --vault-name. With another vault, broker-root is a new one.`,
    );
  }
  run.facts.recoverVault = true;
  run.facts.warnings.push(`The deleted vault ${name} is brought back, with its broker-root.`);
  return done(`the deleted vault ${name} comes back`);
}
