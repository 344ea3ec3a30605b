import { isProblem } from '../../../azure/problem.ts';
import { entraOf } from '../../entra.ts';
import { known } from '../../facts.ts';
import { planVault } from '../../plan/vault-work.ts';
import type { Run } from '../../run.ts';
import { blocked, done, type Step } from '../../step.ts';
import { listSecrets } from '../../vault.ts';

/** What the vault holds, and what it lacks. */
export const vaultWork: Step = {
  name: 'vault-work',
  title: 'What the vault lacks',
  async check(run) {
    const fault = await lookIntoVault(run);
    if (fault !== undefined) return blocked(fault.sentence, fault.remedy);
    const { makeRoot, addClientSecret, makeBootstrap } = known(run.facts, 'vaultWork');
    const lacks = [
      ...(makeRoot ? ['root key'] : []),
      ...(addClientSecret ? ['client secret'] : []),
      ...(makeBootstrap ? ['bootstrap key'] : []),
    ];
    return done(lacks.length === 0 ? 'nothing' : lacks.join(', '));
  },
};

async function lookIntoVault(run: Run): Promise<{ sentence: string; remedy: string } | undefined> {
  const { facts, ports, options } = run;
  const { clientId } = known(facts, 'application');
  const { credential } = known(facts, 'credential');
  facts.secrets = await listSecrets(run);
  if (facts.adminKey === undefined) {
    const key = await goodKey(run);
    if (key !== undefined) facts.adminKey = key;
  }
  const work = planVault({
    secrets: facts.secrets,
    credential,
    clientSecretName: known(facts, 'choices').clientSecretName,
    clientId,
    applicationSecrets: credential === 'secret' ? await applicationSecrets(run, clientId) : [],
    identity: known(facts, 'outputs').identityPrincipalId,
    hasAdminKey: facts.adminKey !== undefined,
    newKey: options.newKey && facts.hasMadeKey !== true,
    now: ports.clock.now(),
  });
  if ('sentence' in work) return work;
  facts.vaultWork = work;
  return undefined;
}

async function applicationSecrets(run: Run, clientId: string) {
  // In a what-if run of a first deploy there is no application yet.
  if (clientId.startsWith('<')) return [];
  try {
    return await entraOf(run).secrets(clientId);
  } catch (error) {
    if (isProblem(error, 'forbidden', 'not_found')) return undefined;
    throw error;
  }
}

/** The key in this machine's profile, where the broker takes it. A broker that is not there yet takes none. */
export async function goodKey({ ports, facts }: Run): Promise<string | undefined> {
  const { names } = known(facts, 'choices');
  const { publicUrl } = known(facts, 'outputs');
  const profile = await ports.profiles.get(names.app);
  if (profile === undefined) return undefined;
  try {
    const { status } = await ports.broker(publicUrl).call('GET', 'keys', { key: profile.key });
    return status === 200 ? profile.key : undefined;
  } catch {
    return undefined;
  }
}
