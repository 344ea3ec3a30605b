import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig, settingNames } from '../../src/lib/config.ts';
import { parseBicep } from '../support/bicep.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const app = parseBicep(read('infra/modules/app.bicep'));
const main = parseBicep(read('infra/main.bicep'));

/** Settings that the template writes, overriding an admin's values. */
const written = app.keysOf.get('ownSettings') ?? [];

/** Settings that are the admin's own, and pass through `extraAppSettings`: each has a default that suits. */
const ofTheAdmin = [
  'ATTACHMENT_LINK_HOURS',
  'AUTHORITY_HOST',
  'GRAPH_PERMISSIONS',
  'GRAPH_RESOURCE',
  'GRAPH_URL',
  'IMAP_HOST',
  'IMAP_PORT',
  'IMAP_SECURE',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OUTLOOK_APP_RESOURCE',
  'OUTLOOK_RESOURCE',
  'POLL_INTERVAL',
  'PRIVATE_DESTINATIONS',
  'SMTP_HOST',
  'SMTP_PORT',
  'RETURN_ORIGINS',
  'TOKEN_ENDPOINT',
];

/**
 * Settings of the Functions host and of Application Insights.
 * https://learn.microsoft.com/azure/azure-functions/functions-app-settings
 * https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
 */
const ofThePlatform = [
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__queueServiceUri',
  'AzureWebJobsStorage__tableServiceUri',
  'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
];

describe('app settings in infra/modules/app.bicep', () => {
  it('are settings of the app or of the platform, under the names that these have', () => {
    for (const name of written) expect([...settingNames(), ...ofThePlatform], name).toContain(name);
    for (const name of ofThePlatform) expect(written, name).toContain(name);
  });

  it('are all that the app reads, but for those that are the admin’s own, and that of the local emulator', () => {
    const ofTheApp = written.filter((name) => !ofThePlatform.includes(name));
    expect([...ofTheApp, ...ofTheAdmin, 'TABLES_CONNECTION_STRING'].toSorted()).toEqual([...settingNames()].toSorted());
  });

  it('are enough for the app to start in Azure', () => {
    // Each another one: the app refuses ids that are in one another's place.
    const ids = ['CLIENT_ID', 'TENANT', 'AZURE_CLIENT_ID'];
    const idOf = (name: string) => `00000000-0000-4000-8000-00000000000${ids.indexOf(name)}`;
    const value = (name: string) =>
      ids.includes(name) ? idOf(name) : name.endsWith('_URL') ? 'https://name.example' : '';
    const environment = Object.fromEntries(written.map((name) => [name, value(name)]));
    const config = readConfig({ ...environment, WEBSITE_SITE_NAME: 'name', CREDENTIAL_MODE: 'federated' });
    expect(config).toMatchObject({
      inAzure: true,
      identityClientId: idOf('AZURE_CLIENT_ID'),
      tables: { url: 'https://name.example' },
    });
  });

  it('stand nowhere else: one owner, because Azure replaces them whole', () => {
    const owners = readdirSync(join(root, 'infra'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.bicep'))
      .filter((name) => /appSettings:|name: 'appsettings'/.test(parseBicep(read(`infra/${name}`)).code));
    expect(owners.map((name) => name.replaceAll('\\', '/'))).toEqual(['modules/app.bicep']);
  });

  it('win over what is passed through, and let nothing through that Azure or the app refuses', () => {
    expect(app.resources.find(({ symbol }) => symbol === 'settings')?.values.get('properties')).toBe(
      'union(passedOn, ownSettings)',
    );
    const refused = app.variables.find(({ name }) => name === 'refused')?.value ?? '';
    for (const name of ['AzureWebJobsStorage', 'TABLES_CONNECTION_STRING', 'FUNCTIONS_WORKER_RUNTIME']) {
      expect(refused).toContain(`'${name}'`);
    }
  });

  it('hold no connection string but that of Application Insights, which opens nothing without a token', () => {
    const text = app.variables.find(({ name }) => name === 'ownSettings')?.value ?? '';
    const held = text.split('\n').filter((line) => /connection_?string|\.listKeys|key/i.test(line));
    expect(held.map((line) => line.trim().split(':')[0])).toEqual([
      'APPLICATIONINSIGHTS_CONNECTION_STRING',
      'KEY_VAULT_URL',
    ]);
  });

  it('keep a number of IMAP connections that the app takes', () => {
    const sizes = app.variables.find(({ name }) => name === 'warmSessions')?.value ?? '';
    const numbers = [...sizes.matchAll(/: (\d+)/g)].map(([, number]) => Number(number));
    expect(numbers).toHaveLength(3);
    for (const number of numbers) {
      const config = readConfig({
        PUBLIC_URL: 'https://broker.example',
        CLIENT_ID: '00000000-0000-4000-8000-000000000001',
        TENANT: '00000000-0000-4000-8000-000000000002',
        KEY_VAULT_URL: 'https://vault.example',
        TABLES_URL: 'https://tables.example',
        WARM_SESSIONS: String(number),
      });
      expect(config.warmSessions).toBe(number);
    }
  });
});

describe('docs/admin.md', () => {
  const page = read('docs/admin.md');

  it('names every setting that the template writes', () => {
    for (const name of written) expect(page, name).toContain(`\`${name}\``);
  });
});

describe('the limit of a request', () => {
  it('is one number wherever it is told', () => {
    const limit = main.parameters.find(({ name }) => name === 'requestBodyLimitBytes')?.value;
    expect(limit).toBe('37000000');
    const pages = ['infra/README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
    const told = pages
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) =>
        [...read(name).matchAll(/FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=(\d+)/g)].map(([, number]) => number),
      );
    for (const number of told) expect(number).toBe(limit);
  });
});
