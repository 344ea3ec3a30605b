import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { zipSync } from 'fflate';
import { loadApp } from '../../../local/host/core.ts';
import { packageFiles } from './files.ts';

/** What is published, in a folder that holds nothing else. */
export interface Staged {
  readonly folder: string;
  /** Paths in it, with `/`. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

/** The package of the app, made from this clone. */
export interface Package {
  /** Builds the bundle. */
  build(): Promise<void>;
  /** A new folder with the files of the package alone: no local settings, nothing of a developer's machine. */
  stage(): Promise<Staged>;
  /** The same files as one zip archive. */
  zip(): Promise<Staged>;
  /** What the built bundle says that it is (src/lib/version.ts). @throws Error where it was not built */
  version(): Promise<string>;
  /** Names of the functions that the package registers. */
  functions(): Promise<readonly string[]>;
}

const run = promisify(execFile);

// The oldest time that the format knows: two archives of the same files are the same.
const noTime = new Date(1980, 0, 1);

/** @param root of the repository */
export function packageOf(root: string): Package {
  const newFolder = () => mkdtemp(join(tmpdir(), 'mail-broker-'));
  const staged = (folder: string, files: readonly string[]): Staged => ({
    folder,
    files,
    remove: () => rm(folder, { recursive: true, force: true }),
  });
  return {
    async build() {
      await run(process.execPath, [join(root, 'build.mjs')], { cwd: root });
    },
    async stage() {
      const folder = await newFolder();
      const files = packageFiles(root);
      for (const file of files) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await cp(join(root, file), join(folder, file));
      }
      return staged(folder, files);
    },
    async zip() {
      const folder = await newFolder();
      const files = packageFiles(root);
      const entries = await Promise.all(
        files.map(async (file) => [file, new Uint8Array(await readFile(join(root, file)))] as const),
      );
      await writeFile(join(folder, 'package.zip'), zipSync(Object.fromEntries(entries), { mtime: noTime }));
      return staged(folder, ['package.zip']);
    },
    async version() {
      const found = /["'`](\d+\.\d+\.\d+\+[0-9a-f]{8})["'`]/.exec(
        await readFile(join(root, 'dist/functions.cjs'), 'utf8'),
      );
      if (found?.[1] === undefined) throw new Error('dist/functions.cjs does not tell its version: npm run build.');
      return found[1];
    },
    async functions() {
      const app = await loadApp(join(root, 'dist/functions.cjs'), () => undefined);
      app.unload();
      return [...app.functions.keys()].toSorted();
    },
  };
}
