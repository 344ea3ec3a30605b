import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import type { Clock } from '../../src/lib/domain/clock.ts';
import type { GraphMailPermission } from '../../src/lib/domain/graph-permissions.ts';
import type { Rest } from '../azure/rest.ts';

/** Who may sign in: one organisation, several, or several and personal accounts. */
export type Audience = 'single' | 'several' | 'personal';

/** The application as the deploy wants it. */
export interface WantedApplication {
  /**
   * Its client id, where one is known: given with --client-id, or read from the tag of the resource group or from the
   * setting of the app. An application is found by this alone, never by its display name, which is not unique
   * (https://github.com/Azure/azure-cli/issues/30427).
   */
  readonly clientId: string | undefined;
  /**
   * True where someone else registered it (--client-id): it is checked, and differences are reported; it is changed
   * only if the person who deploys may do so.
   */
  readonly foreign: boolean;
  /**
   * The same for every deploy into the same resource group of the same subscription. What is made under it can be found
   * again after an answer was lost (Graph: `uniqueName`, or a tag of the application).
   */
  readonly deploymentId: string;
  readonly displayName: string;
  /** Tenant in which it is registered. */
  readonly homeTenant: string;
  /** Tenant that holds the mailboxes, where people sign in and consent is given; the same one, as a rule. */
  readonly mailboxTenant: string;
  /** Object id, in the home tenant, of the person or service principal that deploys; undefined where that is not known. */
  readonly deployer: { readonly objectId: string; readonly isPerson: boolean } | undefined;
  /** Of the platform Web, letter by letter. Others that are registered already stay. */
  readonly redirectUris: readonly string[];
  readonly audience: Audience;
  /** Mail.Send and what belongs to it, for sending through Graph where SMTP is closed: as the setting GRAPH_PERMISSIONS. */
  readonly graphPermissions: readonly GraphMailPermission[];
  /**
   * IMAP.AccessAsApp and SMTP.SendAsApp of Office 365 Exchange Online, for shared mailboxes without a sign-in of their
   * own.
   */
  readonly opensByItself: boolean;
  /** Consent for the whole tenant that holds the mailboxes. */
  readonly consent: 'tenant' | 'none';
}

export type Consent =
  | { readonly state: 'granted' }
  /** Left out on request. */
  | { readonly state: 'not_wanted' }
  /** The person may not consent, or may not even look. `roles` names who may. */
  | { readonly state: 'missing'; readonly sentence: Localised; readonly roles: readonly string[] };

/** The application as it is. */
export interface ApplicationState {
  readonly clientId: string;
  /** Of the application object; undefined where the person may not read it. */
  readonly objectId: string | undefined;
  /** Of the service principal ("enterprise application") in the tenant that holds the mailboxes. */
  readonly servicePrincipalId: string | undefined;
  readonly consent: Consent;
  /** It is registered with the permissions by which the app opens mailboxes without a sign-in. */
  readonly opensByItself: boolean;
  /**
   * What differs from what is wanted, a sentence each. After `ensure`: what this person may not change, or what only the
   * owner of the application can decide.
   */
  readonly differs: readonly Localised[];
  /** What the person should know, and nothing is to be done about: a sentence each. */
  readonly notes: readonly string[];
}

/** Whether the person may register applications and consent; `undefined`: a guest who may not look. */
export interface EntraRights {
  readonly mayRegister: boolean | undefined;
  readonly mayConsent: boolean | undefined;
  /** Roles of which one is enough, by their names in Entra. */
  readonly registerRoles: readonly string[];
  readonly consentRoles: readonly string[];
}

/** A managed identity that proves the application to Entra. https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity */
export interface Federation {
  /** Tenant of the identity; the application has to be registered in it. */
  readonly tenantId: string;
  /** The identity's *principal* id. */
  readonly principalId: string;
  readonly name: string;
}

/** A client secret without its value. */
export interface SecretInfo {
  readonly keyId: string;
  readonly displayName: string;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
}

/** The value lives in this process only, and goes from here into Key Vault. */
export interface NewSecret extends SecretInfo {
  readonly value: string;
}

export interface EntraParts {
  /** Graph in the tenant in which the application is registered. */
  readonly graph: Rest;
  /** Graph in the tenant that holds the mailboxes; the same one, as a rule. */
  readonly mailboxGraph: Rest;
  readonly clock: Clock;
  /** A line for the person who waits. */
  readonly report: (line: string) => void;
  /** Nothing is changed, so that nothing is waited for. */
  readonly whatIf: boolean;
  /** Aborted by Ctrl-C: ends at the next wait. */
  readonly signal?: AbortSignal;
}

/**
 * The Entra application, by Microsoft Graph. All of it is idempotent and derives what is left to do from what is there.
 * All writes go through `Rest.send`, with `instead` for what a what-if run takes for the answer and `bodyTold` where a
 * body holds a secret. Throws AzureProblem.
 */
export interface EntraApp {
  rights(): Promise<EntraRights>;
  /** What is there; undefined where there is none (or `clientId` names none). Reads only. */
  look(wanted: WantedApplication): Promise<ApplicationState | undefined>;
  /**
   * Makes, or changes to what is wanted, application and service principal, gives the role Broker.Admin to the person
   * who deploys if no one has it, and consents; retries while the changes spread through the directory. A lost answer
   * creates no second application. Throws `forbidden` only where there is no application and the person may not
   * register one; what else the person may not do is part of the state.
   */
  ensure(wanted: WantedApplication): Promise<ApplicationState>;
  /** Whether the application trusts the identity. Reads only. */
  trusts(clientId: string, federation: Federation): Promise<boolean>;
  /**
   * Makes it trust the identity, once. What trusts an earlier identity of the same `name` goes.
   * @throws AzureProblem federation_full where 20 others are there
   */
  trust(clientId: string, federation: Federation): Promise<void>;
  /** Client secrets of the application. */
  secrets(clientId: string): Promise<readonly SecretInfo[]>;
  /**
   * A new client secret, beside those that are there. Where only two are allowed, one that has ended goes first, else
   * the older of two whose names begin with the same word. It ends after `days`, or as early as the tenant's policy
   * demands. Not repeatable: `answer_lost` is thrown, and a secret by `displayName` with an unknown value may exist;
   * the caller removes it.
   * @throws AzureProblem secrets_full, secret_lifetime, secrets_forbidden, answer_lost
   */
  addSecret(clientId: string, displayName: string, days: number): Promise<NewSecret>;
  removeSecret(clientId: string, keyId: string): Promise<void>;
  /** Deletes the application (it can be restored for 30 days). Nothing to do where it is gone. */
  remove(clientId: string): Promise<void>;
  /**
   * A script for PowerShell (Cloud Shell has it) that registers the application and consents, for anyone who has the
   * right:
   * its last line is the client id. Pure.
   */
  script(wanted: WantedApplication): string;
}

export type CreateEntraApp = (parts: EntraParts) => EntraApp;
