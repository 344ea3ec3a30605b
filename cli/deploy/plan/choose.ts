import { type GraphMailPermission, graphMailPermissions } from '../../../src/lib/domain/graph-permissions.ts';
import { credentialModes, defaultCredentialMode } from '../../../src/lib/setting-defaults.ts';
import type { Audience } from '../../entra-app/interface.ts';
import { type Credential, type DeployOptions, defaults, type Memory, type Network } from '../options.ts';
import { accountOf, type Existing, existingNetwork } from './existing.ts';
import { defaultNames, type Names, nameFault } from './names.ts';
import { regionName } from './regions.ts';
import { addedSettings } from './settings.ts';
import { isTenantId, planTenant } from './tenant.ts';

/** What will be there: the options, else what is there, else the defaults. */
export interface Choices {
  readonly location: string;
  readonly names: Names;
  readonly memoryMb: Memory;
  readonly maximumInstances: number;
  readonly network: Network;
  readonly networkPrefix: string;
  readonly separateTables: boolean;
  readonly purgeProtection: boolean;
  /** Empty: no alerts. */
  readonly alertEmail: string;
  /** 0: none. */
  readonly budget: number;
  /** `yyyy-MM-01`; of a budget that is there, its own: Azure refuses another one every month after the first. */
  readonly budgetStart: string;
  readonly dailyCapGb: number;
  readonly publicUrl: string;
  /** Of the app that is there; undefined: the template's. */
  readonly requestBodyLimitBytes: number | undefined;
  readonly clientSecretName: string;
  readonly audience: Audience;
  readonly mailboxTenant: string;
  /** Setting TENANT. */
  readonly tenantSetting: string;
  /** Setting ADMIN_TENANT: whose people with the role Broker.Admin may open the dashboard. Empty: it is off. */
  readonly adminTenant: string;
  /** GRAPH_PERMISSIONS: what people are asked for so that mail can go through Graph. */
  readonly graphPermissions: readonly GraphMailPermission[];
  /** Setting ALLOWED_TENANTS; empty where TENANT is one tenant. */
  readonly allowedTenants: string;
  /** What the admin asked for, or what the app uses now; plan/credential.ts decides. */
  readonly credential: Credential | undefined;
  /** Of the application that is known: the option, the setting of the app, the tag of the group. */
  readonly clientId: string | undefined;
  readonly isForeign: boolean;
  /** Settings that the admin added. Values may be secrets. */
  readonly addedSettings: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Name of the azd environment that the group was made by; empty where azd is not used. */
  readonly azdEnvironment: string;
}

