import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../errors.ts';
import { absenceIn, isPassing, vaultError } from './vault-error.ts';

const rest = (statusCode: number, inner?: string, message = '') =>
  Object.assign(new Error(message), {
    statusCode,
    details: { error: { code: 'X', ...(inner === undefined ? {} : { innerError: { code: inner } }) } },
  });
const network = (code: string) => Object.assign(new Error(`request to … failed: ${code}`), { code });
const identity = (message: string, status?: number) =>
  Object.assign(new Error(message, status === undefined ? {} : { cause: Object.assign(new Error('x'), { status }) }), {
    name: 'CredentialUnavailableError',
  });

describe('what Key Vault says', () => {
  it.each<[string, unknown, ErrorCode, boolean]>([
    ['a firewall', rest(403, 'ForbiddenByFirewall'), 'vault_firewall', false],
    ['no public access', rest(403, 'ForbiddenByConnection'), 'vault_firewall', false],
    ['a missing role', rest(403, 'ForbiddenByRbac'), 'vault_forbidden', false],
    ['a missing access policy', rest(403, 'AccessDenied'), 'vault_forbidden', false],
    ['another tenant', rest(401, undefined, 'AKV10032: Invalid issuer.'), 'vault_forbidden', false],
    ['no token', rest(401), 'vault_forbidden', false],
    ['too many requests', rest(429), 'vault_throttled', true],
    ['a fault of its own', rest(500), 'vault_unreachable', true],
    ['a name that is unknown', network('ENOTFOUND'), 'vault_name_unknown', true],
    ['a name server that is away', network('EAI_AGAIN'), 'vault_unreachable', true],
    ['a connection that is refused', network('ECONNREFUSED'), 'vault_unreachable', true],
    ['a certificate of a proxy', network('SELF_SIGNED_CERT_IN_CHAIN'), 'vault_tls_failed', true],
    ['a certificate that has expired', network('CERT_HAS_EXPIRED'), 'vault_tls_failed', true],
    ['a certificate for another name', network('ERR_TLS_CERT_ALTNAME_INVALID'), 'vault_tls_failed', true],
    [
      'no certificate that leads to a trusted one',
      network('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'),
      'vault_tls_failed',
      true,
    ],
    ['plain http', network('EPROTO'), 'vault_tls_failed', true],
    ['a time-out', Object.assign(new Error('x'), { name: 'AbortError' }), 'vault_unreachable', true],
    ['an identity endpoint that fails', identity('no token', 500), 'identity_unavailable', true],
    ['an identity endpoint that nobody hears', identity('Network unreachable.'), 'identity_unavailable', true],
    ['an identity that is not assigned', identity('No User Assigned …', 400), 'identity_unknown', false],
    ['nobody who is signed in', identity("Please run 'az login' from a command prompt"), 'azure_login_missing', false],
    ['no Azure CLI', identity('Azure CLI could not be found.'), 'azure_login_missing', false],
  ])('%s is told by its own code', (_what, error, code, passes) => {
    const told = vaultError(error);
    expect(told.code).toBe(code);
    // Whether the last known values go on being used meanwhile.
    expect(isPassing(told)).toBe(passes);
    expect(absenceIn(error)).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['not there, or deleted', rest(404), 'absent'],
    ['disabled', rest(403, 'SecretDisabled'), 'disabled'],
    ['not valid yet', rest(403, 'SecretNotYetValid'), 'disabled'],
    ['expired', rest(403, 'SecretExpired'), 'disabled'],
  ])('a secret that is %s is no refusal', (_what, error, absence) => {
    expect(absenceIn(error)).toBe(absence);
  });
});
