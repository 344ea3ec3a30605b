import { utcMinute } from '../../../src/lib/domain/duration.ts';
import { wantedApplication } from '../../deploy/application.ts';
import { entraOf } from '../../deploy/entra.ts';
import { known } from '../../deploy/facts.ts';
import type { Run } from '../../deploy/run.ts';
import { blocked, done, type Step, todo } from '../../deploy/step.ts';
import { vaultDoor } from '../../deploy/vault.ts';
import type { SecretInfo } from '../../entra-app/interface.ts';
import { planSecret, type SecretPlan } from '../plan/secret.ts';

const moment = (milliseconds: number): string => `${utcMinute(new Date(milliseconds))} UTC`;

/** The application whose secret it is; by its client id, as everywhere. */
export const secretApplication: Step = {
  name: 'application',
  title: 'Application in Microsoft Entra',
  async check(run) {
    const wanted = wantedApplication(run);
    const found = wanted.clientId === undefined ? undefined : await entraOf(run).look(wanted);
    if (found === undefined) {
      return blocked(
        `The application ${wanted.clientId ?? 'of the setting CLIENT_ID'} is not there.`,
        'Run broker deploy: it makes the application anew, or says who can.',
      );
    }
    run.facts.application = found;
    return done(found.clientId);
  },
};

async function look(run: Run, again: boolean): Promise<SecretPlan> {
  const { clientId } = known(run.facts, 'application');
  return planSecret({
    // In a what-if run there is no access to the vault.
    versions: run.whatIf ? [] : await vaultDoor(run).versions(known(run.facts, 'choices').clientSecretName),
    applicationSecrets: await entraOf(run).secrets(clientId),
    clientId,
    prefix: wantedApplication(run).deploymentId,
    again,
    now: run.ports.clock.now(),
  });
}

/** Whether a new secret has to be made, or a run that was interrupted continues. */
export const secretState = (again: boolean): Step => ({
  name: 'secret-state',
  title: 'The secrets that are there',
  async check(run) {
    const { add, current, older, foreign } = await look(run, again);
    run.facts.vaultWork = { ...known(run.facts, 'vaultWork'), addClientSecret: add };
    for (const { displayName, keyId } of foreign) {
      run.facts.warnings.push(
        `The application has a secret that broker did not add: ${displayName || keyId}. It stays; remove it once nothing else uses it: az ad app credential delete --id ${known(run.facts, 'application').clientId} --key-id ${keyId}`,
      );
    }
    if (add || current === undefined) return done('a new one is needed');
    return older.length > 0
      ? done(`that of ${moment(current.createdAt)} is in the vault: continuing`)
      : done(`that of ${moment(current.createdAt)} is the only one; --again makes another all the same`);
  },
});

/** Remembers which one stays, before the vault is closed. */
export const secretThatStays: Step = {
  name: 'secret-that-stays',
  title: 'The secret that stays',
  async check(run) {
    if (run.whatIf) return done();
    const { current } = await look(run, false);
    if (current === undefined) {
      return blocked('The vault does not show the new secret.', 'Run this command again; the old one is still valid.');
    }
    run.facts.newestVersion = current;
    return done();
  },
};

/** Removes from the application what this deployment added before. The vault's old versions then open nothing. */
export const olderSecrets: Step = {
  name: 'older-secrets',
  title: 'Older secrets removed from the application',
  async check(run) {
    const older = await olderOf(run);
    return older.length === 0 ? done() : todo(older.map(({ displayName }) => displayName).join(', '));
  },
  async apply(run) {
    const { clientId } = known(run.facts, 'application');
    for (const { keyId } of await olderOf(run)) await entraOf(run).removeSecret(clientId, keyId);
    return undefined;
  },
};

async function olderOf(run: Run): Promise<readonly SecretInfo[]> {
  const { clientId } = known(run.facts, 'application');
  const kept = run.facts.newestVersion;
  const plan = planSecret({
    versions: kept === undefined ? [] : [kept],
    applicationSecrets: await entraOf(run).secrets(clientId),
    clientId,
    prefix: wantedApplication(run).deploymentId,
    again: false,
    now: run.ports.clock.now(),
  });
  return plan.older;
}
