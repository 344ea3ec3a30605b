import { createHmac } from 'node:crypto';
import type { Random } from '../../domain/clock.ts';

/** `whsec_` and base64 of 24 to 64 bytes, as Standard Webhooks wants a symmetric secret. */
export function isSigningSecret(text: string): boolean {
  if (!text.startsWith(prefix)) return false;
  const bytes = Buffer.from(text.slice(prefix.length), 'base64');
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === text.slice(prefix.length);
}

const prefix = 'whsec_';

export const newSigningSecret = (random: Random): string =>
  `${prefix}${Buffer.from(random.bytes(32)).toString('base64')}`;

/**
 * The headers of Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, one
 * signature for every live secret, newest first, so that a receiver may change over at its leisure.
 * Written out here because the reference package hashes in JavaScript (4 to 7 times the time at the size of a mail) and
 * signs a string; the tests verify with that package.
 * @param body the exact text that is sent
 */
export function signatureHeaders(
  message: { readonly id: string; readonly at: Date; readonly body: string },
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const seconds = Math.floor(message.at.getTime() / 1000).toString();
  const signed = `${message.id}.${seconds}.${message.body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(signed, 'utf8').digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(' '),
  };
}
