import { randomUUID } from 'node:crypto';
import type { Config } from '../../src/lib/config.ts';
import { systemRandom } from '../../src/lib/domain/system.ts';
import { createEntraClient } from '../../src/lib/entra/client.ts';
import { createCredential } from '../../src/lib/entra/credential.ts';
import { createSignIn } from '../../src/lib/entra/sign-in.ts';
import { createTokens } from '../../src/lib/entra/tokens.ts';
import { consoleLog } from '../../src/lib/log.ts';
import { createNotices } from '../../src/lib/store/deployment/notices.ts';
import { createGrants } from '../../src/lib/store/grants/grants.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { createVault } from '../../src/lib/vault/reader.ts';
import { fakeEntra } from './entra-fetch.ts';
import { memorySealer } from './sealer.ts';

const usual = {
  clientId: 'cccccccc-0000-4000-8000-000000000001',
  tenant: 'organizations',
  allowedTenants: '*',
  authorityHost: 'https://login.microsoftonline.com',
  credential: 'secret',
  clientSecretName: 'client-secret',
  outlookResource: 'https://outlook.office.com',
  outlookAppResource: 'https://outlook.office365.com',
  graphResource: 'https://graph.microsoft.com',
  graphPermissions: [],
} as const;
export const redirectUri = 'https://broker.example/api/oauth/callback';

/**
 * Instances of the broker, as far as it concerns sign-in and tokens, on one table, one vault and one Entra, and a clock
 * that can be put forward.
 */
export function tokenWorld(store: Store, own: Partial<Config['entra']> = {}) {
  const config = { ...usual, ...own };
  const entra = fakeEntra(config.clientId);
  const { sealer } = memorySealer();
  const lines: string[] = [];
  const log = consoleLog((_level, line) => lines.push(line));
  let offset = 0;
  const clock = {
    now: () => Date.now() + offset,
    monotonic: () => performance.now() + offset,
    sleep: async () => {},
    caughtUp: async () => {},
  };
  const kept = { value: 'the-secret', version: randomUUID().replaceAll('-', '') };
  const vaultReads = { count: 0 };
  const instance = () => {
    const vault = createVault(
      { keyVaultUrl: 'https://unused.vault.azure.net', inAzure: true },
      {
        credential: { getToken: async () => null },
        clock,
        log,
        source: {
          get: async () => {
            vaultReads.count++;
            return { ...kept };
          },
          versions: async () => [{ id: kept.version, enabled: true }],
        },
      },
    );
    const credential = createCredential(config, { vault, identity: { getToken: async () => null }, clock });
    const notices = createNotices({ store, clock, random: systemRandom });
    const client = createEntraClient(config, { fetch: entra.fetch, clock, log, credential, notices });
    const grants = createGrants({ store, sealer, clock, random: systemRandom, log });
    return {
      grants,
      signIn: createSignIn(config, { client, random: systemRandom, log }),
      tokens: createTokens(config, { client, grants, clock, random: systemRandom, log }),
    };
  };
  const one = instance();
  const connect = async (tid: string = randomUUID()) => {
    const person = { tid, oid: randomUUID(), username: `person-${randomUUID()}@contoso.example` };
    const { verifier, nonce } = await one.signIn.start({ state: 's', redirectUri });
    const code = entra.code(person, nonce);
    const signedIn = await one.signIn.finish({ code, state: 's', redirectUri, verifier, nonce });
    await one.grants.connected(signedIn);
    entra.posts.length = 0;
    return person;
  };
  return { entra, lines, log, kept, vaultReads, instance, connect, pass: (ms: number) => (offset += ms), ...one };
}
