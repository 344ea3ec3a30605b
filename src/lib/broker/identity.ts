import { createAdminConsent } from '../entra/admin-consent.ts';
import { createEntraClient } from '../entra/client.ts';
import { createCredential } from '../entra/credential.ts';
import { createFindAddresses } from '../entra/person-addresses.ts';
import { createSignIn } from '../entra/sign-in.ts';
import { createTokens } from '../entra/tokens.ts';
import type { Base } from './base.ts';
import type { Storage } from './storage.ts';

/** Everything that asks Microsoft for a token. */
export function composeIdentity({ config, clock, random, log }: Base, { vault, credential, notices, grants }: Storage) {
  const client = createEntraClient(config.entra, {
    fetch,
    clock,
    log,
    credential: createCredential(config.entra, { vault, identity: credential, clock }),
    notices,
  });
  return {
    client,
    tokens: createTokens(config.entra, { client, grants, clock, random, log }),
    signIn: createSignIn(config.entra, { client, random, log }),
    adminConsent: createAdminConsent(config.entra),
    findAddresses: createFindAddresses(config.entra, { client, fetch, log }),
  };
}

export type Identity = ReturnType<typeof composeIdentity>;
