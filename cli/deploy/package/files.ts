import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files that make up the published package, relative to the repository: the same that Core Tools take with
 * .funcignore (test/package.test.ts compares). Nothing else reaches Azure, regardless of other files in the folder.
 * @param root of the repository, after a build
 */
export function packageFiles(root: string): string[] {
  const loaded = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.mjs'));
  return [
    'build.mjs',
    'dist/functions.cjs',
    'dist/licenses.txt',
    'host.json',
    'package.json',
    ...loaded.map((name) => `dist/${name}`),
  ].toSorted();
}
