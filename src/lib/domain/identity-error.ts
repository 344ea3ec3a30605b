import { BrokerError } from '../errors.ts';

/**
 * Why Azure gave the app no token of its own identity, if that is what `error` tells; undefined for any other failure.
 * Told apart by names and fields, because the classes of @azure/identity are loaded at the first token only. Nothing of
 * the error's own text is passed on: it names ids.
 *
 * - `identity_unknown`: the endpoint answers 400, "No User Assigned or Delegated Managed Identity found …" or "Unable to
 *   load the proper Managed Identity."
 *   https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 * - `azure_login_missing`: outside Azure, where the Azure CLI stands in for the identity.
 * - `identity_unavailable`: the endpoint does not answer as it should.
 */
export function identityError(error: unknown): BrokerError | undefined {
  if (!(error instanceof Error) || !identityErrors.includes(error.name)) return undefined;
  return new BrokerError(codeOf(error), { cause: error });
}

const identityErrors = [
  'CredentialUnavailableError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
];

function codeOf(error: Error): 'identity_unknown' | 'azure_login_missing' | 'identity_unavailable' {
  if (/\baz login\b|Azure CLI|AzureCliCredential/.test(error.message)) return 'azure_login_missing';
  const { cause } = error;
  const isRefused = cause instanceof Error && 'status' in cause && cause.status === 400;
  return isRefused ? 'identity_unknown' : 'identity_unavailable';
}
