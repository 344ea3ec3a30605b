import { known } from '../deploy/facts.ts';
import type { Run } from '../deploy/run.ts';
import type { Step } from '../deploy/step.ts';
import { checkedArguments } from '../deploy/steps/arguments.ts';
import { inventory } from '../deploy/steps/inventory.ts';
import { login } from '../deploy/steps/login.ts';
import { health, publish } from '../deploy/steps/publish.ts';
import { doctor, reach } from '../deploy/steps/reach.ts';
import { tools } from '../deploy/steps/tools.ts';
import { clientSecret } from '../deploy/steps/vault/client-secret.ts';
import { vaultAccess, vaultAccessEnded } from '../deploy/steps/vault/vault-access.ts';
import { vaultDoorClosed, vaultDoorOpened } from '../deploy/steps/vault/vault-door.ts';
import { adminKey, rotationWork, runningBroker } from './steps/broker.ts';
import { newRoot, olderRoots } from './steps/new-root.ts';
import { resealed, whenItIsSafe } from './steps/reseal.ts';
import { olderSecrets, secretApplication, secretState, secretThatStays } from './steps/secret.ts';
import { cachesPassed, newSecretAccepted } from './steps/secret-in-use.ts';
import { fromTo, versionRuns, versions } from './steps/version.ts';

/** Work on a broker that runs: what is looked at, what is then done, each a table of steps. */
export interface Job {
  readonly look: readonly Step[];
  readonly act: readonly Step[];
  /** Why there is nothing to do at all; asked after `look`. */
  nothing?(run: Run): string | undefined;
  /** What is about to be done, in lines, before the question. */
  summary(run: Run): readonly string[];
  /** Said where all of it is done. */
  readonly end: string;
}

const found: readonly Step[] = [checkedArguments, tools, login, inventory, runningBroker];

const where = ({ facts }: Run): string[] => {
  const account = known(facts, 'account');
  const { publicUrl, names } = known(facts, 'choices');
  return [
    '',
    `Subscription  ${account.subscriptionName} (${account.subscription}), as ${account.user}`,
    `App           ${publicUrl}`,
    `Vault         ${names.vault}`,
    '',
  ];
};

/** `broker rotate-root` */
export const rotateRoot = (options: { readonly again: boolean; readonly endLinks: boolean }): Job => ({
  look: [...found, adminKey, rotationWork],
  act: [
    vaultDoorOpened,
    vaultAccess,
    newRoot(options.again),
    resealed,
    whenItIsSafe(options.endLinks),
    olderRoots,
    vaultAccessEnded,
    vaultDoorClosed,
  ],
  summary: (run) => [
    ...where(run),
    'A new version of broker-root is made. The app moves everything to it. The older versions are disabled when nothing',
    options.endLinks
      ? 'sealed needs them; links that were made under them end.'
      : 'needs them, links that people still hold included: this command is run again for that.',
  ],
  end: 'The root key is rotated. Keep the disabled versions as long as backups from before are kept: those open under them.',
});

/** `broker rotate-secret` */
export const rotateSecret = (options: { readonly again: boolean }): Job => ({
  look: [...found, adminKey, rotationWork],
  nothing: ({ facts }) =>
    known(facts, 'credential').credential === 'federated'
      ? 'There is no client secret: the app proves itself with its managed identity.'
      : undefined,
  act: [
    secretApplication,
    vaultDoorOpened,
    vaultAccess,
    secretState(options.again),
    clientSecret,
    secretThatStays,
    // No access to the vault remains while the caches expire.
    vaultAccessEnded,
    vaultDoorClosed,
    cachesPassed,
    newSecretAccepted,
    olderSecrets,
    doctor,
  ],
  summary: (run) => [
    ...where(run),
    'A new client secret is put beside the old one. Ten minutes later, and when Entra takes it, the old one is removed.',
  ],
  end: 'The client secret is rotated.',
});

/** `broker upgrade` */
export const upgrade: Job = {
  look: [...found, versions],
  act: [publish, health, reach, versionRuns, doctor],
  summary: (run) => [
    ...where(run),
    `Version       ${fromTo(run)}`,
    '',
    'The package of this folder is published. Work in progress is interrupted and continues afterwards; no mail is lost.',
  ],
  end: 'Published, and the new version answers. What a version changes in Azure itself comes with broker deploy.',
};
