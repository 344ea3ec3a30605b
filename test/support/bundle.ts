import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const build = join(import.meta.dirname, '../../build.mjs');

/** Bundles a test's own app by build.mjs into a bare folder. Answers the path of the bundle. */
export async function bundleOf(entry: string): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'bundle-')), 'functions.cjs');
  execFileSync(process.execPath, [build, entry, outfile], { stdio: 'pipe' });
  return outfile;
}
