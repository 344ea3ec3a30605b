import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nocobaseFolder } from './install.ts';
import { databaseName, databaseUser } from './postgres.ts';
import { type Program, startProgram } from './program.ts';

/** The parts of a NocoBase; enough to start it again. */
export interface AppSettings {
  readonly port: number;
  readonly databasePort: number;
  /** Folder of its uploads, keys and logs. */
  readonly storage: string;
  readonly secrets: AppSecrets;
}

/** Made with the database and stored beside it: what is in there only opens with them. */
export interface AppSecrets {
  readonly databasePassword: string;
  readonly appKey: string;
  readonly rootPassword: string;
}

export const rootAccount = 'root@contoso.example';

/** Starts the process; it may still answer nothing, or 503. On an empty database it first installs itself. */
export function startApp({ port, databasePort, storage, secrets }: AppSettings, install = false): Promise<Program> {
  const folder = nocobaseFolder();
  const modules = join(folder, 'node_modules');
  return startProgram({
    command: process.execPath,
    args: ['launch.cjs', 'start', ...(install ? ['--quickstart'] : [])],
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: storage,
      NODE_OPTIONS: '--preserve-symlinks',
      NODE_PATH: modules,
      NODE_ENV: 'production',
      APP_ENV: 'production',
      APP_HOST: '127.0.0.1',
      APP_PORT: String(port),
      APP_KEY: secrets.appKey,
      APP_PACKAGE_ROOT: join(modules, '@nocobase/app'),
      STORAGE_PATH: storage,
      DB_DIALECT: 'postgres',
      DB_HOST: '127.0.0.1',
      DB_PORT: String(databasePort),
      DB_DATABASE: databaseName,
      DB_USER: databaseUser,
      DB_PASSWORD: secrets.databasePassword,
      INIT_APP_LANG: 'en-US',
      INIT_ROOT_USERNAME: 'root',
      INIT_ROOT_NICKNAME: 'Root',
      INIT_ROOT_EMAIL: rootAccount,
      INIT_ROOT_PASSWORD: secrets.rootPassword,
      TZ: 'UTC',
      // The pages are not served from here: leaves the packages as they are, so that several can run from them at once.
      NOCOBASE_EXTRACT_CLIENT_ASSETS: 'true',
      LOGGER_LEVEL: 'warn',
      // Nothing leaves the machine, even if a plugin tries.
      HTTP_PROXY: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1,localhost',
    },
  });
}

/** Until it serves; before that connections are refused, then it answers 503. */
export async function untilServing(url: string, program: Program, forMs = 180_000): Promise<void> {
  const deadline = Date.now() + forMs;
  while (program.running() && Date.now() < deadline) {
    const answer = await fetch(`${url}/api/__health_check`).catch(() => undefined);
    if (answer?.ok) return;
    await delay(150);
  }
  throw new Error(`NocoBase ${program.running() ? 'does not serve' : 'ended'}. It said:\n${program.output()}`);
}
