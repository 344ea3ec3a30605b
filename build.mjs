// Bundles the app into the one file that package.json's `main` names: a cold start reads one file instead of hundreds,
// and node_modules need not be published. Runs on a bare machine too (`prepare`, or a remote build in Azure), so
// esbuild is imported only where there is something to build.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const entry = join(folder, 'src/functions/index.ts');
const outfile = join(folder, 'dist/functions.cjs');

if (existsSync(join(folder, 'src'))) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    // The app may run on either version that Azure Functions offers.
    target: 'node22',
    format: 'cjs',
    // The module exists only inside the Functions worker, which hands it out itself.
    external: ['@azure/functions-core'],
    sourcemap: 'linked',
    // Names stay: classes of errors are told apart by them, and stack traces name functions.
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
} else if (!existsSync(outfile)) {
  console.error('There is nothing to build: neither src nor dist/functions.cjs is here. Publish again from a clone.');
  process.exitCode = 1;
}
