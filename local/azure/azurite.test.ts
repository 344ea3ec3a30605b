import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TableClient } from '@azure/data-tables';
import { afterAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from './azurite.ts';

const started: Azurite[] = [];
const start = async (...options: Parameters<typeof startAzurite>) => {
  const azurite = await startAzurite(...options);
  started.push(azurite);
  return azurite;
};
afterAll(async () => {
  await Promise.all(started.map((azurite) => azurite.stop()));
});

const table = (azurite: Azurite) =>
  TableClient.fromConnectionString(azurite.connectionString, 'things', {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('it answers on the ports that it names, all of them free ones', async () => {
  const azurite = await start();
  await table(azurite).createTable();
  await table(azurite).createEntity({ partitionKey: 'p', rowKey: 'r', word: 'ok' });
  expect((await table(azurite).getEntity('p', 'r')).word).toBe('ok');
  expect(new Set([azurite.blobPort, azurite.queuePort, azurite.tablePort]).size).toBe(3);
});

test('a port that is taken is named in a sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(startAzurite({ ports: { queue: port } })).rejects.toThrow(
    `Port ${port}, meant for the queue service of the storage emulator, is taken.`,
  );
  other.close();
});

test('stop leaves no process behind and may be called twice', async () => {
  const azurite = await start();
  const pid = azurite.pid ?? 0;
  expect(isAlive(pid)).toBe(true);
  await azurite.stop();
  await azurite.stop();
  expect(isAlive(pid)).toBe(false);
});

test('killed and started again it listens on the same ports and has forgotten its rows', async () => {
  const azurite = await start();
  await table(azurite).createTable();
  await azurite.kill();
  await expect(table(azurite).createTable()).rejects.toThrow(/ECONNREFUSED/);
  await azurite.restart();
  await expect(table(azurite).createEntity({ partitionKey: 'p', rowKey: 'r' })).rejects.toMatchObject({
    statusCode: 404,
  });
});

test('keeps rows beyond the process with a folder', async () => {
  const location = mkdtempSync(join(tmpdir(), 'azurite-test-'));
  const azurite = await start({ location });
  await table(azurite).createTable();
  await table(azurite).createEntity({ partitionKey: 'p', rowKey: 'r', word: 'kept' });
  await azurite.stop();
  await azurite.restart();
  expect((await table(azurite).getEntity('p', 'r')).word).toBe('kept');
  await azurite.stop();
  rmSync(location, { recursive: true, force: true });
});

test('it ends when the process that started it is killed', async () => {
  const module = join(import.meta.dirname, 'azurite.ts');
  const code = `const {startAzurite} = await import(${JSON.stringify(module)}); console.log((await startAzurite()).pid); setInterval(() => {}, 1000)`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await once(parent.stdout, 'data');
  const pid = Number(String(output).trim());
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  for (let i = 0; i < 50 && isAlive(pid); i++) await delay(100);
  expect(isAlive(pid)).toBe(false);
});

test('it does not keep the process that started it alive', async () => {
  const module = join(import.meta.dirname, 'azurite.ts');
  const code = `const {startAzurite} = await import(${JSON.stringify(module)}); await startAzurite();`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { timeout: 20_000 });
});
