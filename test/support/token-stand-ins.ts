import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startManagedIdentity } from '../../local/azure/managed-identity.ts';
import type { IdentityStandIn, VaultStandIn } from '../../local/azure/stand-ins.ts';
import { startVault } from '../../local/azure/vault.ts';
import { makeCertificates } from '../../local/certificates.ts';
import { startEntra } from '../../local/entra/entra.ts';
import type { DemoUser, EntraStandIn } from '../../local/entra/stand-in.ts';
import type { Config } from '../../src/lib/config.ts';
import type { Clock } from '../../src/lib/domain/clock.ts';
import { systemRandom } from '../../src/lib/domain/system.ts';
import { createEntraClient } from '../../src/lib/entra/client.ts';
import { createCredential } from '../../src/lib/entra/credential.ts';
import { createSignIn } from '../../src/lib/entra/sign-in.ts';
import { createTokens } from '../../src/lib/entra/tokens.ts';
import { consoleLog, type Log } from '../../src/lib/log.ts';
import { createNotices } from '../../src/lib/store/deployment/notices.ts';
import { createGrants, type Grants } from '../../src/lib/store/grants/grants.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { azureCredential } from '../../src/lib/vault/azure-credential.ts';
import { keyVaultSource, type SecretSource } from '../../src/lib/vault/key-vault.ts';
import { createVault } from '../../src/lib/vault/reader.ts';
import { createRootKeys } from '../../src/lib/vault/root-keys.ts';
import { createSealer } from '../../src/lib/vault/seal.ts';
import { azuriteOfSuite, type SuiteAzurite } from './suite-tables.ts';
import { storeAt } from './tables.ts';

/** Tenant of the app registration. */
export const home = '11111111-2222-4333-8444-555555555555';
export const redirectUri = 'http://localhost:7071/api/oauth/callback';

export interface TokenStandIns {
  readonly store: Store;
  readonly identity: IdentityStandIn;
  readonly vault: VaultStandIn;
  readonly entra: EntraStandIn;
  /** Ends every fault that a test ordered. */
  heal(): void;
  stop(): Promise<void>;
}

/**
 * Everything that holds tokens and secrets: tables, and the stand-ins of Entra, Key Vault and the managed identity.
 * @param storage an emulator that the test itself started, if it means to stop it
 */
export async function startTokenStandIns(users: readonly DemoUser[], storage?: SuiteAzurite): Promise<TokenStandIns> {
  const folder = await mkdtemp(join(tmpdir(), 'tokens-'));
  const [azurite, certificates, identity] = await Promise.all([
    storage ?? azuriteOfSuite(),
    makeCertificates(folder),
    startManagedIdentity({ tenant: home }),
  ]);
  const vault = await startVault({
    certificates,
    authority: `https://localhost:1/${home}`,
    isAllowed: (token) => identity.verify(token, 'https://vault.azure.net'),
  });
  const entra = await startEntra({
    certificates,
    tenant: home,
    users,
    redirectUris: [redirectUri],
    secrets: () => vault.live('client-secret'),
    isTrustedAssertion: (assertion) => identity.verify(assertion, 'api://AzureADTokenExchange'),
  });
  vault.set('client-secret', 'the-first-secret');
  vault.set('broker-root', randomBytes(32).toString('base64url'));
  const before = { endpoint: process.env.IDENTITY_ENDPOINT, header: process.env.IDENTITY_HEADER };
  // The identity library looks nowhere else.
  process.env.IDENTITY_ENDPOINT = identity.endpoint;
  process.env.IDENTITY_HEADER = identity.header;
  return {
    store: storeAt(azurite),
    identity,
    vault,
    entra,
    heal() {
      entra.heal();
      vault.down(false);
      identity.down(false);
    },
    async stop() {
      restore('IDENTITY_ENDPOINT', before.endpoint);
      restore('IDENTITY_HEADER', before.header);
      await Promise.all([entra.stop(), vault.stop(), identity.stop(), azurite.stop()]);
      await rm(folder, { recursive: true });
    },
  };
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

export interface InstanceOptions {
  readonly entra?: Partial<Config['entra']>;
  readonly store?: Store;
  /** Its `sleep` need not wait. */
  readonly clock?: Clock;
  /** Grants of another part of the test's world, where they are sealed by other keys. */
  readonly grants?: Grants;
  /** Stands between the instance and Key Vault. */
  readonly vaultSource?: (real: SecretSource) => SecretSource;
}

/** One instance of the broker, as far as it concerns sign-in and tokens, with nothing in its memory. */
export function tokenInstance(world: TokenStandIns, options: InstanceOptions = {}) {
  const { entra, identity, vault } = world;
  const config: Config['entra'] = {
    clientId: entra.clientId,
    tenant: home,
    allowedTenants: [home],
    authorityHost: entra.url,
    credential: 'secret',
    clientSecretName: 'client-secret',
    outlookResource: 'https://outlook.office.com',
    outlookAppResource: 'https://outlook.office365.com',
    graphResource: 'https://graph.microsoft.com',
    graphPermissions: [],
    ...options.entra,
  };
  let offset = 0;
  const clock: Clock = options.clock ?? {
    now: () => Date.now() + offset,
    monotonic: () => performance.now() + offset,
    sleep: async () => {},
    caughtUp: async () => {},
  };
  const store = options.store ?? world.store;
  const lines: string[] = [];
  const log: Log = consoleLog((_level, line) => lines.push(line));
  const azure = azureCredential({ identityClientId: identity.clientId }, process.env);
  const vaultConfig = { keyVaultUrl: vault.url, inAzure: false };
  const { vaultSource = (real) => real } = options;
  const source = vaultSource(keyVaultSource(vaultConfig, azure));
  const reader = createVault(vaultConfig, { credential: azure, clock, log, source });
  const keys = createRootKeys(reader);
  const sealer = createSealer({ keys, random: systemRandom });
  const grants = options.grants ?? createGrants({ store, sealer, clock, random: systemRandom, log });
  const credential = createCredential(config, { vault: reader, identity: azure, clock });
  const notices = createNotices({ store, clock, random: systemRandom });
  const client = createEntraClient(config, { fetch, clock, log, credential, notices });
  const signIn = createSignIn(config, { client, random: systemRandom, log });
  const tokens = createTokens(config, { client, grants, clock, random: systemRandom, log });

  const signInAs = async (address: string) => {
    const { url, verifier, nonce } = await signIn.start({ state: 'the-state', redirectUri, selectAccount: true });
    const callback = new URL(await entra.signInAs(address, url));
    const code = callback.searchParams.get('code') ?? '';
    return signIn.finish({ code, state: 'the-state', redirectUri, verifier, nonce });
  };
  return {
    ...{ reader, keys, sealer, grants, signIn, tokens, lines, log, signInAs },
    /** Signs in and stores the grant. */
    async connect(address: string) {
      const signedIn = await signInAs(address);
      await grants.connected(signedIn);
      return { tid: signedIn.tid, oid: signedIn.oid };
    },
    /** Puts the clock of this instance forward. */
    pass: (ms: number) => (offset += ms),
  };
}

export type TokenInstance = ReturnType<typeof tokenInstance>;
