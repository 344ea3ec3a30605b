import { describe, expect, it } from 'vitest';
import { readConfig, SettingsError } from './config.ts';

const complete = {
  PUBLIC_URL: 'https://mail-broker.example.com',
  CLIENT_ID: '11111111-2222-3333-4444-555555555555',
  TENANT: '99999999-8888-7777-6666-555555555555',
  KEY_VAULT_URL: 'https://contoso.vault.azure.net',
  TABLES_URL: 'https://contoso.table.core.windows.net',
};
const azure = { ...complete, WEBSITE_SITE_NAME: 'mail-broker' };

function faultsOf(environment: Record<string, string | undefined>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map((fault) => fault.field);
  }
}

describe('readConfig', () => {
  it('takes the five settings that have no default and fills in the rest', () => {
    const config = readConfig(complete);
    expect(config.imap).toEqual({ host: 'outlook.office365.com', port: 993, secure: true });
    expect(config.entra.authorityHost).toBe('https://login.microsoftonline.com');
    expect(config.entra.allowedTenants).toEqual([complete.TENANT]);
    expect(config.tokenEndpoint).toBe(false);
    expect(config.pollIntervalSeconds).toBe(60);
    expect(config.inAzure).toBe(false);
  });

  it('reports all faults together, each by the name of its setting and with a remedy', () => {
    expect(faultsOf({ IMAP_PORT: '0', POLL_INTERVAL: 'soon', TOKEN_ENDPOINT: 'yes' }).sort()).toEqual(
      [
        'CLIENT_ID',
        'IMAP_PORT',
        'KEY_VAULT_URL',
        'POLL_INTERVAL',
        'PUBLIC_URL',
        'TABLES_URL',
        'TENANT',
        'TOKEN_ENDPOINT',
      ].sort(),
    );
    expect(() => readConfig({})).toThrow(/PUBLIC_URL: is missing\. Set the address/);
  });

  it('counts an empty setting as missing', () => {
    expect(faultsOf({ ...complete, CLIENT_ID: '' })).toEqual(['CLIENT_ID']);
  });

  it('does not echo the value of a setting', () => {
    expect(() => readConfig({ ...complete, KEY_VAULT_URL: 'hunter2' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });

  it.each([
    ['TENANT', 'contoso'],
    ['CLIENT_ID', 'broker'],
    ['PUBLIC_URL', 'mail-broker.example.com'],
    ['PUBLIC_URL', 'ftp://mail-broker.example.com'],
    ['PUBLIC_URL', 'https://user@mail-broker.example.com'],
    ['PUBLIC_URL', 'https://mail-broker.example.com?x=1'],
    ['KEY_VAULT_URL', 'http://contoso.vault.azure.net'],
    ['AUTHORITY_HOST', 'http://login.example.com'],
    ['GRAPH_URL', 'http://graph.example.com'],
    ['IMAP_PORT', '65536'],
    ['POLL_INTERVAL', '1e3'],
    ['CREDENTIAL_MODE', 'password'],
    ['RETURN_ORIGINS', 'https://nocobase.example.com/path'],
    ['RETURN_ORIGINS', 'http://nocobase.example.com'],
    ['PRIVATE_DESTINATIONS', 'nocobase.lan'],
    ['PRIVATE_DESTINATIONS', 'nocobase.lan=10.0.0.1'],
    ['ALLOWED_TENANTS', 'contoso'],
  ])('refuses %s=%s', (name, value) => {
    expect(faultsOf({ ...complete, [name]: value })).toEqual([name]);
  });

  it('does not let anybody sign in by accident: a multi-tenant set-up needs ALLOWED_TENANTS', () => {
    expect(faultsOf({ ...complete, TENANT: 'common' })).toEqual(['ALLOWED_TENANTS']);
    expect(readConfig({ ...complete, TENANT: 'common', ALLOWED_TENANTS: '*' }).entra.allowedTenants).toBe('*');
    expect(
      readConfig({ ...complete, TENANT: 'common', ALLOWED_TENANTS: `${complete.TENANT}, ${complete.CLIENT_ID}` }).entra
        .allowedTenants,
    ).toEqual([complete.TENANT, complete.CLIENT_ID]);
  });

  it('lets localhost and a connection string stand in outside Azure', () => {
    const config = readConfig({
      ...complete,
      PUBLIC_URL: 'http://localhost:7071/',
      TABLES_URL: undefined,
      TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true',
      IMAP_HOST: '127.0.0.1',
      IMAP_SECURE: 'off',
      RETURN_ORIGINS: 'http://localhost:13000',
      PRIVATE_DESTINATIONS: '127.0.0.1:13000=127.0.0.0/8',
    });
    expect(config.publicUrl).toBe('http://localhost:7071');
    expect(config.tables).toEqual({ connectionString: 'UseDevelopmentStorage=true' });
    expect(config.privateDestinations).toEqual([{ host: '127.0.0.1:13000', network: '127.0.0.0/8' }]);
  });

  it.each([
    ['PUBLIC_URL', 'http://mail-broker.example.com'],
    ['PUBLIC_URL', 'https://localhost:7071'],
    ['GRAPH_URL', 'https://localhost:7072'],
    ['PUBLIC_URL', 'https://127.0.0.1'],
    ['PUBLIC_URL', 'https://[::1]'],
    ['PUBLIC_URL', 'https://10.0.0.4'],
    ['KEY_VAULT_URL', 'https://localhost:8443'],
    ['AUTHORITY_HOST', 'https://localhost:8443'],
    ['TABLES_URL', 'https://127.0.0.1:10002/devstoreaccount1'],
    ['TABLES_CONNECTION_STRING', 'UseDevelopmentStorage=true'],
    ['IMAP_HOST', 'localhost'],
    ['IMAP_HOST', '127.0.0.1'],
    ['IMAP_SECURE', 'off'],
    ['RETURN_ORIGINS', 'http://localhost:13000'],
    ['PRIVATE_DESTINATIONS', 'nocobase=127.0.0.0/8'],
    ['PRIVATE_DESTINATIONS', 'metadata=169.254.0.0/16'],
  ])('refuses the stand-in %s=%s in Azure', (name, value) => {
    expect(faultsOf({ ...azure, [name]: value })).toEqual([name]);
  });

  it('takes a private network that is no loopback in Azure', () => {
    expect(faultsOf({ ...azure, PRIVATE_DESTINATIONS: 'nocobase.lan=10.1.2.0/24' })).toEqual([]);
  });
});
