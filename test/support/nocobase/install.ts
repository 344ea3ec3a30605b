import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export const nocobaseVersion = '2.2.15';

// xlsx is a URL outside the registry in NocoBase's own dependencies; the others are held to versions that go together.
// Only yarn 1 reads `resolutions`.
const packageJson = {
  name: 'nocobase-for-tests',
  version: '0.0.0',
  private: true,
  license: 'UNLICENSED',
  dependencies: { '@nocobase/app': nocobaseVersion, pg: '^8.14.1', 'pg-hstore': '^2.3.4' },
  resolutions: { xlsx: '0.18.5', cytoscape: '3.28.0', async: '^3.2.6', semver: '^7.7.1' },
};

const yarn = 'yarn@1.22.22';

// NocoBase's own command starts a process manager, which starts another process; this is that process alone, so that a
// test can end it as a power cut would.
const launcher = `require('@nocobase/cli-v1/src/util').initEnv();
require('@nocobase/app/lib/index.js');
`;

const recipe = createHash('sha256')
  .update(JSON.stringify([packageJson, yarn, launcher]))
  .digest('hex');

const cacheRoot = (): string => process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** Where the packages lie, and what is made of them: outside of the project, kept from run to run. */
export const nocobaseFolder = (): string =>
  join(cacheRoot(), 'nocobase-mail-broker', `nocobase-${nocobaseVersion}-${recipe.slice(0, 8)}`);

/**
 * Installs NocoBase from npm, once for a machine: 1.2 GB, one to three minutes.
 * @throws Error with the end of what yarn said
 */
export async function installNocobase(): Promise<string> {
  const folder = nocobaseFolder();
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  // Made beside it and renamed, so that what is there is whole, and two at once do no harm.
  const work = await mkdtemp(`${folder}.tmp-`);
  try {
    await writeFile(join(work, 'package.json'), JSON.stringify(packageJson));
    await writeFile(join(work, 'launch.cjs'), launcher);
    const packages = join(work, 'yarn-cache');
    // No package needs its install script, and some of those download from elsewhere.
    const options = ['--production', '--ignore-engines', '--ignore-scripts', '--non-interactive', '--no-progress'];
    const args = ['exec', '--yes', `--package=${yarn}`, '--', 'yarn', 'install', ...options];
    await promisify(execFile)('npm', [...args, '--cache-folder', packages], { cwd: work, maxBuffer: 64 * 1024 * 1024 });
    await rm(packages, { recursive: true, force: true });
    await rename(work, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).slice(-2000) : '';
    throw new Error(`NocoBase could not be installed. yarn said:\n${said}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}
