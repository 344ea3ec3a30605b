import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type Azurite, startAzurite } from '../../local/azure/azurite.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a suite asks for an account of its own. */
    readonly azuriteAccounts: string;
  }
}

/** More than there are suites; a watch that runs them again and again gives an account twice at some time. */
const accounts = 1_000;
const key = Buffer.alloc(32, 'not a secret').toString('base64');

/**
 * Before all suites: one Azurite for those that need tables of their own, not an emulator of their own. Each gets an
 * account, so that none sees what another does. It starts when the first one asks.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<Azurite> | undefined;
  let given = 0;
  const server = createServer(async (_request, response) => {
    starting ??= withAccounts(() => startAzurite());
    const { connectionString, tablePort, queuePort } = await starting;
    const name = `suite${given++ % accounts}`;
    const own = connectionString.replace(/AccountKey=[^;]*/, `AccountKey=${key}`).replaceAll('devstoreaccount1', name);
    response.end(JSON.stringify({ connectionString: own, tablePort, queuePort }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  project.provide('azuriteAccounts', `http://127.0.0.1:${address.port}`);
  return async () => {
    server.close();
    await (await starting)?.stop();
  };
}

/** Azurite reads its accounts from the environment of the process that starts it. */
async function withAccounts<T>(start: () => Promise<T>): Promise<T> {
  process.env.AZURITE_ACCOUNTS = Array.from({ length: accounts }, (_, index) => `suite${index}:${key}`).join(';');
  try {
    return await start();
  } finally {
    delete process.env.AZURITE_ACCOUNTS;
  }
}
