import type { GetTokenOptions, TokenCredential } from '@azure/identity';
import type { Config } from '../config.ts';

/**
 * Who the app is towards Key Vault and Table Storage: the managed identity where the platform offers one
 * (IDENTITY_ENDPOINT is set), the person signed in with `az login` otherwise. Both are named outright, because
 * DefaultAzureCredential probes one source after the other, which costs seconds on a cold start.
 * The identity package is loaded at the first token (175 ms), not at start-up.
 */
export function azureCredential(
  config: Pick<Config, 'identityClientId'>,
  environment: Readonly<Record<string, string | undefined>>,
): TokenCredential {
  const load = async (): Promise<TokenCredential> => {
    const { AzureCliCredential, ManagedIdentityCredential } = await import('@azure/identity');
    if ((environment.IDENTITY_ENDPOINT ?? '') === '') return new AzureCliCredential();
    return config.identityClientId === undefined
      ? new ManagedIdentityCredential()
      : new ManagedIdentityCredential({ clientId: config.identityClientId });
  };
  let credential: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes: string | string[], options?: GetTokenOptions) {
      credential ??= load();
      return (await credential).getToken(scopes, options);
    },
  };
}
