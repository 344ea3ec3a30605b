import type { FieldFault } from './errors.ts';
import { guid, multiTenants } from './setting-defaults.ts';
import { inAzureMessage, isLoopbackOrPrivate } from './setting-url.ts';

/** The entries of a setting that lists several, separated by commas or blanks. */
export const list = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Faults between settings, reported beside those within one. */
export function crossFaults(given: Readonly<Record<string, string | undefined>>, inAzure: boolean): FieldFault[] {
  const faults: FieldFault[] = [];
  const tenant = given.TENANT ?? '';
  const allowed = list(given.ALLOWED_TENANTS ?? '');
  if (multiTenants.includes(tenant) && allowed.length === 0) {
    faults.push({
      field: 'ALLOWED_TENANTS',
      message: `is missing, and TENANT=${tenant} lets anyone sign in. List the tenant ids that may connect, or write * to allow all.`,
    });
  }
  if (allowed.some((item) => item !== '*' && !guid.test(item))) {
    faults.push({ field: 'ALLOWED_TENANTS', message: 'has an entry that is neither a tenant id (a GUID) nor *.' });
  }
  if (given.TABLES_URL === undefined && given.TABLES_CONNECTION_STRING === undefined) {
    faults.push({
      field: 'TABLES_URL',
      message: 'is missing. Set the address of Table Storage, such as https://NAME.table.core.windows.net',
    });
  }
  if (inAzure && given.TABLES_CONNECTION_STRING !== undefined) {
    faults.push({
      field: 'TABLES_CONNECTION_STRING',
      message: 'is for the local emulator. In Azure remove it and set TABLES_URL; the managed identity signs in.',
    });
  }
  if (given.CLIENT_ID !== undefined && given.CLIENT_ID === given.TENANT) {
    faults.push({
      field: 'CLIENT_ID',
      message: 'is the same as TENANT. Set it to the application (client) id of the app registration.',
    });
  }
  if (given.AZURE_CLIENT_ID !== undefined && given.AZURE_CLIENT_ID === given.CLIENT_ID) {
    faults.push({
      field: 'AZURE_CLIENT_ID',
      message: 'is the same as CLIENT_ID, which is the app registration. Set the client id of the managed identity.',
    });
  }
  if (given.IMAP_PORT === '143' && given.IMAP_SECURE !== 'off') {
    faults.push({
      field: 'IMAP_PORT',
      message: 'is 143, the port without implicit TLS. Set 993, or remove the setting.',
    });
  }
  if (given.IMAP_PORT === '993' && given.IMAP_SECURE === 'off') {
    faults.push({ field: 'IMAP_SECURE', message: 'is off, but port 993 is for TLS. Remove the setting.' });
  }
  if (given.SMTP_PORT === '465' || given.SMTP_PORT === '25') {
    faults.push({
      field: 'SMTP_PORT',
      message: 'is not the mail submission port with STARTTLS. Set 587, or remove the setting.',
    });
  }
  if (inAzure && given.IMAP_SECURE === 'off') {
    faults.push({ field: 'IMAP_SECURE', message: 'is off. In Azure mail is read over TLS only; remove the setting.' });
  }
  if (inAzure && isLoopbackOrPrivate(given.IMAP_HOST ?? '')) {
    faults.push({ field: 'IMAP_HOST', message: inAzureMessage });
  }
  if (inAzure && isLoopbackOrPrivate(given.SMTP_HOST ?? '')) {
    faults.push({ field: 'SMTP_HOST', message: inAzureMessage });
  }
  return faults;
}
