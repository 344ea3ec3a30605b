import { randomBytes } from 'node:crypto';
import { createBroker } from '../src/lib/broker.ts';
import { readConfig } from '../src/lib/config.ts';
import { scopes } from '../src/lib/domain/scope.ts';
import { rootSecretName } from '../src/lib/vault/root-keys.ts';
import type { VaultStandIn } from './azure/stand-ins.ts';

const dayMs = 86_400_000;

/** Puts the secrets of a deployment into the stand-in vault, made again at each start. */
export function fillVault(vault: VaultStandIn, clientSecretName: string): void {
  vault.set(rootSecretName, randomBytes(32).toString('base64url'));
  // Entra issues secrets of 40 characters, for 180 days by default.
  const expiresOn = new Date(Date.now() + 180 * dayMs);
  vault.set(clientSecretName, randomBytes(30).toString('base64url'), { expiresOn });
}

export interface Seeded {
  readonly adminKey: string;
  readonly destinationId: string;
  readonly webhookSecret: string;
}

const destinationName = 'NocoBase (stand-in on this machine)';

/**
 * Makes what an administrator makes first, through the product's own code: a key with every scope, and the destination
 * that the NocoBase stand-in receives for. Tables that are real and hold that destination from an earlier run keep it.
 * @throws SettingsError if the settings do not hold, BrokerError if a part cannot be reached
 */
export async function seedBroker(settings: Readonly<Record<string, string>>, webhookUrl: string): Promise<Seeded> {
  const config = readConfig(settings);
  // The identity library looks for its endpoint in the environment of the process, nowhere else.
  return withEnvironment(identityOf(settings), async () => {
    const { apiKeys, destinations } = createBroker(config, { ...process.env, ...settings });
    const before = (await destinations.list()).find((destination) => destination.name === destinationName);
    const made =
      before === undefined
        ? await destinations.create({
            type: 'webhook',
            name: destinationName,
            url: webhookUrl,
            rawHtml: false,
            paused: false,
            auth: { type: 'none' },
          })
        : await destinations.patch(before.id, { url: webhookUrl, rotateSigningSecret: true });
    if (made?.signingSecret === undefined) throw new Error('The destination of the local world has no signing secret.');
    // In real tables it outlives this run, so it has to expire. In the emulator's it need not: a key that expires
    // cannot create one that outlives it, and trying the API creates some.
    const isReal = 'url' in config.tables;
    const wanted = {
      scopes: [...scopes],
      label: 'local world',
      ...(isReal ? { expiresAt: new Date(Date.now() + 30 * dayMs) } : {}),
    };
    const { key } = await apiKeys.mint(wanted, { createdBy: 'local', unrestricted: true });
    return { adminKey: key, destinationId: made.destination.id, webhookSecret: made.signingSecret };
  });
}

function identityOf(settings: Readonly<Record<string, string>>): Record<string, string> {
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = settings;
  return IDENTITY_ENDPOINT === undefined || IDENTITY_HEADER === undefined ? {} : { IDENTITY_ENDPOINT, IDENTITY_HEADER };
}

async function withEnvironment<T>(values: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
