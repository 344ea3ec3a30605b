import type { TokenCredential } from '@azure/identity';
import type { Config } from '../config.ts';
import type { Clock } from '../domain/clock.ts';
import { identityError } from '../domain/identity-error.ts';
import { BrokerError } from '../errors.ts';
import type { Vault } from '../vault/types.ts';

/** By what the app proves itself to Microsoft; goes into MSAL's `auth` as it is. */
export interface ClientCredential {
  /** Changes when the credential does. */
  readonly version: string;
  readonly auth: { readonly clientSecret: string } | { readonly clientAssertion: () => Promise<string> };
}

export interface CredentialSource {
  current(): Promise<ClientCredential>;
  /** Past every cache. */
  fresh(): Promise<ClientCredential>;
}

// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
const exchangeScope = 'api://AzureADTokenExchange/.default';
// Handed to a token request at once; this is more than the request takes.
const assertionMarginMs = 5 * 60_000;

/** The credential that CREDENTIAL_MODE names: a secret in Key Vault, or the managed identity and no secret at all. */
export function createCredential(
  config: Pick<Config['entra'], 'credential' | 'clientSecretName'>,
  deps: { readonly vault: Vault; readonly identity: TokenCredential; readonly clock: Clock },
): CredentialSource {
  return config.credential === 'secret'
    ? secretCredential(config.clientSecretName, deps.vault)
    : federatedCredential(deps.identity, deps.clock);
}

// Entra shows both beside each other; only the id has this form.
const guid = /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i;

/**
 * The secret without what a file, a shell or a portal leaves around it: no secret of Entra begins or ends with a blank.
 * @throws BrokerError `client_secret_invalid` if nothing is left, which MSAL would call a missing setting;
 * `client_secret_is_id`
 */
export function clientSecretIn(value: string, name: string): string {
  const secret = value.trim();
  const where = `The secret ${name} in Key Vault (CLIENT_SECRET_NAME)`;
  if (secret === '') throw new BrokerError('client_secret_invalid', { detail: `${where} is empty.` });
  if (guid.test(secret)) {
    const detail = `${where} holds the id of a client secret (a GUID), not its value.`;
    throw new BrokerError('client_secret_is_id', { detail });
  }
  return secret;
}

function secretCredential(name: string, vault: Vault): CredentialSource {
  const read = async (fresh: boolean): Promise<ClientCredential> => {
    const { value, version } = await vault.secret(name, { fresh });
    return { version, auth: { clientSecret: clientSecretIn(value, name) } };
  };
  return { current: () => read(false), fresh: () => read(true) };
}

function federatedCredential(identity: TokenCredential, clock: Clock): CredentialSource {
  let cached: { readonly token: string; readonly until: number } | undefined;
  // MSAL asks for the assertion at every operation, cached tokens included.
  const assertion = async (): Promise<string> => {
    if (cached === undefined || cached.until <= clock.now()) {
      try {
        const token = await identity.getToken(exchangeScope);
        if (token === null || token.token === '') throw new Error('no token');
        cached = { token: token.token, until: token.expiresOnTimestamp - assertionMarginMs };
      } catch (cause) {
        throw identityError(cause) ?? new BrokerError('identity_unavailable', { cause });
      }
    }
    return cached.token;
  };
  const credential: ClientCredential = { version: 'federated', auth: { clientAssertion: assertion } };
  return {
    current: async () => credential,
    async fresh() {
      cached = undefined;
      return credential;
    },
  };
}
