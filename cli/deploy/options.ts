import type { CredentialMode } from '../../src/lib/setting-defaults.ts';
import type { Audience } from '../entra-app/interface.ts';

export type Network = 'none' | 'nat' | 'private';
export type Credential = CredentialMode;
export type Memory = 512 | 2048 | 4096;

/** What was asked for on the command line. What was not is taken from what is there, or else from the defaults. */
export interface DeployOptions {
  /** Id or name; az's current one unless given. */
  readonly subscription?: string | undefined;
  readonly resourceGroup: string;
  readonly location?: string | undefined;
  /** Of the Function App, and of what belongs to it. */
  readonly name?: string | undefined;
  readonly vaultName?: string | undefined;
  readonly storageName?: string | undefined;
  readonly memoryMb?: Memory | undefined;
  readonly maximumInstances?: number | undefined;
  readonly network?: Network | undefined;
  readonly networkPrefix?: string | undefined;
  readonly separateTables?: boolean | undefined;
  /** Cannot be switched off again. */
  readonly purgeProtection?: boolean | undefined;
  readonly alertEmail?: string | undefined;
  /** A month, in the subscription's currency. 0: none. */
  readonly budget?: number | undefined;
  readonly dailyCapGb?: number | undefined;
  readonly publicUrl?: string | undefined;
  /** Tenant that holds the mailboxes, where it is not the subscription's. */
  readonly mailboxTenant?: string | undefined;
  readonly audience?: Audience | undefined;
  /** ALLOWED_TENANTS: ids with commas, or *. */
  readonly allowedTenants?: string | undefined;
  /** An application that someone else registered. */
  readonly clientId?: string | undefined;
  readonly credential?: Credential | undefined;
  /** Days that a new client secret lives. */
  readonly secretDays: number;
  readonly consent: boolean;
  readonly sendsByGraph: boolean;
  /** New mail is announced by Microsoft Graph. */
  readonly isAnnounced: boolean;
  readonly opensByItself: boolean;
  /** For how many mailboxes the price is worked out. */
  readonly mailboxes: number;
  /** Core Tools are installed where they are missing. */
  readonly installFunc: boolean;
  /** A new admin key, though there is one. */
  readonly newKey: boolean;
  /** The new admin key is printed. */
  readonly showKey: boolean;
  readonly whatIf: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly destroy: boolean;
}

/** Every default that does not depend on what is there, each with its reason. */
export const defaults = {
  resourceGroup: 'mail-broker',
  // 512 MB carries 1,000 mailboxes at a quarter of the price of 2048 (docs/cost.md).
  memoryMb: 512,
  // The least that Flex Consumption takes.
  maximumInstances: 40,
  network: 'none',
  networkPrefix: '10.71.0.0/24',
  separateTables: false,
  purgeProtection: true,
  budget: 0,
  dailyCapGb: 2,
  // Half a year: short enough for most policies, and the broker warns 30, 7 and 1 day ahead.
  secretDays: 180,
  mailboxes: 30,
} as const;