export interface ChoiceFacts {
  readonly subscription: string;
  readonly mailboxTenant: string;
  readonly existing: Existing;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Tag of the resource group that names the application: it is found by this, never by its display name. */
export const clientIdTag = 'mail-broker-client-id';
/** Tag of the same: the application was registered by someone else, and is not removed with the rest. */
export const foreignTag = 'mail-broker-client-foreign';

/** Tag of every resource that the deploy makes: --destroy deletes a group only where nothing else is in it. */
export const ownTag = { name: 'application', value: 'nocobase-mail-broker' } as const;

const memories: readonly number[] = [512, 2048, 4096];
const isMemory = (value: number | undefined): value is Memory => value !== undefined && memories.includes(value);

/**
 * What an app that is there uses: what is not set counts as the app itself takes it. Undefined where there is none, or where
 * a deploy ended before it gave the app its settings.
 */
function credentialOf(settings: Existing['settings']): Credential | undefined {
  if ((settings.CLIENT_ID ?? '') === '') return undefined;
  return credentialModes.find((one) => one === settings.CREDENTIAL_MODE?.trim()) ?? defaultCredentialMode;
}

/**
 * As an admin has set it; else what sending from one's own and from shared mailboxes takes, where that is asked for. What
 * announces new mail is added to either: it lets the app do nothing more.
 */
function graphPermissionsOf(options: DeployOptions, settings: Existing['settings']): readonly GraphMailPermission[] {
  const now = (settings.GRAPH_PERMISSIONS ?? '').toLowerCase().split(/[\s,]+/);
  const set = graphMailPermissions.filter((name) => now.includes(name.toLowerCase()));
  const sending: readonly GraphMailPermission[] = options.sendsByGraph ? ['Mail.Send', 'Mail.Send.Shared'] : [];
  const chosen = new Set(set.length > 0 ? set : sending);
  if (options.isAnnounced) chosen.add('Mail.ReadBasic');
  return [...chosen];
}

const firstOfMonth = (now: number): string => `${new Date(now).toISOString().slice(0, 7)}-01`;

/** Tags that a template of ours, or azd, writes itself. */
const ownTags = ['azd-service-name', 'azd-env-name', clientIdTag, foreignTag];

/** The choices, or a sentence for each that cannot be. Pure. */
export function choose(options: DeployOptions, facts: ChoiceFacts): Choices | { readonly faults: readonly string[] } {
  const { existing, subscription, mailboxTenant, now } = facts;
  const { settings, app, vault, budget } = existing;
  const derived = defaultNames(subscription, options.resourceGroup);
  const faults: string[] = [];

  const names: Names = {
    app: options.name ?? app?.name ?? derived.app,
    vault: options.vaultName ?? accountOf(settings.KEY_VAULT_URL) ?? derived.vault,
    storage: options.storageName ?? accountOf(settings.AzureWebJobsStorage__blobServiceUri) ?? derived.storage,
    tables: derived.tables,
  };
  for (const kind of ['app', 'vault', 'storage'] as const) {
    const fault = nameFault(kind, names[kind]);
    if (fault !== undefined) faults.push(fault);
  }
  if (app !== undefined && options.name !== undefined && options.name !== app.name) {
    faults.push(
      `The resource group holds the app ${app.name}, and --name says ${options.name}. Choose another --resource-group.`,
    );
  }

  const location = options.location ?? app?.location ?? existing.group?.location;
  if (location === undefined)
    faults.push('Nothing says in which region: give --location, such as --location westeurope.');
  if (app !== undefined && location !== undefined && regionName(location) !== regionName(app.location)) {
    faults.push(`The app is in ${regionName(app.location)}, and an app cannot move. Leave --location out.`);
  }

  const tablesNow = accountOf(settings.TABLES_URL);
  const separateNow = tablesNow === undefined ? undefined : tablesNow !== names.storage;
  const separateTables = options.separateTables ?? separateNow ?? defaults.separateTables;
  if (separateNow !== undefined && separateTables !== separateNow) {
    faults.push(
      'The tables are there already, and they do not move between accounts. Leave --separate-tables as it was.',
    );
  }
  const purgeProtection = options.purgeProtection ?? vault?.purgeProtection ?? defaults.purgeProtection;
  if (vault?.purgeProtection === true && !purgeProtection) {
    faults.push('Purge protection is on and cannot be turned off. Leave --no-purge-protection out.');
  }

  const { audience, tenant, allowedTenants } = planTenant({
    audience: options.audience,
    allowedTenants: options.allowedTenants,
    mailboxTenant,
    settings,
  });
  const budgetAmount = options.budget ?? budget?.amount ?? defaults.budget;
  if (faults.length > 0 || location === undefined) return { faults };

  const graphPermissions = graphPermissionsOf(options, settings);
  const tagged = existing.group?.tags[clientIdTag];
  const memoryNow = isMemory(app?.memoryMb) ? app.memoryMb : undefined;
  const bodyLimit = Number(settings.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT ?? '');
  const usualUrl = `https://${names.app}.azurewebsites.net`;
  return {
    location: regionName(location),
    names: { ...names, tables: separateNow === true && tablesNow !== undefined ? tablesNow : names.tables },
    memoryMb: options.memoryMb ?? memoryNow ?? defaults.memoryMb,
    maximumInstances: options.maximumInstances ?? app?.maximumInstances ?? defaults.maximumInstances,
    network: options.network ?? existingNetwork(existing) ?? defaults.network,
    networkPrefix: options.networkPrefix ?? existing.networkPrefix ?? defaults.networkPrefix,
    separateTables,
    purgeProtection,
    alertEmail: options.alertEmail ?? existing.alertEmail ?? '',
    budget: budgetAmount,
    budgetStart: budgetAmount === 0 ? '' : (budget?.start ?? firstOfMonth(now)),
    dailyCapGb: options.dailyCapGb ?? existing.workspace?.dailyCapGb ?? defaults.dailyCapGb,
    publicUrl: options.publicUrl ?? settings.PUBLIC_URL ?? usualUrl,
    requestBodyLimitBytes: Number.isInteger(bodyLimit) && bodyLimit > 0 ? bodyLimit : undefined,
    clientSecretName: settings.CLIENT_SECRET_NAME || 'client-secret',
    audience,
    mailboxTenant,
    tenantSetting: tenant,
    // Once it is there it stays as it is, also where an admin emptied it. A domain is none: the app takes ids.
    adminTenant: settings.ADMIN_TENANT ?? (isTenantId(mailboxTenant) ? mailboxTenant : ''),
    allowedTenants,
    credential: options.credential ?? credentialOf(settings),
    clientId: options.clientId ?? (settings.CLIENT_ID || undefined) ?? tagged,
    // A tag of ours says so; an application that only the option names is someone else's.
    isForeign: (options.clientId ?? tagged) === tagged ? existing.group?.tags[foreignTag] === 'true' : true,
    graphPermissions,
    addedSettings: addedSettings(settings, graphPermissions),
    tags: {
      ...Object.fromEntries(Object.entries(app?.tags ?? {}).filter(([name]) => !ownTags.includes(name))),
      [ownTag.name]: ownTag.value,
    },
    azdEnvironment: existing.group?.tags['azd-env-name'] ?? '',
  };
}
