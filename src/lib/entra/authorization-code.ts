import type { AuthenticationResult, AuthorizationUrlRequest, ConfidentialClientApplication } from '@azure/msal-node';
import { base64url, sha256 } from '../domain/bytes.ts';
import type { Random } from '../domain/clock.ts';
import { msalError } from './classify.ts';
import type { EntraClient } from './client.ts';
import type { SignInReturn, SignInStart } from './types.ts';

/** What differs between sign-ins; the rest is the same for all of them. */
export type SignInRequest = Omit<
  AuthorizationUrlRequest,
  'responseMode' | 'nonce' | 'codeChallenge' | 'codeChallengeMethod'
>;

/** The authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636) at one tenant, over MSAL. */
export interface AuthorizationCode {
  /** @throws BrokerError where Microsoft cannot be asked for its addresses */
  start(request: SignInRequest): Promise<SignInStart>;
  /** Redeems the code, and reads from the answer what is wanted. @throws BrokerError by the class of the failure */
  finish<T>(
    back: SignInReturn,
    scopes: string[],
    read: (result: AuthenticationResult, app: ConfidentialClientApplication) => T,
  ): Promise<T>;
}

export function createAuthorizationCode(
  tenant: string,
  deps: { readonly client: EntraClient; readonly random: Random },
): AuthorizationCode {
  const { client, random } = deps;
  return {
    async start(request) {
      const { PublicClientApplication } = await import('@azure/msal-node');
      const verifier = base64url(random.bytes(32));
      const nonce = base64url(random.bytes(32));
      const { configuration, network } = client.publicConfiguration(tenant);
      try {
        const url = await new PublicClientApplication(configuration).getAuthCodeUrl({
          ...request,
          responseMode: 'query',
          nonce,
          codeChallenge: base64url(sha256(verifier)),
          codeChallengeMethod: 'S256',
        });
        return { url, verifier, nonce };
      } catch (error) {
        throw network.failure() ?? msalError(error, 'sign-in');
      }
    },

    finish({ code, state, redirectUri, verifier, nonce }, scopes, read) {
      return client.run({
        phase: 'sign-in',
        isDecisive: false,
        tenant,
        async run(app) {
          const result = await app.acquireTokenByCode(
            { code, scopes, redirectUri, codeVerifier: verifier, nonce, state },
            { code, state, nonce },
          );
          return read(result, app);
        },
      });
    },
  };
}
