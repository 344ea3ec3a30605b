import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AzureProblem, isProblem } from '../../../azure/problem.ts';
import { known } from '../../facts.ts';
import { groupId, paths, roleDefinition, roles } from '../../paths.ts';
import { hasWork } from '../../plan/vault-work.ts';
import { type Run, waitUntil } from '../../run.ts';
import { done, type Step, skip, todo } from '../../step.ts';
import { vaultDoor } from '../../vault.ts';

// https://learn.microsoft.com/azure/role-based-access-control/troubleshooting: a role counts within 10 minutes, and
// caches may hold the old answer for 30 (https://github.com/Azure/bicep/issues/9634).
const wait = { forMs: 30 * 60_000, everyMs: 10_000, saying: 'Waiting until your role in the vault counts' };

const assignment = z.object({ id: z.string(), name: z.string() });

/** Always the same for a person in a group: a later run, on any machine, finds what an earlier one left. */
function assignmentName(run: Run): string {
  const account = known(run.facts, 'account');
  const scope = groupId(known(run.facts, 'scope')).toLowerCase();
  const hash = createHash('sha256').update(`mail-broker/${scope}/${account.objectId}`).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** Whether our assignment is there. On the resource group, and not on the vault: the delete lock would keep it there. */
async function isAssigned(run: Run): Promise<boolean> {
  const scope = known(run.facts, 'scope');
  const { path, query } = paths.roleAssignments(groupId(scope), known(run.facts, 'account').objectId);
  const all = await run.ports.azure
    .arm(scope.subscription)
    .list(path, { query })
    // A what-if run of a first deploy: there is no resource group yet.
    .catch((error: unknown) => (isProblem(error, 'not_found') ? [] : Promise.reject(error)));
  return all.some((one) => assignment.parse(one).name === assignmentName(run));
}

/** Lets the person write secrets during the run; only if there is work in the vault. */
export const vaultAccess: Step = {
  name: 'vault-access',
  title: 'Access to the vault, for as long as this takes',
  async check(run) {
    if (!hasWork(known(run.facts, 'vaultWork'))) return skip('nothing to write');
    if (!(await isAssigned(run))) return todo();
    return (await isLetIn(run)) ? done() : todo('the role does not count yet');
  },
  async apply(run) {
    const account = known(run.facts, 'account');
    const scope = known(run.facts, 'scope');
    const { path, query } = paths.roleAssignment(groupId(scope), assignmentName(run));
    await run.ports.azure.arm(scope.subscription).send('PUT', path, {
      query,
      body: {
        properties: {
          roleDefinitionId: roleDefinition(scope, roles.keyVaultSecretsOfficer),
          principalId: account.objectId,
          principalType: account.principalType,
        },
      },
    });
    run.facts.hasAccess = true;
    if (run.whatIf) return undefined;
    const letIn = await waitUntil(run, wait, async () => ((await isLetIn(run)) ? true : undefined));
    if (letIn === true) return undefined;
    throw new AzureProblem(
      'role_not_yet',
      'Key Vault does not let you in though the role is assigned.',
      'Run this command again in half an hour; caches of Azure hold an old answer that long.',
    );
  },
};

async function isLetIn(run: Run): Promise<boolean> {
  try {
    await vaultDoor(run).knock();
    return true;
  } catch (error) {
    if (isProblem(error, 'role_not_yet', 'forbidden', 'unreachable')) return false;
    throw error;
  }
}

/** Removes the role in any case. One that the person had before is another assignment, and stays. */
export const vaultAccessEnded: Step = {
  name: 'vault-access-ended',
  title: 'Access to the vault taken back',
  cleanup: true,
  async check(run) {
    if (run.whatIf) return run.facts.hasAccess === true ? todo() : skip();
    return (await isAssigned(run)) ? todo() : done();
  },
  async apply(run) {
    const scope = known(run.facts, 'scope');
    const { path, query } = paths.roleAssignment(groupId(scope), assignmentName(run));
    await run.ports.azure.arm(scope.subscription).send('DELETE', path, { query });
    return undefined;
  },
};
