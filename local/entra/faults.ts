import { randomUUID } from 'node:crypto';
import type { Reply } from '../web.ts';
import type { TokenFailure } from './stand-in.ts';

/** An error of the token endpoint: OAuth's name for it, Entra's number and sentence. */
export interface EntraFault {
  readonly error: string;
  readonly number: number;
  readonly text: string;
  readonly status?: number;
  readonly suberror?: string;
}

/**
 * Entra's own words for what can happen at the stand-in.
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export const faults = {
  codeRedeemed: {
    error: 'invalid_grant',
    number: 54005,
    text: 'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
  },
  codeExpired: {
    error: 'invalid_grant',
    number: 70008,
    text: 'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.',
  },
  pkceMismatch: {
    error: 'invalid_grant',
    number: 501481,
    text: 'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  },
  redirectMismatch: {
    error: 'invalid_client',
    number: 500112,
    text: 'The reply address does not match the reply address provided when requesting Authorization code.',
  },
  revoked: {
    error: 'invalid_grant',
    number: 50173,
    text: 'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.',
  },
  malformed: {
    error: 'invalid_grant',
    number: 9002313,
    text: 'Invalid request. Request is malformed or invalid.',
  },
  secretMissing: {
    error: 'invalid_client',
    number: 7000218,
    text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    status: 401,
  },
  secretWrong: {
    error: 'invalid_client',
    number: 7000215,
    text: 'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to the app.',
    status: 401,
  },
  assertionWrong: {
    error: 'invalid_client',
    number: 700213,
    text: 'No matching federated identity record found for presented assertion subject.',
    status: 401,
  },
  clientUnknown: {
    error: 'unauthorized_client',
    number: 700016,
    text: 'Application with this identifier was not found in the directory.',
  },
  severalResources: {
    error: 'invalid_request',
    number: 28000,
    text: 'Provided value for the input parameter scope is not valid because it contains more than one resource.',
  },
  scopeUnknown: {
    error: 'invalid_scope',
    number: 70011,
    text: "The provided value for the input parameter 'scope' is not valid.",
  },
  consentMissing: {
    error: 'invalid_grant',
    number: 65001,
    text: 'The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.',
    suberror: 'consent_required',
  },
  notDefault: {
    error: 'invalid_scope',
    number: 1002012,
    text: 'The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
  },
  resourceUnknown: {
    error: 'invalid_resource',
    number: 500011,
    text: 'The resource principal was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant.',
  },
  tenantless: {
    error: 'invalid_request',
    number: 900023,
    text: 'Specified tenant identifier is neither a valid DNS name, nor a valid external domain.',
  },
  wrongTenant: {
    error: 'invalid_grant',
    number: 50020,
    text: 'User account from identity provider does not exist in tenant and cannot access the application in that tenant.',
  },
  grantTypeUnknown: {
    error: 'unsupported_grant_type',
    number: 70003,
    text: 'The app requested an unsupported grant type.',
  },
} as const satisfies Record<string, EntraFault>;

/** Entra's words for what oidc-provider found wrong with a token request. */
export function faultOf(error: string, detail: string): EntraFault {
  if (/code is expired|refresh token is expired/.test(detail)) return faults.codeExpired;
  if (/redirect_uri mismatch/.test(detail)) return faults.redirectMismatch;
  if (/PKCE|code_verifier/i.test(detail)) return faults.pkceMismatch;
  if (error === 'invalid_client') return faults.secretWrong;
  if (error === 'unsupported_grant_type') return faults.grantTypeUnknown;
  return { ...faults.malformed, error };
}

/** The answer of a fault, in the shape of the real endpoint. */
export function faultReply(fault: EntraFault): Reply {
  return failureReply({
    status: fault.status ?? 400,
    error: fault.error,
    errorCodes: [fault.number],
    description: fault.text,
    ...(fault.suberror === undefined ? {} : { suberror: fault.suberror }),
  });
}

/** The answer that a test ordered. */
export function failureReply(failure: TokenFailure): Reply {
  const { status = 400, error = 'invalid_grant', errorCodes = [], description = 'Ordered by a test.' } = failure;
  const retryAfter: Record<string, string> =
    failure.retryAfterSeconds === undefined ? {} : { 'retry-after': String(failure.retryAfterSeconds) };
  if (failure.answer === 'html') {
    return {
      status,
      headers: { 'content-type': 'text/html', ...retryAfter },
      body: '<html><body><h1>Our services are not available right now</h1></body></html>',
    };
  }
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = new Date().toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const number = errorCodes[0];
  const prefix = number === undefined ? '' : `AADSTS${number}: `;
  return {
    status,
    headers: retryAfter,
    body: {
      error,
      error_description: `${prefix}${description} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: errorCodes,
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      ...(number === undefined ? {} : { error_uri: `https://login.microsoftonline.com/error?code=${number}` }),
      ...(failure.suberror === undefined ? {} : { suberror: failure.suberror }),
      ...(failure.claims === undefined ? {} : { claims: failure.claims }),
    },
  };
}
