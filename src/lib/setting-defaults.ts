/**
 * Defaults of settings and their allowed values, as far as the command line has to know them, too: the app
 * (src/lib/config.ts) and the commands that read its settings in Azure must not disagree about an app that does not set
 * one.
 */

/** CREDENTIAL_MODE: how the app proves itself to Entra. */
export const credentialModes = ['secret', 'federated'] as const;
export type CredentialMode = (typeof credentialModes)[number];
export const defaultCredentialMode: CredentialMode = 'secret';

/** ATTACHMENT_LINK_HOURS: how long the link of an attachment is good. */
export const attachmentLinkHours = { least: 1, most: 168, default: 24 } as const;

/**
 * POLL_INTERVAL. Without notifications of new mail the interval is what people wait for, and 30 mailboxes stay within the
 * free grant of a month (docs/cost.md). With them polls are a safety net, and each tick is two executions.
 */
export const defaultPollSeconds = { polled: 20, announced: 60 } as const;

/** TENANT where several tenants, or personal accounts, may sign in. */
export const multiTenants: readonly string[] = ['organizations', 'consumers', 'common'];

/** An id of Microsoft Entra, such as a tenant or an application. */
export const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
