import { createHmac, timingSafeEqual } from 'node:crypto';

/** Claims of a token that a stand-in issues and another checks in the same process. */
export type Claims = Readonly<Record<string, unknown>>;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const mac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** A compact JWS with HS256 (RFC 7515). */
export function signJwt(claims: Claims, key: Uint8Array): string {
  const text = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`;
  return `${text}.${mac(key, text).toString('base64url')}`;
}

/** The claims of a token of {@link signJwt}, or undefined if it is not one of ours or has run out. */
export function verifyJwt(token: string, key: Uint8Array): Claims | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  const expected = mac(key, `${header}.${payload}`);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const claims: Claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return typeof claims.exp === 'number' && claims.exp * 1000 > Date.now() ? claims : undefined;
}
