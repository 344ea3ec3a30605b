import { z } from 'zod';
import { isProblem } from '../../azure/problem.ts';
import { deployTemplate } from '../deployment.ts';
import { known } from '../facts.ts';
import { paths, vaultId } from '../paths.ts';
import type { Run } from '../run.ts';
import { done, type Step, skip, todo } from '../step.ts';

/** As infra/lock.bicep names it. */
export const lockName = 'mail-broker-keep';

const form = z.object({ id: z.string(), name: z.string() });

/** What cannot be made again: the vault and the account of the tables. */
function lockedIds(run: Run): string[] {
  const scope = known(run.facts, 'scope');
  const { vaultName, tablesName } = known(run.facts, 'outputs');
  return [vaultId(scope, vaultName), paths.storageAccount(scope, tablesName).path];
}

async function isLocked(run: Run, id: string): Promise<boolean> {
  const { path, query } = paths.locks(id);
  const locks = await run.ports.azure
    .arm(known(run.facts, 'scope').subscription)
    .list(path, { query })
    .catch((error: unknown) => (isProblem(error, 'not_found') ? [] : Promise.reject(error)));
  return locks.some((lock) => form.parse(lock).name === lockName);
}

/** The delete lock, last of all: under it no role assignment can be taken back. */
export const lock: Step = {
  name: 'lock',
  title: 'Delete lock (infra/lock.bicep)',
  async check(run) {
    if (run.facts.mayLock === false) return skip('you may not lock resources');
    for (const id of lockedIds(run)) if (!(await isLocked(run, id))) return todo();
    return done();
  },
  async apply(run) {
    const { vaultName, tablesName } = known(run.facts, 'outputs');
    await deployTemplate(run, 'lock.bicep', { vaultName, tablesName });
    return undefined;
  },
};
