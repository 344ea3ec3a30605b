import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { type GraphMailPermission, graphMailPermissions } from './domain/graph-permissions.ts';
import type { FieldFault } from './errors.ts';
import {
  attachmentLinkHours,
  type CredentialMode,
  credentialModes,
  defaultCredentialMode,
  defaultPollSeconds,
  guid,
  multiTenants,
} from './setting-defaults.ts';
import { crossFaults, list } from './setting-faults.ts';
import { hostFault, originFault, url } from './setting-url.ts';

/**
 * Every setting of the broker, read and validated once. No secret is among them but the connection strings of the
 * local emulator, and no default stands in for one: secrets live in Key Vault.
 */
export interface Config {
  /** True in Azure (the platform sets WEBSITE_SITE_NAME). There loopback, http and stand-ins are refused. */
  readonly inAzure: boolean;
  /** Where browsers and NocoBase reach this app, without /api and without a trailing slash. */
  readonly publicUrl: string;
  readonly entra: {
    readonly clientId: string;
    /** A tenant id, or `organizations`, `consumers`, `common`. */
    readonly tenant: string;
    /** Tenant ids whose people may connect; `*` for all. */
    readonly allowedTenants: readonly string[] | '*';
    readonly authorityHost: string;
    readonly credential: CredentialMode;
    /** Name of the client secret in Key Vault. */
    readonly clientSecretName: string;
    /** Resource prefixes of scopes: delegated mail, app-only mail, Graph. */
    readonly outlookResource: string;
    readonly outlookAppResource: string;
    readonly graphResource: string;
    /** Where Graph is asked, if not at `graphResource`: a stand-in, whose tokens name the real one all the same. */
    readonly graphUrl?: string;
    /** Permissions for mail that are asked of Graph beside IMAP and SMTP; none: nothing is sent through Graph. */
    readonly graphPermissions: readonly GraphMailPermission[];
  };
  readonly keyVaultUrl: string;
  readonly tables: { readonly url: string } | { readonly connectionString: string };
  /** Client id of the user-assigned managed identity; undefined where there is none. */
  readonly identityClientId: string | undefined;
  readonly imap: { readonly host: string; readonly port: number; readonly secure: boolean };
  /** The server that takes outgoing mail; TLS begins with STARTTLS, always. */
  readonly smtp: { readonly host: string; readonly port: number };
  /** Length of a tick, in seconds: the one setting of the poll's rhythm. */
  readonly pollIntervalSeconds: number;
  readonly tokenEndpoint: boolean;
  /** Origins that a returnUrl may have, exactly. */
  readonly returnOrigins: readonly string[];
  /** Private destinations: an exact host (with port, where not the scheme's own) and the network its address must lie in. */
  readonly privateDestinations: readonly { readonly host: string; readonly network: string }[];
  /** IMAP sessions kept open between polls, in one process. */
  readonly warmSessions: number;
  /** The tenant whose people with the role Broker.Admin may open the dashboard; undefined: it is off. */
  readonly adminTenant: string | undefined;
  /** How long the link of an attachment is good. */
  readonly attachmentLinkHours: number;
}

