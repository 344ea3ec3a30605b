import { base62, purposeHash, randomBase62 } from '../domain/bytes.ts';
import type { Random } from '../domain/clock.ts';

/** An API key in its two parts: the id may be shown, the secret never. */
export interface ApiKeyParts {
  /** 12 base62 characters. */
  readonly id: string;
  /** 43 base62 characters, 256 bits. */
  readonly secret: string;
}

const checksumLength = 6;
const form = /^nmb_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;

/** Tells a key that was mistyped or cut from one that may be known, without asking the store. It protects nothing. */
function checksum(parts: ApiKeyParts): string {
  const hash = purposeHash('apikey', 'checksum', parts.id, parts.secret);
  let rest = new DataView(hash.buffer).getBigUint64(0);
  let text = '';
  for (let digit = 0; digit < checksumLength; digit += 1) {
    text = base62.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

/** `nmb_<id 12>_<secret 43>_<checksum 6>`, as a caller sends it. */
export const formatApiKey = (parts: ApiKeyParts): string => `nmb_${parts.id}_${parts.secret}_${checksum(parts)}`;

/**
 * The parts of a key, or undefined if it has not the form or its checksum is wrong. No I/O.
 * @param knownSum the checksum of a key of this id that was found to be right: to be compared, and not computed again. One
 * of another secret shows by the hash of that
 */
export function parseApiKey(
  text: string,
  knownSum: (id: string) => string | undefined = () => undefined,
): (ApiKeyParts & { readonly sum: string }) | undefined {
  const [, id, secret, sum] = form.exec(text) ?? [];
  if (id === undefined || secret === undefined || sum === undefined) return undefined;
  return knownSum(id) === sum || checksum({ id, secret }) === sum ? { id, secret, sum } : undefined;
}

export const isApiKeyId = (text: string): boolean => /^[0-9A-Za-z]{12}$/.test(text);

export const newApiKey = (random: Random): ApiKeyParts => ({
  id: randomBase62(12, random),
  secret: randomBase62(43, random),
});

/** What is stored of a secret. 256 random bits need no slow hash. */
export const apiKeySecretHash = (secret: string): Uint8Array<ArrayBuffer> => purposeHash('apikey', 'secret', secret);

/**
 * The id of the first key of a deployment. Its whole text lies in Key Vault, not in a table; with an id of its own no
 * other key makes us ask the vault.
 */
export const bootstrapKeyId = 'bootstrapkey';

/** RFC 7519: three base64url parts, of which the first begins a JSON object. NocoBase sends such a token of its own. */
export const looksLikeJwt = (text: string): boolean => /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(text);
