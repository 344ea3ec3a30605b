import { createHash } from 'node:crypto';

/** Names of what has to be unique in all of Azure. */
export interface Names {
  readonly app: string;
  readonly vault: string;
  readonly storage: string;
  /** Of the second account, for the tables. */
  readonly tables: string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz234567';

/** 13 characters that are unique to the group and subscription. */
export function suffixOf(subscription: string, resourceGroup: string): string {
  const hash = createHash('sha256').update(`${subscription}/${resourceGroup}`.toLowerCase()).digest();
  return [...hash.subarray(0, 13)].map((byte) => letters[byte % 32]).join('');
}

/** The names that are used where neither the options nor what is there says another. Any machine gets the same. */
export function defaultNames(subscription: string, resourceGroup: string): Names {
  const suffix = suffixOf(subscription, resourceGroup);
  return {
    app: `mail-broker-${suffix.slice(0, 8)}`,
    vault: `kv-${suffix}`,
    storage: `st${suffix}`,
    tables: `tb${suffix}`,
  };
}

interface Rule {
  readonly form: RegExp;
  readonly says: string;
}

/**
 * What Azure takes: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules. The app's name
 * is also that of the workspace (4 to 63), the identity, the plan and the alert rules, so it has the narrowest rule of all.
 */
const rules: Readonly<Record<keyof Names | 'group', Rule>> = {
  app: {
    form: /^(?=.{4,40}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    says: '4 to 40 lower-case letters, digits and hyphens, neither first nor last a hyphen',
  },
  vault: {
    form: /^(?=.{3,24}$)(?!.*--)[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/,
    says: '3 to 24 letters, digits and single hyphens, the first a letter, the last none of the hyphens',
  },
  storage: { form: /^[a-z0-9]{3,24}$/, says: '3 to 24 lower-case letters and digits' },
  tables: { form: /^[a-z0-9]{3,24}$/, says: '3 to 24 lower-case letters and digits' },
  group: {
    form: /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u,
    says: '1 to 90 letters, digits, underscores, parentheses, hyphens and points, the last not a point',
  },
};

const what = {
  app: 'The name of the app (--name)',
  vault: 'The name of the vault (--vault-name)',
  storage: 'The name of the storage account (--storage-name)',
  tables: 'The name of the storage account for the tables',
  group: 'The name of the resource group (--resource-group)',
} as const;

/** What is wrong with a name, as a sentence; undefined where Azure takes it. */
export function nameFault(kind: keyof typeof rules, name: string): string | undefined {
  const { form, says } = rules[kind];
  return form.test(name) ? undefined : `${what[kind]} is ${JSON.stringify(name)}; Azure takes ${says}.`;
}