/** Settings do not hold; carries every fault by the setting's name. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly FieldFault[];

  constructor(faults: readonly FieldFault[]) {
    super(`These settings need fixing:\n${faults.map((fault) => `  ${fault.field}: ${fault.message}`).join('\n')}`);
    this.faults = faults;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const onOff = z.enum(['on', 'off'], 'must be on or off.').transform((value) => value === 'on');

const integer = (from: number, to: number, unit: string) =>
  z
    .string()
    .regex(/^\d+$/, `is not a whole number (${unit}).`)
    .transform(Number)
    .refine((value) => value >= from && value <= to, `is not between ${from} and ${to} (${unit}).`);

function schema(inAzure: boolean) {
  const required = (message: string) =>
    z.string({ error: () => `is missing. ${message}` }).min(1, `is empty. ${message}`);
  const https = (path: 'any' | 'none', example: string, isInAzure = inAzure) =>
    url({ inAzure: isInAzure, path, needsHttps: true, example });
  const host = (portName: string) =>
    z.string().superRefine((text, context) => {
      const message = hostFault(text, portName);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
  return z.object({
    PUBLIC_URL: required('Set it to the address at which browsers reach this app, without /api.').pipe(
      url({ inAzure, path: 'noApi' }),
    ),
    CLIENT_ID: required('Set it to the application (client) id of the app registration.').regex(guid, 'is not a GUID.'),
    TENANT: required('Set the tenant id, or organizations, consumers or common.').refine(
      (value) => guid.test(value) || multiTenants.includes(value),
      'is neither a tenant id (a GUID) nor organizations, consumers or common.',
    ),
    ALLOWED_TENANTS: z.string().default(''),
    AUTHORITY_HOST: z
      .string()
      .default('https://login.microsoftonline.com')
      .pipe(https('none', 'https://login.microsoftonline.com')),
    CREDENTIAL_MODE: z.enum(credentialModes, 'takes secret or federated.').default(defaultCredentialMode),
    CLIENT_SECRET_NAME: z
      .string()
      .regex(
        /^[0-9A-Za-z-]{1,127}$/,
        'is not a name that Key Vault accepts. Set it to the name of the secret in Key Vault, never its value.',
      )
      .refine(
        (value) => !guid.test(value),
        'is a GUID, such as the id of a client secret. Write the name of the secret in Key Vault, and store its value there.',
      )
      .default('client-secret'),
    OUTLOOK_RESOURCE: z
      .string()
      .default('https://outlook.office.com')
      .pipe(https('none', 'https://outlook.office.com', false)),
    OUTLOOK_APP_RESOURCE: z
      .string()
      .default('https://outlook.office365.com')
      .pipe(https('none', 'https://outlook.office365.com', false)),
    GRAPH_RESOURCE: z
      .string()
      .default('https://graph.microsoft.com')
      .pipe(https('none', 'https://graph.microsoft.com', false)),
    GRAPH_URL: https('none', 'https://graph.microsoft.com').optional(),
    GRAPH_PERMISSIONS: z
      .string()
      .default('')
      .transform((text, context) => {
        const wanted = new Set(list(text).map((item) => item.toLowerCase()));
        const known = graphMailPermissions.filter((name) => wanted.delete(name.toLowerCase()));
        if (wanted.size > 0) {
          context.addIssue({ code: 'custom', message: `takes a list of ${graphMailPermissions.join(', ')}.` });
        }
        return known;
      }),
    KEY_VAULT_URL: required('Set the address of the vault, such as https://NAME.vault.azure.net').pipe(
      https('none', 'https://NAME.vault.azure.net'),
    ),
    TABLES_URL: https('any', 'https://NAME.table.core.windows.net')
      .refine(
        (value) => !/^https:\/\/[^/]+\.(?:blob|queue|file|dfs)\.core\./.test(value),
        'is the address of another service of the storage account. Write https://NAME.table.core.windows.net',
      )
      .optional(),
    TABLES_CONNECTION_STRING: z.string().min(1).optional(),
    AZURE_CLIENT_ID: z.string().regex(guid, 'is not a GUID.').optional(),
    IMAP_HOST: host('IMAP_PORT').default('outlook.office365.com'),
    IMAP_PORT: integer(1, 65535, 'a port').default(993),
    IMAP_SECURE: onOff.default(true),
    SMTP_HOST: host('SMTP_PORT').default('smtp.office365.com'),
    SMTP_PORT: integer(1, 65535, 'a port').default(587),
    POLL_INTERVAL: integer(1, 3600, 'seconds').optional(),
    TOKEN_ENDPOINT: onOff.default(false),
    RETURN_ORIGINS: z
      .string()
      .default('')
      .transform((text, context) => {
        const origins = list(text);
        for (const item of origins) {
          const message = originFault(item, inAzure);
          if (message !== undefined) context.addIssue({ code: 'custom', message: `has an entry that ${message}.` });
        }
        return origins.map((item) => item.replace(/\/$/, ''));
      }),
    PRIVATE_DESTINATIONS: z
      .string()
      .default('')
      .transform((text, context) =>
        list(text).map((item) => {
          const [host = '', network = ''] = item.split('=');
          if (host === '' || !ipaddr.isValidCIDR(network)) {
            context.addIssue({
              code: 'custom',
              message: 'has an entry that is not of the form host=network, such as nocobase.lan=10.1.2.0/24.',
            });
          } else if (inAzure && ['loopback', 'linkLocal'].includes(ipaddr.parseCIDR(network)[0].range())) {
            context.addIssue({
              code: 'custom',
              message: 'names a loopback or link-local network; these are refused in Azure.',
            });
          }
          return { host: host.toLowerCase(), network };
        }),
      ),
    WARM_SESSIONS: integer(0, 5000, 'sessions').default(300),
    ADMIN_TENANT: z.string().regex(guid, 'is not a tenant id (a GUID).').optional(),
    ATTACHMENT_LINK_HOURS: integer(attachmentLinkHours.least, attachmentLinkHours.most, 'hours').default(
      attachmentLinkHours.default,
    ),
    // Read by OpenTelemetry itself (telemetry/), and only if it is set; here it is checked. A collector may be private.
    OTEL_EXPORTER_OTLP_ENDPOINT: url({ inAzure: false, path: 'any', example: 'https://collector.example' }).optional(),
  });
}

/** The names of all settings that {@link readConfig} reads, but for what the platform itself sets. */
export function settingNames(): readonly string[] {
  return Object.keys(schema(false).shape);
}

