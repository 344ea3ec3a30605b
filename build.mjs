// Bundles the app into the one file that package.json's `main` names: a cold start reads one file instead of hundreds,
// and node_modules need not be published.
//
//   node build.mjs                 src/functions/index.ts -> dist/functions.cjs
//   node build.mjs ENTRY OUTFILE   the same of another app (the tests' own)
//
// Runs on a bare machine too (`prepare`, or a remote build in Azure, where only the bundle was published): there it does
// nothing, and esbuild is not asked for.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const [entry = join(folder, 'src/functions/index.ts'), outfile = join(folder, 'dist/functions.cjs')] =
  process.argv.slice(2);

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

async function bundle() {
  const { build } = await import('esbuild').catch(() =>
    fail('esbuild is not installed: run npm ci with its development packages.'),
  );
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    // The app may run on either version that Azure Functions offers.
    target: 'node22',
    format: 'cjs',
    // This module exists only inside the Functions worker, which hands it out itself.
    external: ['@azure/functions-core'],
    sourcemap: 'linked',
    // Parsing the file is most of the time that loading takes. Short names would not shorten it, and would spoil stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  }).catch(() => process.exit(1)); // It has told its errors itself.
}

if (existsSync(entry)) await bundle();
else if (existsSync(join(folder, 'src'))) fail(`There is nothing to build: ${entry} is missing.`);
else if (!existsSync(outfile)) {
  fail('There is nothing to build: neither src nor dist/functions.cjs is here. Start from a clone of the repository.');
}
