import { z } from 'zod';
import { isProblem } from '../azure/problem.ts';
import type { Rest, RestWrite } from '../azure/rest.ts';
import { known, type SecretInfo, type SecretVersion } from './facts.ts';
import { paths } from './paths.ts';
import { type Run, waitUntil } from './run.ts';

/** https://learn.microsoft.com/rest/api/keyvault/secrets */
const query = { 'api-version': '7.4' };

const armSecret = z
  .object({
    name: z.string(),
    tags: z.record(z.string(), z.string()).nullish(),
    properties: z.object({
      attributes: z.object({ enabled: z.boolean().nullish(), exp: z.number().nullish() }).nullish(),
    }),
  })
  .transform(
    ({ name, tags, properties: { attributes } }): SecretInfo => ({
      name,
      enabled: attributes?.enabled !== false,
      endsAt: typeof attributes?.exp === 'number' ? attributes.exp * 1000 : undefined,
      tags: tags ?? {},
    }),
  );

/** The secrets of the vault, as ARM lists them: their names, expiries and tags. No role in the vault is needed. */
export async function listSecrets(run: Run): Promise<readonly SecretInfo[]> {
  const scope = known(run.facts, 'scope');
  const { vault } = known(run.facts, 'choices').names;
  const { path, query: version } = paths.secrets(scope, vault);
  try {
    const items = await run.ports.azure.arm(scope.subscription).list(path, { query: version });
    return items.map((item) => armSecret.parse(item));
  } catch (error) {
    // No vault yet.
    if (isProblem(error, 'not_found')) return [];
    throw error;
  }
}

export interface NewSecret {
  readonly name: string;
  /** In this process only: from here into the body of one request. */
  readonly value: string;
  /** What is shown instead of it where the request is printed. */
  readonly told: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly endsAt?: number;
}

const versionItem = z.object({
  id: z.string(),
  attributes: z.object({ enabled: z.boolean(), created: z.number() }),
  tags: z.record(z.string(), z.string()).nullish(),
});

/** The vault by its own interface, where values are. It takes a role in the vault. */
export interface VaultDoor {
  /** Whether the vault lets this person in. Throws what it says if not. */
  knock(): Promise<void>;
  exists(name: string): Promise<boolean>;
  /** Whether a secret was deleted and can be recovered. */
  isDeleted(name: string): Promise<boolean>;
  recover(name: string): Promise<void>;
  /** All versions, the newest first; Key Vault lists them in no order. */
  versions(name: string): Promise<readonly SecretVersion[]>;
  /** A new version. Not repeated where the answer is lost: look first. */
  put(secret: NewSecret): Promise<void>;
  disable(name: string, version: string): Promise<void>;
}

export function vaultDoor(run: Run): VaultDoor {
  const { subscription } = known(run.facts, 'scope');
  const { vault } = known(run.facts, 'choices').names;
  const rest: Rest = run.ports.azure.vault(vault, subscription);
  const send = (method: 'PUT' | 'POST' | 'PATCH', path: string, write: RestWrite) =>
    rest.send(method, path, { query, ...write });
  return {
    async knock() {
      await rest.list('/secrets', { query: { ...query, maxresults: '1' } });
    },
    exists: async (name) => (await rest.get(`/secrets/${name}`, { query })) !== undefined,
    isDeleted: async (name) => (await rest.get(`/deletedsecrets/${name}`, { query })) !== undefined,
    async recover(name) {
      await send('POST', `/deletedsecrets/${name}/recover`, { repeatable: true });
    },
    async versions(name) {
      const items = await rest
        .list(`/secrets/${name}/versions`, { query })
        .catch((error: unknown) => (isProblem(error, 'not_found') ? [] : Promise.reject(error)));
      const versions = items.map((item): SecretVersion => {
        const { id, attributes, tags } = versionItem.parse(item);
        const { enabled, created } = attributes;
        return { version: id.split('/').at(-1) ?? '', enabled, createdAt: created * 1000, tags: tags ?? {} };
      });
      return versions.toSorted((one, other) => other.createdAt - one.createdAt);
    },
    async put({ name, value, told, tags, endsAt }) {
      const attributes = endsAt === undefined ? {} : { attributes: { exp: Math.floor(endsAt / 1000) } };
      await send('PUT', `/secrets/${name}`, {
        body: { value, tags, ...attributes },
        bodyTold: { value: told, tags, ...attributes },
        repeatable: false,
      });
    },
    async disable(name, version) {
      await send('PATCH', `/secrets/${name}/${version}`, { body: { attributes: { enabled: false } } });
    },
  };
}

const wait = { forMs: 5 * 60_000, everyMs: 5_000, saying: 'Waiting until a deleted secret is back' };

/**
 * Brings a secret back that was deleted and not purged: its name takes no new version before.
 * @returns whether there was one
 */
export async function undelete(run: Run, name: string): Promise<boolean> {
  const door = vaultDoor(run);
  if (run.whatIf || !(await door.isDeleted(name))) return false;
  await door.recover(name);
  await waitUntil(run, wait, async () => ((await door.versions(name)).length > 0 ? true : undefined));
  return true;
}
