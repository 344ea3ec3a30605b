import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Builds the bundle where it is missing or older than anything it is made from. Answers its path. */
export async function freshBundle(root: string): Promise<string> {
  const bundle = join(root, 'dist/functions.cjs');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((name) => `src/${name}`);
  const newest = Math.max(...[...sources, 'build.mjs', 'package-lock.json'].map((name) => changedAt(join(root, name))));
  if (changedAt(bundle) < newest) await promisify(execFile)(process.execPath, ['build.mjs'], { cwd: root });
  return bundle;
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
