import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManagedIdentityCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeCertificates } from '../certificates.ts';
import { startManagedIdentity } from './managed-identity.ts';
import type { IdentityStandIn, VaultStandIn } from './stand-ins.ts';
import { startVault } from './vault.ts';

const tenant = '7d3f6c2a-0000-4000-8000-000000000001';
let folder: string;
let identity: IdentityStandIn;
let vault: VaultStandIn;

const client = (credential = new ManagedIdentityCredential({ clientId: identity.clientId })) =>
  new SecretClient(vault.url, credential, {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vault-'));
  const certificates = await makeCertificates(folder);
  identity = await startManagedIdentity({ tenant });
  vault = await startVault({
    certificates,
    authority: `https://localhost:1/${tenant}`,
    isAllowed: (token) => identity.verify(token, 'https://vault.azure.net'),
  });
  vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', identity.header);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await vault.stop();
  await identity.stop();
  await rm(folder, { recursive: true });
});

describe('the Key Vault stand-in, asked by the real client with a managed identity', () => {
  it('answers the newest version, and every version by its id', async () => {
    const first = vault.set('client-secret', 'one');
    const second = vault.set('client-secret', 'two');
    const secrets = client();
    expect(await secrets.getSecret('client-secret')).toMatchObject({ value: 'two', properties: { version: second } });
    expect((await secrets.getSecret('client-secret', { version: first })).value).toBe('one');
    expect(second).toMatch(/^[0-9a-f]{32}$/);
  });

  it('lists versions over several pages, with their dates and without their values', async () => {
    const expiresOn = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);
    for (let count = 0; count < 60; count += 1) vault.set('many', String(count), { expiresOn });
    const found = [];
    for await (const properties of client().listPropertiesOfSecretVersions('many')) found.push(properties);
    expect(found).toHaveLength(60);
    expect(new Set(found.map((item) => item.version)).size).toBe(60);
    expect(found[0]?.expiresOn).toEqual(expiresOn);
    expect(found[0]).not.toHaveProperty('value');
  });

  it('refuses a disabled secret with 403 and an unknown one with 404', async () => {
    vault.set('off', 'x');
    vault.change('off', { enabled: false });
    await expect(client().getSecret('off')).rejects.toMatchObject({ statusCode: 403 });
    await expect(client().getSecret('nobody')).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    expect(vault.live('off')).toEqual([]);
  });

  it('keeps a deleted name taken until it is recovered', async () => {
    const secrets = client();
    await secrets.setSecret('gone', 'x');
    await secrets.beginDeleteSecret('gone');
    await expect(secrets.getSecret('gone')).rejects.toMatchObject({ statusCode: 404 });
    await expect(secrets.setSecret('gone', 'y')).rejects.toMatchObject({ statusCode: 409 });
    expect((await secrets.getDeletedSecret('gone')).name).toBe('gone');
    const recovery = await secrets.beginRecoverDeletedSecret('gone');
    await recovery.pollUntilDone();
    expect((await secrets.getSecret('gone')).value).toBe('x');
  });

  it('sets and changes attributes', async () => {
    const secrets = client();
    const { properties } = await secrets.setSecret('dated', 'x', { expiresOn: new Date('2030-01-01T00:00:00Z') });
    expect(properties.expiresOn).toEqual(new Date('2030-01-01T00:00:00Z'));
    await secrets.updateSecretProperties('dated', properties.version ?? '', { enabled: false });
    await expect(secrets.getSecret('dated')).rejects.toMatchObject({ statusCode: 403 });
  });

  it('refuses a token of another audience', async () => {
    const other = await new ManagedIdentityCredential({ clientId: identity.clientId }).getToken(
      'api://AzureADTokenExchange',
    );
    expect(identity.verify(other.token, 'api://AzureADTokenExchange')).toBe(true);
    const response = await fetch(`${vault.url}/secrets/client-secret?api-version=7.6`, {
      headers: { authorization: `Bearer ${other.token}` },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('resource="https://vault.azure.net"');
  });

  it('can be down, and up again', async () => {
    vault.down();
    await expect(client().getSecret('client-secret')).rejects.toMatchObject({ statusCode: 503 });
    vault.down(false);
    expect((await client().getSecret('client-secret')).value).toBe('two');
  });
});

describe('the managed identity stand-in', () => {
  it('issues nothing without its header or for another identity', async () => {
    const url = `${identity.endpoint}?api-version=2019-08-01&resource=https://vault.azure.net`;
    expect((await fetch(url)).status).toBe(401);
    const headers = { 'x-identity-header': identity.header };
    expect((await fetch(`${url}&client_id=${crypto.randomUUID()}`, { headers })).status).toBe(400);
    expect((await fetch(url, { headers })).status).toBe(200);
  });

  it('rejects a token of another issuer', async () => {
    const forged = 'eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL3ZhdWx0LmF6dXJlLm5ldCIsImV4cCI6OTk5OTk5OTk5OX0.';
    expect(identity.verify(forged, 'https://vault.azure.net')).toBe(false);
    expect(identity.verify('nonsense', 'https://vault.azure.net')).toBe(false);
  });
});
