import { z } from 'zod';
import { identityError } from '../domain/identity-error.ts';
import { BrokerError, type ErrorCode, isBrokerError } from '../errors.ts';

/** An error of the SDK. `code` is the network's own where no answer came. */
const restError = z.object({
  statusCode: z.number().optional(),
  code: z.string().optional(),
  message: z.string().default(''),
  details: z
    .object({ error: z.object({ code: z.string().optional(), innerError: z.object({ code: z.string() }).optional() }) })
    .optional()
    .catch(undefined),
});

/**
 * What an error says of the secret that was asked for: 404 that there is none of this name or version (one that was
 * deleted included), 403 with these inner codes that it may not be read. Undefined if it says nothing of the secret.
 */
export function absenceIn(error: unknown): 'absent' | 'disabled' | undefined {
  const { data } = restError.safeParse(error);
  if (data?.statusCode === 404) return 'absent';
  const inner = data?.details?.error.innerError?.code ?? '';
  return data?.statusCode === 403 && /^Secret(Disabled|NotYetValid|Expired)$/.test(inner) ? 'disabled' : undefined;
}

/** Failures during which the last known values may still be used: the vault was not asked, or did not answer. */
const passing: readonly ErrorCode[] = [
  'vault_unreachable',
  'vault_throttled',
  'vault_name_unknown',
  'vault_tls_failed',
  'identity_unavailable',
];
export const isPassing = (error: unknown): boolean => isBrokerError(error, ...passing);

// https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
const closed = ['ForbiddenByFirewall', 'ForbiddenByConnection'];
// What Node calls a certificate that it does not trust, and plain http in the place of TLS.
const tls = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;

/** What the SDK threw when the vault was asked, as a person may meet it. */
export function vaultError(cause: unknown): BrokerError {
  const identity = identityError(cause);
  if (identity !== undefined) return identity;
  const { data } = restError.safeParse(cause);
  const { statusCode, code = '', message, details } = data ?? { message: '' };
  const told = (vault: ErrorCode, detail?: string) =>
    new BrokerError(vault, { cause, ...(detail === undefined ? {} : { detail }) });
  if (statusCode === 429) return told('vault_throttled');
  if (statusCode === 403 && closed.includes(details?.error.innerError?.code ?? '')) return told('vault_firewall');
  // AKV10032: the token is of another tenant than the vault.
  if (statusCode === 401 && message.includes('AKV10032')) {
    return told('vault_forbidden', "The Key Vault belongs to a different tenant than the app's identity.");
  }
  if (statusCode === 401 || statusCode === 403) return told('vault_forbidden');
  if (statusCode !== undefined) return told('vault_unreachable');
  if (code === 'ENOTFOUND') return told('vault_name_unknown');
  return told(tls.test(code) ? 'vault_tls_failed' : 'vault_unreachable');
}
