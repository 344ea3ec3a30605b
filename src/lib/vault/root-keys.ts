import { hkdfSync } from 'node:crypto';
import { fromBase64url } from '../domain/bytes.ts';
import type { Clock } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';
import { disabledVersion } from './missing-secret.ts';
import type { KeyUse, RootKeys, SealKeys, SecretVersion, Vault } from './types.ts';

/** Name of the one secret that all our own keys come from. */
export const rootSecretName = 'broker-root';

// Every instance has read the list of versions again by then (5 minutes), and clocks differ by a minute at most.
const knownEverywhereMs = 6 * 60_000;

const noSalt = new Uint8Array(0);
const kidForm = /^[0-9a-f]{32}$/;

/**
 * Subkeys of `broker-root`: HKDF-SHA256 (RFC 5869), 32 bytes, info `nmb/v1/<use>`; with a salt of its own for every
 * sealed value, without one for the rest. Roots rotate by a new version of the secret; old versions still open what
 * they sealed.
 * @param clock with it, links are made under the version before the newest as long as other instances may not know that
 * one
 * @throws BrokerError `root_key_broken` if a version is not 32 bytes in base64url, and what the vault throws
 */
export function createRootKeys(vault: Vault, clock?: Pick<Clock, 'now'>): RootKeys & SealKeys {
  const newest = async () => {
    const secret = await vault.secret(rootSecretName);
    return { kid: secret.version, root: rootBytes(secret), createdOn: secret.createdOn };
  };
  const version = async (kid: string): Promise<Uint8Array | undefined> => {
    if (!kidForm.test(kid)) return undefined;
    const secret = await vault.secretVersion(rootSecretName, kid);
    return secret === undefined ? undefined : rootBytes(secret);
  };

  /** What every instance opens: a link is matched against the versions that it has listed, and causes no look at the vault. */
  const knownEverywhere = async () => {
    const latest = await newest();
    const age =
      clock === undefined || latest.createdOn === undefined ? undefined : clock.now() - latest.createdOn.getTime();
    if (age === undefined || age >= knownEverywhereMs) return latest;
    const before = (await vault.versions(rootSecretName)).find(({ id, enabled }) => enabled && id !== latest.kid);
    const root = before === undefined ? undefined : await version(before.id);
    return before === undefined || root === undefined ? latest : { kid: before.id, root };
  };

  return {
    async current(use) {
      const { kid, root } = use === 'apikey' ? await newest() : await knownEverywhere();
      return { kid, key: subkey(root, noSalt, use) };
    },
    async byId(use, kid) {
      const root = await version(kid);
      return root === undefined ? undefined : subkey(root, noSalt, use);
    },
    async byPrefix(use, prefix) {
      if (prefix.length !== 4) return undefined;
      const hex = Buffer.from(prefix).toString('hex');
      const entry = (await vault.versions(rootSecretName)).find(({ id }) => id.startsWith(hex));
      if (entry === undefined) return undefined;
      if (!entry.enabled) throw new BrokerError('secret_missing', { detail: disabledVersion(rootSecretName) });
      const { id: kid } = entry;
      const root = await version(kid);
      return root === undefined ? undefined : { kid, key: subkey(root, noSalt, use) };
    },
    async currentSealKey(salt) {
      const { kid, root } = await newest();
      return { kid, key: subkey(root, salt, 'seal') };
    },
    async sealKey(kid, salt) {
      const root = await version(kid);
      return root === undefined ? undefined : subkey(root, salt, 'seal');
    },
    async currentKid() {
      return (await vault.secret(rootSecretName)).version;
    },
  };
}

function subkey(root: Uint8Array, salt: Uint8Array, use: KeyUse | 'seal'): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hkdfSync('sha256', root, salt, `nmb/v1/${use}`, 32));
}

/** The 32 bytes of a version. @throws BrokerError `root_key_broken` if it holds something else */
export function rootBytes(secret: SecretVersion): Uint8Array {
  // The form is checked too: the decoder skips over characters that it does not know.
  const text = secret.value.trim().replace(/=+$/, '');
  const bytes = fromBase64url(text);
  if (bytes.length !== 32 || !/^[\w-]{43}$/.test(text) || !kidForm.test(secret.version)) {
    throw new BrokerError('root_key_broken');
  }
  return bytes;
}
