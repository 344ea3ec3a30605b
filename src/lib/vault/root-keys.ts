import { hkdfSync } from 'node:crypto';
import { fromBase64url } from '../domain/bytes.ts';
import { BrokerError } from '../errors.ts';
import { disabledVersion } from './missing-secret.ts';
import type { KeyUse, RootKeys, SealKeys, SecretVersion, Vault } from './types.ts';

/** Name of the one secret that all our own keys come from. */
export const rootSecretName = 'broker-root';

const noSalt = new Uint8Array(0);
const kidForm = /^[0-9a-f]{32}$/;

/**
 * Subkeys of `broker-root`: HKDF-SHA256 (RFC 5869), 32 bytes, info `nmb/v1/<use>`; with a salt of its own for every
 * sealed value, without one for the rest. Roots rotate by a new version of the secret; the old versions go on opening.
 * @throws BrokerError `root_key_broken` if a version is not 32 bytes in base64url, and what the vault throws
 */
export function createRootKeys(vault: Vault): RootKeys & SealKeys {
  const newest = async () => {
    const secret = await vault.secret(rootSecretName);
    return { kid: secret.version, root: rootBytes(secret) };
  };
  const version = async (kid: string): Promise<Uint8Array | undefined> => {
    if (!kidForm.test(kid)) return undefined;
    const secret = await vault.secretVersion(rootSecretName, kid);
    return secret === undefined ? undefined : rootBytes(secret);
  };

  return {
    async current(use) {
      const { kid, root } = await newest();
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
