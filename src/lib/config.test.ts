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

function messagesOf(environment: Record<string, string | undefined>): readonly string[][] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map(({ field, message }) => [field, message]);
  }
}
const faultsOf = (environment: Record<string, string | undefined>) => messagesOf(environment).map(([field]) => field);

describe('readConfig', () => {
  it('takes the five settings that have no default and fills in the rest', () => {
    const config = readConfig(complete);
    expect(config.imap).toEqual({ host: 'outlook.office365.com', port: 993, secure: true });
    expect(config.entra.authorityHost).toBe('https://login.microsoftonline.com');
    expect(config.entra.allowedTenants).toEqual([complete.TENANT]);
    expect(config.tokenEndpoint).toBe(false);
    expect(config.pollIntervalSeconds).toBe(20);
    const announced = readConfig({ ...complete, GRAPH_PERMISSIONS: 'Mail.ReadBasic' });
    expect(announced.pollIntervalSeconds).toBe(60);
    const both = readConfig({ ...complete, GRAPH_PERMISSIONS: 'Mail.ReadBasic', POLL_INTERVAL: '30' });
    expect(both.pollIntervalSeconds).toBe(30);
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
    expect(() => readConfig({})).toThrow(/PUBLIC_URL: is missing\. Set it to the address/);
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
    ['KEY_VAULT_URL', 'https://contoso.vault.azure.net/secrets/client-secret'],
    ['AUTHORITY_HOST', 'https://login.microsoftonline.com/contoso.example'],
    ['GRAPH_RESOURCE', 'https://graph.microsoft.com/v1.0'],
    ['OUTLOOK_RESOURCE', 'https://outlook.office.com/.default'],
    ['IMAP_PORT', '65536'],
    ['IMAP_PORT', '143'],
    ['POLL_INTERVAL', '1e3'],
    ['CREDENTIAL_MODE', 'password'],
    ['RETURN_ORIGINS', 'https://nocobase.example.com/path'],
    ['RETURN_ORIGINS', 'http://nocobase.example.com'],
    ['PRIVATE_DESTINATIONS', 'nocobase.lan'],
    ['PRIVATE_DESTINATIONS', 'nocobase.lan=10.0.0.1'],
    ['ALLOWED_TENANTS', 'contoso'],
    ['GRAPH_PERMISSIONS', 'Mail.Send, Mail.Read'],
  ])('refuses %s=%s', (name, value) => {
    expect(faultsOf({ ...complete, [name]: value })).toEqual([name]);
  });

  // What is easily mistaken for the right value, each told by the setting's name and with what to write.
  const mistaken: readonly [string, string, RegExp][] = [
    ['PUBLIC_URL', 'https://mail-broker.example.com/api', /contains \/api, which the broker adds/],
    ['PUBLIC_URL', 'https://mail-broker.example.com/api/', /contains \/api/],
    ['PUBLIC_URL', 'https://mail-broker.example.com/API/oauth/callback', /contains \/api/],
    ['PUBLIC_URL', 'https://proxy.example.com/broker/api', /contains \/api/],
    ['PUBLIC_URL', 'https://ada:hunter2@mail-broker.example.com', /user name or a password/],
    ['PUBLIC_URL', 'https://:hunter2@mail-broker.example.com', /user name or a password/],
    ['TABLES_URL', 'https://:hunter2@contoso.table.core.windows.net', /user name or a password/],
    ['RETURN_ORIGINS', 'https://ada:hunter2@nocobase.example.com', /user name or a password/],
    ['PUBLIC_URL', 'https://mail-broker.example.com:80', /https on port 80/],
    ['PUBLIC_URL', 'http://mail-broker.example.com:443', /http on port 443/],
    ['PUBLIC_URL', 'https://localhost:7071', /Write http:\/\/localhost:7071/],
    ['CLIENT_SECRET_NAME', '0f3a9c1e-1111-4222-8333-444455556666', /is a GUID, such as the id of a client secret/],
    ['CLIENT_SECRET_NAME', 'abc8Q~hunter2.hunter2_hunter2', /never its value/],
    ['KEY_VAULT_URL', 'hunter2', /such as https:\/\/NAME\.vault\.azure\.net/],
    ['TABLES_URL', 'https://contoso.blob.core.windows.net', /another service of the storage account/],
    ['IMAP_HOST', 'outlook.office365.com:993', /contains a port.*IMAP_PORT/],
    ['SMTP_HOST', 'smtp.office365.com:587', /contains a port.*SMTP_PORT/],
    ['IMAP_HOST', 'imaps://outlook.office365.com', /Write only the host/],
    ['IMAP_HOST', 'hunter2@outlook.office365.com', /contains a user name/],
    ['SMTP_HOST', 'smtp.office365.com/', /is not a host name/],
    ['SMTP_PORT', '465', /Set 587/],
    ['SMTP_PORT', '25', /Set 587/],
    ['CLIENT_ID', complete.TENANT, /is the same as TENANT/],
    ['AZURE_CLIENT_ID', complete.CLIENT_ID, /is the same as CLIENT_ID/],
    ['TENANT', '@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/tenant)', /could not resolve/],
  ];
  it.each(mistaken)('says of %s=%s what to write, and not what stands there', (name, value, message) => {
    expect(messagesOf({ ...complete, [name]: value })).toEqual([[name, expect.stringMatching(message)]]);
    expect(JSON.stringify(messagesOf({ ...complete, [name]: value }))).not.toContain('hunter2');
  });

  it.each([
    ['HTTPS://Mail-Broker.Example.COM/', 'https://mail-broker.example.com'],
    ['https://müller.example', 'https://xn--mller-kva.example'],
    ['https://mail-broker.example.com:443', 'https://mail-broker.example.com'],
  ])('writes PUBLIC_URL=%s as browsers do, since the redirect URI is compared letter by letter', (given, written) => {
    expect(readConfig({ ...complete, PUBLIC_URL: given }).publicUrl).toBe(written);
  });

  it.each(['outlook.office365.com', 'mail.contoso.example', '10.0.0.5', '::1', '[::1]', 'bücher.example'])(
    'takes %s as the host of a mail server',
    (host) => {
      expect(faultsOf({ ...complete, IMAP_HOST: host, SMTP_HOST: host })).toEqual([]);
    },
  );

  it('takes a path before /api, where a proxy puts one', () => {
    expect(readConfig({ ...complete, PUBLIC_URL: 'https://proxy.example.com/broker/' }).publicUrl).toBe(
      'https://proxy.example.com/broker',
    );
    expect(faultsOf({ ...complete, PUBLIC_URL: 'https://proxy.example.com/apiary' })).toEqual([]);
  });

  it('drops the blanks and the line end that pasting leaves around a value', () => {
    const pasted = Object.fromEntries(Object.entries(complete).map(([name, value]) => [name, ` ${value}\r\n`]));
    expect(readConfig(pasted)).toEqual(readConfig(complete));
    expect(faultsOf({ ...complete, CLIENT_ID: ' \n' })).toEqual(['CLIENT_ID']);
  });

  it('tells faults within settings and between them in one go', () => {
    const faulty = { PUBLIC_URL: 'https://x.example/api', IMAP_PORT: '143', TENANT: 'common', KEY_VAULT_URL: 'vault' };
    expect(faultsOf({ ...complete, ...faulty }).toSorted()).toEqual([
      'ALLOWED_TENANTS',
      'IMAP_PORT',
      'KEY_VAULT_URL',
      'PUBLIC_URL',
    ]);
  });

  it('does not open sign-in to everyone by accident: a multi-tenant set-up needs ALLOWED_TENANTS', () => {
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
    ['RETURN_ORIGINS', 'http://localhost:13000'],
    ['PRIVATE_DESTINATIONS', 'nocobase=127.0.0.0/8'],
    ['PRIVATE_DESTINATIONS', 'metadata=169.254.0.0/16'],
  ])('refuses the stand-in %s=%s in Azure', (name, value) => {
    expect(faultsOf({ ...azure, [name]: value })).toEqual([name]);
  });

  it('reads no mail without TLS in Azure', () => {
    expect(faultsOf({ ...azure, IMAP_SECURE: 'off', IMAP_PORT: '1143' })).toEqual(['IMAP_SECURE']);
  });

  it('takes a private network that is no loopback in Azure', () => {
    expect(faultsOf({ ...azure, PRIVATE_DESTINATIONS: 'nocobase.lan=10.1.2.0/24' })).toEqual([]);
  });
});
