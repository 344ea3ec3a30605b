import { dayMs } from '../../../src/lib/domain/duration.ts';
import type { SecretVersion } from '../../deploy/facts.ts';
import { secretTags } from '../../deploy/plan/vault-work.ts';
import type { SecretInfo } from '../../entra-app/interface.ts';

export interface SecretQuestion {
  /** Of the client secret in the vault, the newest first. */
  readonly versions: readonly SecretVersion[];
  /** Secrets of the application in Entra. */
  readonly applicationSecrets: readonly SecretInfo[];
  readonly clientId: string;
  /** The name of every secret that this deployment adds begins so. */
  readonly prefix: string;
  /** Rotate though the secret is new. */
  readonly again: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface SecretPlan {
  /** The newest enabled version: what the app uses. */
  readonly current: SecretVersion | undefined;
  /** A new secret has to be made. */
  readonly add: boolean;
  /** Secrets of ours in the application beside the current one. */
  readonly older: readonly SecretInfo[];
  /** Secrets that someone else made: they stay. */
  readonly foreign: readonly SecretInfo[];
}

// A run that ended in between is repeated the same day. A secret from before is one that the person wants replaced.
const youngMs = dayMs;

/** What a rotation of the client secret has to do; the same question after it was interrupted says what is left. Pure. */
export function planSecret(question: SecretQuestion): SecretPlan {
  const { versions, applicationSecrets, clientId, prefix, again, now } = question;
  const current = versions.find(({ enabled }) => enabled);
  const keyId = current?.tags[secretTags.clientId] === clientId ? current.tags[secretTags.keyId] : undefined;
  const isCounted = keyId !== undefined && applicationSecrets.some((one) => one.keyId === keyId);
  const isYoung = current !== undefined && isCounted && now - current.createdAt < youngMs;
  const written = new Set(versions.map(({ tags }) => tags[secretTags.keyId]));
  const others = applicationSecrets.filter((one) => one.keyId !== keyId);
  const isOurs = (one: SecretInfo): boolean => one.displayName.startsWith(`${prefix} `) || written.has(one.keyId);
  return {
    current,
    add: again || !isYoung,
    older: others.filter(isOurs),
    foreign: others.filter((one) => !isOurs(one)),
  };
}
