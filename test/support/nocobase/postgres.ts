import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort, type Program, startProgram } from './program.ts';

/** A database server of our own on a free port of 127.0.0.1. */
export interface Postgres {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export const databaseUser = 'nocobase';
export const databaseName = 'nocobase';

const run = promisify(execFile);

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Folder of `initdb` and `postgres`: Debian's newest version, or one that is in the PATH. Undefined if there is none. */
export async function findPostgres(): Promise<string | undefined> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const folders = versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(debian, version, 'bin'));
  for (const folder of [...folders, ...(process.env.PATH ?? '').split(':')]) {
    if ((await isExecutable(join(folder, 'initdb'))) && (await isExecutable(join(folder, 'postgres')))) return folder;
  }
  return undefined;
}

/** The folder, or an error that says what to install. */
export async function needPostgres(): Promise<string> {
  const folder = await findPostgres();
  if (folder !== undefined) return folder;
  throw new Error('PostgreSQL is not installed, and a real NocoBase needs it: apt-get install postgresql');
}

/** PostgreSQL refuses to be run by root; its package brings an account for it. Undefined where we are not root. */
export async function postgresAccount(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const ask = async (flag: string): Promise<number> => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await ask('-u'), gid: await ask('-g') };
}

/**
 * Makes a cluster in an empty folder that belongs to the account above.
 * @throws Error with what initdb said
 */
export async function makeCluster(folder: string, password: string): Promise<void> {
  const bin = await needPostgres();
  const account = await postgresAccount();
  const passwordFile = `${folder}.password`;
  await writeFile(passwordFile, password, { mode: 0o644 });
  const args = ['-D', folder, '-U', databaseUser, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  await run(join(bin, 'initdb'), [...args, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], { cwd: '/', ...account });
}

/**
 * Starts the server of a cluster.
 * @param wanted the port that it had before; a free one if left out
 * @throws Error with what it said, if it does not come up
 */
export async function startPostgres(folder: string, wanted?: number): Promise<Postgres> {
  const bin = await needPostgres();
  const port = wanted ?? (await freePort());
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    // What is lost in a power cut is lost with the whole test.
    'fsync=off',
    'full_page_writes=off',
    'synchronous_commit=off',
  ];
  const program = await startProgram({
    command: join(bin, 'postgres'),
    args: ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
    account: await postgresAccount(),
  });
  // Fast shutdown: open connections are cut, everything is written.
  const stop = () => program.end('SIGINT');
  await untilReady(bin, port, program).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { port, stop };
}

async function untilReady(bin: string, port: number, program: Program): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (program.running() && Date.now() < deadline) {
    const ready = await run(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).then(
      () => true,
      () => false,
    );
    if (ready) return;
    await delay(100);
  }
  throw new Error(`PostgreSQL did not start. It said:\n${program.output()}`);
}

export async function makeDatabase(port: number, password: string): Promise<void> {
  const bin = await needPostgres();
  const where = ['-h', '127.0.0.1', '-p', String(port), '-U', databaseUser];
  await run(join(bin, 'createdb'), [...where, databaseName], { env: { PGPASSWORD: password } });
}
