import { AzureProblem, isProblem } from '../../../azure/problem.ts';
import type { EntraApp } from '../../../entra-app/interface.ts';
import { wantedApplication } from '../../application.ts';
import { entraOf } from '../../entra.ts';
import { known } from '../../facts.ts';
import { secretTags } from '../../plan/vault-work.ts';
import type { Run } from '../../run.ts';
import { done, type Step, skip, todo } from '../../step.ts';
import { undelete, vaultDoor } from '../../vault.ts';

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

/** A client secret, straight from Entra into the vault: it stands in no argument, no file and no line. */
export const clientSecret: Step = {
  name: 'client-secret',
  title: 'Client secret',
  async check(run) {
    const { facts } = run;
    if (known(facts, 'credential').credential === 'federated') return skip('the managed identity proves the app');
    if (!known(facts, 'vaultWork').addClientSecret) return done('kept as it is');
    if (run.whatIf || facts.addedKeyId === undefined) return todo();
    // Where the answer of the vault was lost, the secret may be there all the same.
    const versions = await vaultDoor(run).versions(known(facts, 'choices').clientSecretName);
    return versions.some(({ tags }) => tags[secretTags.keyId] === facts.addedKeyId) ? done() : todo();
  },
  async apply(run) {
    const { clientId } = known(run.facts, 'application');
    const { clientSecretName } = known(run.facts, 'choices');
    const entra = entraOf(run);
    const prefix = wantedApplication(run).deploymentId;
    await undelete(run, clientSecretName);
    if (!run.whatIf) await removeOrphans(run, entra, prefix);
    const displayName = `${prefix} ${day(run.ports.clock.now())}`;
    const secret = await entra.addSecret(clientId, displayName, run.options.secretDays).catch((error: unknown) => {
      throw isProblem(error, 'forbidden') ? notYours(clientId, clientSecretName, error) : error;
    });
    run.facts.addedKeyId = secret.keyId;
    await vaultDoor(run).put({
      name: clientSecretName,
      value: secret.value,
      told: '<the secret that Entra made>',
      tags: { [secretTags.keyId]: secret.keyId, [secretTags.clientId]: clientId },
      endsAt: secret.endsAt,
    });
    return `good until ${day(secret.endsAt)}`;
  },
};

/** Secrets of ours whose value never reached the vault: an answer was lost, or the run was ended in between. */
async function removeOrphans(run: Run, entra: EntraApp, prefix: string): Promise<void> {
  const { clientId } = known(run.facts, 'application');
  const versions = await vaultDoor(run).versions(known(run.facts, 'choices').clientSecretName);
  const inVault = new Set(versions.map(({ tags }) => tags[secretTags.keyId]));
  for (const { keyId, displayName } of await entra.secrets(clientId)) {
    if (displayName.startsWith(`${prefix} `) && !inVault.has(keyId)) await entra.removeSecret(clientId, keyId);
  }
}

const notYours = (clientId: string, name: string, cause: AzureProblem): AzureProblem =>
  new AzureProblem(
    'secret_not_yours',
    `You may not add a client secret to the application ${clientId}.`,
    `Have its owner add one and put its value into the vault as ${name}, then run this command again; or use --credential federated.`,
    cause.facts,
    cause,
  );
