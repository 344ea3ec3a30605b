import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AppSecrets, startApp, untilServing } from './app.ts';
import { installNocobase, nocobaseFolder } from './install.ts';
import { makeCluster, makeDatabase, needPostgres, postgresAccount, startPostgres } from './postgres.ts';
import { freePort } from './program.ts';

/** A folder with a database, a storage folder and the secrets that go with them. */
export interface Instance {
  readonly folder: string;
  readonly database: string;
  readonly storage: string;
  readonly secrets: AppSecrets;
}

const templateFolder = (): string => join(nocobaseFolder(), 'template');

const run = promisify(execFile);

/**
 * Everything that is done once for a machine: the packages, and a NocoBase that has installed itself into an empty
 * database, of which each suite takes a copy (one second, in place of half a minute).
 */
export async function prepareTemplate(): Promise<void> {
  await needPostgres();
  await installNocobase();
  if (existsSync(templateFolder())) return;
  const secrets: AppSecrets = {
    databasePassword: randomBytes(16).toString('hex'),
    appKey: randomBytes(16).toString('hex'),
    rootPassword: randomBytes(16).toString('hex'),
  };
  const instance = { ...(await emptyInstance()), secrets };
  try {
    await makeCluster(instance.database, secrets.databasePassword);
    const postgres = await startPostgres(instance.database);
    try {
      await makeDatabase(postgres.port, secrets.databasePassword);
      const port = await freePort();
      const settings = { port, databasePort: postgres.port, storage: instance.storage, secrets };
      const program = await startApp(settings, true);
      await untilServing(`http://127.0.0.1:${port}`, program).finally(() => program.end('SIGTERM'));
    } finally {
      await postgres.stop();
    }
    await writeFile(join(instance.folder, 'secrets.json'), JSON.stringify(secrets), { mode: 0o600 });
    const work = await mkdtemp(`${templateFolder()}.tmp-`);
    await copy(instance.folder, work);
    await rename(work, templateFolder()).catch(async (error: unknown) => {
      await rm(work, { recursive: true, force: true });
      if (!existsSync(templateFolder())) throw error;
    });
  } finally {
    await rm(instance.folder, { recursive: true, force: true });
  }
}

/** A copy of the template, to be used up and deleted. */
export async function copyTemplate(): Promise<Instance> {
  const instance = await emptyInstance();
  await copy(templateFolder(), instance.folder);
  await owned(instance.database);
  const secrets: AppSecrets = JSON.parse(await readFile(join(instance.folder, 'secrets.json'), 'utf8'));
  return { ...instance, secrets };
}

async function emptyInstance(): Promise<Omit<Instance, 'secrets'>> {
  const folder = await mkdtemp(join(tmpdir(), 'nmb-nocobase-'));
  const [database, storage] = [join(folder, 'database'), join(folder, 'storage')];
  await mkdir(database);
  await mkdir(storage);
  // The account of the database has to get through; its own folder it keeps to itself.
  await chmod(folder, 0o711);
  await owned(database);
  return { folder, database, storage };
}

async function owned(database: string): Promise<void> {
  // PostgreSQL refuses a folder that others may read.
  await chmod(database, 0o700);
  const account = await postgresAccount();
  if (account !== undefined) await run('chown', ['-R', `${account.uid}:${account.gid}`, database]);
}

const copy = (from: string, to: string): Promise<void> =>
  cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, filter: isKept });

// Sockets of a process that is gone cannot be copied.
const isKept = (path: string): boolean => !path.endsWith('.sock') && !path.endsWith('/postmaster.pid');
