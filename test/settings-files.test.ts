import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readHostJson } from '../local/host/host-json.ts';
import { readConfig, SettingsError, settingNames } from '../src/lib/config.ts';

const root = join(import.meta.dirname, '..');
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));

describe('local.settings.json.example', () => {
  const texts = z.record(z.string(), z.string());
  const example = z.object({ Values: texts, _explained: texts }).parse(readJson('local.settings.json.example'));
  // Read by the Functions runtime, not by the app.
  const ofTheRuntime = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];

  it('holds every setting that the app reads, and no other', () => {
    expect(Object.keys(example.Values).sort()).toEqual([...settingNames(), ...ofTheRuntime].sort());
  });

  it('explains each of them', () => {
    expect(Object.keys(example._explained)).toEqual(Object.keys(example.Values));
    for (const [name, text] of Object.entries(example._explained)) expect(text.length, name).toBeGreaterThan(20);
  });

  it('names as required exactly what the app misses when all is empty', () => {
    const faults = (() => {
      try {
        readConfig(example.Values);
        return [];
      } catch (error) {
        return error instanceof SettingsError ? error.faults.map((fault) => fault.field) : [];
      }
    })();
    const required = Object.entries(example._explained).filter(([, text]) => text.startsWith('Required'));
    expect(required.map(([name]) => name).sort()).toEqual([...faults].sort());
  });

  it('tells the defaults as they are', () => {
    const config = readConfig({
      PUBLIC_URL: 'https://broker.example',
      CLIENT_ID: '00000000-0000-4000-8000-000000000001',
      TENANT: '00000000-0000-4000-8000-000000000002',
      KEY_VAULT_URL: 'https://vault.example',
      TABLES_URL: 'https://tables.example',
    });
    const defaults: Record<string, string | number> = {
      AUTHORITY_HOST: config.entra.authorityHost,
      CREDENTIAL_MODE: config.entra.credential,
      CLIENT_SECRET_NAME: config.entra.clientSecretName,
      OUTLOOK_RESOURCE: config.entra.outlookResource,
      OUTLOOK_APP_RESOURCE: config.entra.outlookAppResource,
      GRAPH_RESOURCE: config.entra.graphResource,
      IMAP_HOST: config.imap.host,
      IMAP_PORT: config.imap.port,
      IMAP_SECURE: config.imap.secure ? 'on' : 'off',
      POLL_INTERVAL: config.pollIntervalSeconds,
      TOKEN_ENDPOINT: config.tokenEndpoint ? 'on' : 'off',
      WARM_SESSIONS: config.warmSessions,
      ATTACHMENT_LINK_HOURS: config.attachmentLinkHours,
    };
    for (const [name, value] of Object.entries(defaults)) {
      expect(example._explained[name], name).toMatch(new RegExp(`(Default:? ${value}\\b|${value} \\(default)`));
    }
  });
});

describe('host.json', () => {
  /** `a.b.c` -> value, for every value of the file. */
  function leaves(value: unknown, path = ''): [string, string][] {
    if (typeof value !== 'object' || value === null) return [[path, String(value)]];
    return Object.entries(value).flatMap(([key, item]) => leaves(item, path === '' ? key : `${path}.${key}`));
  }

  it('says nothing that docs/host.md does not give a reason for, and the page says nothing else', () => {
    const page = readFileSync(join(root, 'docs/host.md'), 'utf8');
    const rows = [...page.matchAll(/^- `([^`]+)`: `([^`]+)`\. .{20,}$/gm)].map((row) => [row[1], row[2]]);
    expect(rows).toEqual(leaves(readJson('host.json')));
  });

  it('holds the numbers that the queue of hints is built on', () => {
    expect(readHostJson(join(root, 'host.json'))).toEqual({
      functionTimeoutMs: 300_000,
      routePrefix: 'api',
      queues: {
        batchSize: 16,
        newBatchThreshold: 8,
        maxPollingIntervalMs: 2_000,
        visibilityTimeoutSeconds: 30,
        maxDequeueCount: 3,
      },
    });
  });
});
