import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hashOf, headerOf, openApiFile, schemaFile } from './schema-file.ts';

// `npm run api-types`: makes schema.d.ts from the OpenAPI document.
//
// openapi-typescript asks for TypeScript 5 as a peer, and this project has a newer one: npm refuses to install both. So
// npx fetches the two into its own cache, and runs in a folder where it finds no other TypeScript.
const packages = ['typescript@5.9.3', 'openapi-typescript@7.13.0'];

const folder = await mkdtemp(join(tmpdir(), 'api-types-'));
try {
  const made = join(folder, 'schema.d.ts');
  const args = ['--yes', ...packages.flatMap((name) => ['-p', name]), 'openapi-typescript', openApiFile, '-o', made];
  await promisify(execFile)('npx', args, { cwd: folder, shell: process.platform === 'win32' });
  const [document, types] = await Promise.all([readFile(openApiFile), readFile(made, 'utf8')]);
  await writeFile(schemaFile, `${headerOf(hashOf(document))}\n${types}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