/**
 * Reads the settings from the environment. Empty values count as absent.
 * @throws SettingsError with *all* faults, each by the name of its setting and with its remedy
 */
export function readConfig(environment: Environment): Config {
  const inAzure = (environment.WEBSITE_SITE_NAME ?? '') !== '';
  // A pasted value may end with a space or a line break.
  const trimmed = Object.entries(environment).map(([name, value]) => [name, value?.trim()] as const);
  const given = Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
  const parsed = schema(inAzure).safeParse(given);
  const faults: FieldFault[] = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({ field: String(issue.path[0] ?? ''), message: issue.message }));
  faults.push(...crossFaults(given, inAzure));
  const unresolved = settingNames().filter((name) => given[name]?.startsWith('@Microsoft.KeyVault('));
  for (const field of unresolved) {
    // Other faults are those of the reference.
    faults.splice(0, faults.length, ...faults.filter((fault) => fault.field !== field), { field, message: reference });
  }
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults);
  const settings = parsed.data;
  const allowed = list(settings.ALLOWED_TENANTS).map((tenant) => tenant.toLowerCase());
  return {
    inAzure,
    publicUrl: settings.PUBLIC_URL,
    entra: {
      clientId: settings.CLIENT_ID,
      tenant: settings.TENANT,
      allowedTenants: allowed.includes('*') ? '*' : allowed.length > 0 ? allowed : [settings.TENANT.toLowerCase()],
      authorityHost: settings.AUTHORITY_HOST,
      credential: settings.CREDENTIAL_MODE,
      clientSecretName: settings.CLIENT_SECRET_NAME,
      outlookResource: settings.OUTLOOK_RESOURCE,
      outlookAppResource: settings.OUTLOOK_APP_RESOURCE,
      graphResource: settings.GRAPH_RESOURCE,
      ...(settings.GRAPH_URL === undefined ? {} : { graphUrl: settings.GRAPH_URL }),
      graphPermissions: settings.GRAPH_PERMISSIONS,
    },
    keyVaultUrl: settings.KEY_VAULT_URL,
    tables:
      settings.TABLES_CONNECTION_STRING !== undefined
        ? { connectionString: settings.TABLES_CONNECTION_STRING }
        : { url: settings.TABLES_URL ?? '' },
    identityClientId: settings.AZURE_CLIENT_ID,
    imap: { host: settings.IMAP_HOST, port: settings.IMAP_PORT, secure: settings.IMAP_SECURE },
    smtp: { host: settings.SMTP_HOST, port: settings.SMTP_PORT },
    pollIntervalSeconds:
      settings.POLL_INTERVAL ??
      defaultPollSeconds[settings.GRAPH_PERMISSIONS.includes('Mail.ReadBasic') ? 'announced' : 'polled'],
    tokenEndpoint: settings.TOKEN_ENDPOINT,
    returnOrigins: settings.RETURN_ORIGINS,
    privateDestinations: settings.PRIVATE_DESTINATIONS,
    warmSessions: settings.WARM_SESSIONS,
    adminTenant: settings.ADMIN_TENANT?.toLowerCase(),
    attachmentLinkHours: settings.ATTACHMENT_LINK_HOURS,
  };
}

/** The platform puts the value in the place of a reference, and leaves the reference where it could not read it. */
const reference =
  'is a Key Vault reference that Azure could not resolve. Write the value itself: none of these settings is secret.';
