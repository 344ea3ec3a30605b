import { z } from 'zod';
import { isProblem } from '../../../azure/problem.ts';
import { deployTemplate } from '../../deployment.ts';
import { known } from '../../facts.ts';
import { paths, roles, vaultId } from '../../paths.ts';
import { bootstrapName, rootName } from '../../plan/vault-work.ts';
import type { Run } from '../../run.ts';
import { done, type Step, todo } from '../../step.ts';

const form = z.object({ properties: z.object({ scope: z.string(), roleDefinitionId: z.string() }) });

/** The secrets that the app reads, as far as they are there. */
function secretNames({ facts }: Run): string[] {
  const { makeRoot, makeBootstrap } = known(facts, 'vaultWork');
  const { clientSecretName } = known(facts, 'choices');
  const there = new Set(known(facts, 'secrets').map(({ name }) => name));
  const isSecret = known(facts, 'credential').credential === 'secret';
  return [
    ...(makeRoot || there.has(rootName) ? [rootName] : []),
    ...(makeBootstrap || there.has(bootstrapName) ? [bootstrapName] : []),
    ...(isSecret ? [clientSecretName] : []),
  ];
}

/** Names among them that the app may not read yet. */
async function unread(run: Run): Promise<string[]> {
  const scope = known(run.facts, 'scope');
  const { identityPrincipalId } = known(run.facts, 'outputs');
  const names = secretNames(run);
  if (identityPrincipalId.startsWith('<')) return names;
  const vault = vaultId(scope, known(run.facts, 'choices').names.vault);
  const { path, query } = paths.roleAssignments(vault, identityPrincipalId);
  const all = await run.ports.azure
    .arm(scope.subscription)
    .list(path, { query })
    .catch((error: unknown) => (isProblem(error, 'not_found') ? [] : Promise.reject(error)));
  const given = all.map((one) => form.parse(one).properties);
  return names.filter((name) => {
    const wanted = `${vault}/secrets/${name}`.toLowerCase();
    return !given.some(
      ({ scope: at, roleDefinitionId }) =>
        at.toLowerCase() === wanted && roleDefinitionId.endsWith(roles.keyVaultSecretsUser),
    );
  });
}

/** infra/secret-roles.bicep: the app may read each single secret, now that it exists. */
export const secretRoles: Step = {
  name: 'secret-roles',
  title: 'The app may read its secrets (infra/secret-roles.bicep)',
  async check(run) {
    const missing = await unread(run);
    return missing.length === 0 ? done() : todo(missing.join(', '));
  },
  async apply(run) {
    const { identityPrincipalId } = known(run.facts, 'outputs');
    await deployTemplate(run, 'secret-roles.bicep', {
      vaultName: known(run.facts, 'choices').names.vault,
      principalId: identityPrincipalId,
      secretNames: secretNames(run),
    });
    return secretNames(run).join(', ');
  },
};
