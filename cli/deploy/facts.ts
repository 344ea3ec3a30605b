import type { Price } from '../../bench/parts/cost-options.ts';
import type { ResealProgress } from '../api/reseal.ts';
import type { Program } from '../azure/program.ts';
import type { ApplicationState } from '../entra-app/interface.ts';
import type { Scope } from './paths.ts';
import type { Choices } from './plan/choose.ts';
import type { CredentialChoice } from './plan/credential.ts';
import type { Existing } from './plan/existing.ts';
import type { VaultWork } from './plan/vault-work.ts';

/** Who is logged in to az, and where. */
export interface Account {
  readonly subscription: string;
  readonly subscriptionName: string;
  readonly tenant: string;
  readonly user: string;
  /** Of the person (or of the service principal), in the directory of the subscription. */
  readonly objectId: string;
  readonly principalType: 'User' | 'ServicePrincipal';
}

/** A secret of the vault as ARM lists it: never its value. */
export interface SecretInfo {
  readonly name: string;
  readonly enabled: boolean;
  /** Milliseconds since 1970; undefined where it has no end. */
  readonly endsAt: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** One version of a secret, as the vault lists it. */
export interface SecretVersion {
  readonly version: string;
  readonly enabled: boolean;
  /** Milliseconds since 1970, of the vault's clock. */
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Outputs of infra/main.bicep that later steps need. */
export interface Outputs {
  readonly hostName: string;
  readonly publicUrl: string;
  readonly identityPrincipalId: string;
  readonly vaultName: string;
  readonly tablesName: string;
  readonly outboundAddress: string;
}

/** What the steps found, each for those after it. All of it comes from Azure at every run; nothing of it is kept. */
export interface Facts {
  azVersion?: string;
  /** Core Tools that are new enough. */
  func?: Program;
  funcVersion?: string;
  account?: Account;
  scope?: Scope;
  existing?: Existing;
  mailboxTenant?: string;
  /** Its display name, and the source of the choice if no option named it. */
  mailboxTenantName?: string;
  choices?: Choices;
  credential?: CredentialChoice;
  price?: Price;
  /** Whether the person may lock resources. */
  mayLock?: boolean;
  /** A deleted vault of the name is there, and comes back. */
  recoverVault?: boolean;
  application?: ApplicationState;
  /** The application also opens mailboxes on its own, which needs separate consent. */
  opensByItself?: boolean;
  /** This run did to the application what it could. */
  hasEnsured?: boolean;
  outputs?: Outputs;
  /** What is to be written into the vault. */
  vaultWork?: VaultWork;
  secrets?: readonly SecretInfo[];
  /** This run let the person into the vault. */
  hasAccess?: boolean;
  /** This run opened the vault's firewall. */
  hasOpenedDoor?: boolean;
  /** Key id of the client secret that this run added to the application, on its way into the vault. */
  addedKeyId?: string;
  /** The version that a rotation makes the only one. */
  newestVersion?: SecretVersion;
  /** How far the app is with what lies under an older root key. */
  reseal?: ResealProgress;
  /** Why a rotation cannot be finished yet, and when it can. */
  later?: string;
  /** What the broker says that it is; undefined where it does not. */
  runningVersion?: string;
  /** What is about to be published. */
  newVersion?: string;
  /** This run made an admin key. */
  hasMadeKey?: boolean;
  /** Value of the bootstrap key, where this run made it. In this process only. */
  bootstrapKey?: string;
  /** The admin key of the profile, where it is known to be good. */
  adminKey?: string;
  /** Lines for the end: what could not be looked at, what to do next. */
  readonly warnings: string[];
}

/** A fact that an earlier step has to have found. @throws Error if the steps stand in a wrong order */
export function known<Name extends keyof Facts>(facts: Facts, name: Name): NonNullable<Facts[Name]> {
  const value = facts[name];
  if (value === undefined || value === null) {
    throw new Error(`The deploy asks for ${name} before a step has found it.`);
  }
  return value;
}
