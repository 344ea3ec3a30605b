import type { SecretInfo as ApplicationSecret } from '../../entra-app/interface.ts';
import type { SecretInfo } from '../facts.ts';
import type { Credential } from '../options.ts';

export const rootName = 'broker-root';
export const bootstrapName = 'bootstrap-admin-key';

/** What the broker's own commands write beside a secret, so that any machine knows what it belongs to. */
export const secretTags = {
  /** Of the client secret: its key id in Entra, and the application. */
  keyId: 'key-id',
  clientId: 'client-id',
  /** Of the bootstrap key: the identity of the deployment it was made for. */
  identity: 'identity',
} as const;

/** What is to be done in the vault. */
export interface VaultWork {
  /** Makes broker-root; a secret of that name that is there is never replaced. */
  readonly makeRoot: boolean;
  readonly addClientSecret: boolean;
  /** Makes a bootstrap key, to make the first admin key with. */
  readonly makeBootstrap: boolean;
  /** The bootstrap key is enabled, and no longer needed. */
  readonly disableBootstrap: boolean;
  /** A secret is rotated: its versions are read, and one is added. */
  readonly rotates?: boolean;
}

export interface VaultQuestion {
  readonly secrets: readonly SecretInfo[];
  readonly credential: Credential;
  readonly clientSecretName: string;
  readonly clientId: string;
  /** Secrets of the application in Entra; undefined where they cannot be read. */
  readonly applicationSecrets: readonly ApplicationSecret[] | undefined;
  /** Principal id of the app's identity. */
  readonly identity: string;
  /** The profile of this machine holds a key that the broker takes. */
  readonly hasAdminKey: boolean;
  readonly newKey: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface VaultFault {
  readonly sentence: string;
  readonly remedy: string;
}

// The broker warns 30 days ahead; a deploy that comes by in that time makes the next one.
const renewMs = 30 * 86_400_000;

/** Whether a new client secret is needed: none, disabled, ending, of another application, or removed from Entra. */
function needsClientSecret(question: VaultQuestion): boolean {
  const { secrets, credential, clientSecretName, clientId, applicationSecrets, now } = question;
  if (credential === 'federated') return false;
  const secret = secrets.find(({ name }) => name === clientSecretName);
  if (secret === undefined || !secret.enabled) return true;
  if (secret.endsAt !== undefined && secret.endsAt - now < renewMs) return true;
  const { [secretTags.clientId]: of, [secretTags.keyId]: keyId } = secret.tags;
  // Without our tags someone wrote it by hand: for an application of someone else there is no other way.
  if (of === undefined || keyId === undefined) return false;
  if (of !== clientId) return true;
  return applicationSecrets !== undefined && !applicationSecrets.some((one) => one.keyId === keyId);
}

/** What the vault needs, or why nothing can be done. Pure. */
export function planVault(question: VaultQuestion): VaultWork | VaultFault {
  const { secrets, identity, hasAdminKey, newKey } = question;
  const root = secrets.find(({ name }) => name === rootName);
  if (root !== undefined && !root.enabled) {
    return {
      sentence: `The newest version of ${rootName} is disabled.`,
      remedy:
        'Enable it (az keyvault secret set-attributes --enabled true): it opens every sealed sign-in, and is never replaced by this command.',
    };
  }
  const bootstrap = secrets.find(({ name }) => name === bootstrapName);
  // Disabled, and made for the identity that is there: a first admin key was made with it, here or on another machine.
  const wasUsed = bootstrap !== undefined && !bootstrap.enabled && bootstrap.tags[secretTags.identity] === identity;
  return {
    makeRoot: root === undefined,
    addClientSecret: needsClientSecret(question),
    makeBootstrap: newKey || (!hasAdminKey && !wasUsed),
    disableBootstrap: hasAdminKey && bootstrap?.enabled === true,
  };
}

/** Whether anything has to be written. */
export const hasWork = (work: VaultWork): boolean => Object.values(work).some(Boolean);
