import { randomBytes } from 'node:crypto';
import type { SecretAttributes } from './stand-ins.ts';

/** A version of a secret as the REST interface shows it; times in seconds. */
export interface Bundle {
  readonly id: string;
  readonly value: string;
  readonly attributes: {
    readonly enabled: boolean;
    readonly exp?: number;
    readonly nbf?: number;
    readonly created: number;
    readonly updated: number;
    readonly recoveryLevel: string;
    readonly recoverableDays: number;
  };
  readonly tags: Readonly<Record<string, string>>;
}

/** The secrets of a vault: named, versioned, softly deleted. */
export interface SecretShelf {
  set(name: string, value: string, attributes?: SecretAttributes): string;
  change(name: string, attributes: SecretAttributes, version?: string): void;
  /** The newest version where none is named, be it enabled or not: Key Vault falls back to no older one. */
  get(name: string, version?: string): Bundle | undefined;
  /** Without their values. */
  versions(name: string): readonly object[];
  list(): readonly object[];
  live(name: string): readonly string[];
  remove(name: string): void;
  recover(name: string): void;
  purge(name: string): void;
  deleted(name: string): object | undefined;
  listDeleted(): readonly object[];
}

interface Version {
  readonly version: string;
  readonly value: string;
  readonly created: number;
  updated: number;
  attributes: SecretAttributes;
}

interface Secret {
  /** Oldest first. */
  readonly versions: Version[];
  deletedAt: number | undefined;
}

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** @param vaultUrl the address that ids begin with; known only once the vault listens */
export function createSecretShelf(vaultUrl: () => string): SecretShelf {
  const secrets = new Map<string, Secret>();
  const present = (name: string): Secret | undefined => {
    const secret = secrets.get(name);
    return secret?.deletedAt === undefined ? secret : undefined;
  };

  const bundle = (name: string, version: Version): Bundle => ({
    id: `${vaultUrl()}/secrets/${name}/${version.version}`,
    value: version.value,
    attributes: {
      enabled: version.attributes.enabled ?? true,
      ...(version.attributes.expiresOn === undefined ? {} : { exp: seconds(version.attributes.expiresOn) }),
      ...(version.attributes.notBefore === undefined ? {} : { nbf: seconds(version.attributes.notBefore) }),
      created: version.attributes.createdOn === undefined ? version.created : seconds(version.attributes.createdOn),
      updated: version.updated,
      recoveryLevel: 'Recoverable+Purgeable',
      recoverableDays: 90,
    },
    tags: {},
  });

  const withoutValue = (name: string, version: Version, isList = false): object => {
    const { value: _, id, ...rest } = bundle(name, version);
    return { id: isList ? `${vaultUrl()}/secrets/${name}` : id, ...rest };
  };

  const find = (name: string, version?: string): Version | undefined => {
    const versions = present(name)?.versions ?? [];
    return version === undefined ? versions.at(-1) : versions.find((item) => item.version === version);
  };

  const deleted = (name: string): object | undefined => {
    const secret = secrets.get(name);
    const newest = secret?.versions.at(-1);
    if (secret?.deletedAt === undefined || newest === undefined) return undefined;
    return {
      ...withoutValue(name, newest),
      recoveryId: `${vaultUrl()}/deletedsecrets/${name}`,
      deletedDate: secret.deletedAt,
      scheduledPurgeDate: secret.deletedAt + 90 * 86_400,
    };
  };

  return {
    set(name, value, attributes = {}) {
      const now = seconds(new Date());
      const version = randomBytes(16).toString('hex');
      const secret = secrets.get(name) ?? { versions: [], deletedAt: undefined };
      secret.versions.push({ version, value, created: now, updated: now, attributes });
      secrets.set(name, secret);
      return version;
    },
    change(name, attributes, version) {
      const found = find(name, version);
      if (found === undefined) throw new Error(`The vault stand-in has no such version of ${name}.`);
      found.attributes = { ...found.attributes, ...attributes };
      found.updated = seconds(new Date());
    },
    get(name, version) {
      const found = find(name, version);
      return found === undefined ? undefined : bundle(name, found);
    },
    versions: (name) => (present(name)?.versions ?? []).map((version) => withoutValue(name, version)),
    list: () =>
      [...secrets].flatMap(([name, secret]) => {
        const newest = secret.versions.at(-1);
        return secret.deletedAt === undefined && newest !== undefined ? [withoutValue(name, newest, true)] : [];
      }),
    live: (name) =>
      (present(name)?.versions ?? [])
        .filter(({ attributes }) => attributes.enabled ?? true)
        .filter(({ attributes }) => (attributes.expiresOn?.getTime() ?? Number.POSITIVE_INFINITY) > Date.now())
        .map((version) => version.value)
        .reverse(),
    remove(name) {
      const secret = secrets.get(name);
      if (secret !== undefined) secret.deletedAt = seconds(new Date());
    },
    recover(name) {
      const secret = secrets.get(name);
      if (secret !== undefined) secret.deletedAt = undefined;
    },
    purge: (name) => {
      secrets.delete(name);
    },
    deleted,
    listDeleted: () => [...secrets.keys()].flatMap((name) => deleted(name) ?? []),
  };
}
