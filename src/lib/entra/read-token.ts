import type { AuthenticationResult } from '@azure/msal-node';
import { BrokerError } from '../errors.ts';
import type { AccessToken } from './types.ts';

/** @throws BrokerError `entra_unavailable` if there is no token in it, which MSAL lets pass */
export function readToken(result: AuthenticationResult): AccessToken {
  const { accessToken, expiresOn, scopes, account } = result;
  if (accessToken === '' || expiresOn === null) {
    throw new BrokerError('entra_unavailable', { cause: new Error('An answer without an access token.') });
  }
  return { accessToken, expiresAt: expiresOn, scopes, username: account?.username ?? '' };
}
