// Bundles the app into the file that package.json's `main` names, and beside it one file for each package that is loaded
// at its first use: a cold start reads one small file instead of hundreds, and node_modules need not be published.
//
//   node build.mjs                 src/functions/index.ts -> dist/functions.cjs
//   node build.mjs ENTRY OUTFILE   the same of another app (the tests' own)
//
// Runs on a bare machine too (`prepare`, or a remote build in Azure, where only the bundle was published): there it does
// nothing, and esbuild is not asked for.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
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
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  // As long as the real one, so that the source map stays right.
  const unknownVersion = `${version}+00000000`;
  const common = {
    bundle: true,
    platform: 'node',
    // The app may run on either version that Azure Functions offers.
    target: 'node22',
    sourcemap: 'linked',
    // Parsing the file is most of the time that loading takes. Short names would not shorten it, and would spoil stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  // What `import()` names, by the file that it is bundled into.
  const later = new Map();
  const { metafile: ofStart } = await build({
    ...common,
    metafile: true,
    entryPoints: [entry],
    outfile,
    format: 'cjs',
    // This module exists only inside the Functions worker, which hands it out itself.
    external: ['@azure/functions-core'],
    define: { brokerVersion: JSON.stringify(unknownVersion) },
    plugins: [apart(later), withoutLocales],
  });
  const folderOf = dirname(resolve(outfile));
  const { metafile } = await build({
    ...common,
    entryPoints: [...later].map(([out, found]) => ({ in: isAbsolute(found) ? found : `named:${found}`, out })),
    outdir: folderOf,
    // As ES modules, so that what several of them need is in one file of its own.
    format: 'esm',
    splitting: true,
    chunkNames: 'shared-[hash]',
    outExtension: { '.js': '.mjs' },
    // Packages that were written as CommonJS still ask for Node's modules by `require`.
    banner: { js: "import{createRequire as __from}from'node:module';const require=__from(import.meta.url);" },
    metafile: true,
    plugins: [withNames, asText],
  });
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(folderOf)) {
    if (/\.mjs(\.map)?$/.test(name) && !made.has(name)) rmSync(join(folderOf, name));
  }
  const sources = [ofStart, metafile].flatMap(({ inputs }) => Object.keys(inputs));
  writeFileSync(join(folderOf, 'licenses.txt'), licensesOf(sources));
  tellVersion(
    [outfile, ...[...made].filter((name) => name.endsWith('.mjs')).map((name) => join(folderOf, name))],
    unknownVersion,
  );
}

/** The licences of the packages that these files come from, with their notices: most ask that copies bring them along. */
function licensesOf(sources) {
  // What a plugin has loaded bears the plugin's name before its path.
  const folders = /^(?:[a-z-]{2,}:)?(.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)/;
  const packages = new Set(sources.flatMap((path) => folders.exec(path)?.[1] ?? []));
  const parts = [...packages].toSorted().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const texts = readdirSync(path, { withFileTypes: true })
      .filter((file) => file.isFile() && /^(licen[cs]e|copying|notice)|\.license\.txt$/i.test(file.name))
      .map((file) => readFileSync(join(path, file.name), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...texts].join('\n\n');
  });
  return `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** Writes into the bundle which build it is: a hash of all that was built, so that the same sources are the same version. */
function tellVersion(files, unknownVersion) {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(readFileSync(file));
  const version = unknownVersion.replace('00000000', hash.digest('hex').slice(0, 8));
  writeFileSync(outfile, readFileSync(outfile, 'utf8').replaceAll(unknownVersion, version));
}

/** Leaves what the app itself asks for by `import()` out of its file, and notes it in `later`. */
function apart(later) {
  return {
    name: 'apart',
    setup(build) {
      build.onResolve({ filter: /./ }, ({ kind, importer, path, resolveDir }) => {
        if (kind !== 'dynamic-import' || importer.includes('node_modules')) return undefined;
        const name = path
          .replace(/\.ts$/, '')
          .replace(/[^a-z0-9]+/gi, '-')
          .replace(/^-/, '');
        later.set(name, path.startsWith('.') ? join(resolveDir, path) : path);
        return { path: `./${name}.mjs`, external: true };
      });
    },
  };
}

/**
 * A package with the names that Node gives what it exports. Of one that was written as CommonJS esbuild would export
 * nothing but its default: it does not guess names as Node does.
 */
const withNames = {
  name: 'with-names',
  setup(build) {
    // One after the other: Node refuses to require a package that is just being imported.
    let loading = Promise.resolve();
    build.onResolve({ filter: /^named:/ }, ({ path }) => ({ path: path.slice('named:'.length), namespace: 'named' }));
    build.onLoad({ filter: /./, namespace: 'named' }, async ({ path }) => {
      const load = loading.then(() => import(path));
      loading = load.catch(() => undefined);
      const names = Object.keys(await load).filter((name) => /^[\w$]+$/.test(name));
      return { contents: `export { ${names.join(', ')} } from '${path}';`, resolveDir: folder };
    });
  },
};

/** A file of a package as a text: `import text from 'package/file.js?raw'`. */
const asText = {
  name: 'as-text',
  setup(build) {
    build.onResolve({ filter: /\?raw$/ }, async ({ path, resolveDir, kind }) => {
      const found = await build.resolve(path.replace(/\?raw$/, ''), { resolveDir, kind });
      return found.errors.length > 0 ? { errors: found.errors } : { path: found.path, namespace: 'as-text' };
    });
    build.onLoad({ filter: /./, namespace: 'as-text' }, ({ path }) => ({
      contents: readFileSync(path, 'utf8'),
      loader: 'text',
    }));
  },
};

/** zod brings its messages in fifty languages, of which the app never names one: half of what it would load at its start. */
const withoutLocales = {
  name: 'without-locales',
  setup(build) {
    build.onResolve({ filter: /\/locales\/index\.c?js$/ }, ({ importer }) =>
      /[\\/]zod[\\/]/.test(importer) ? { path: 'locales', namespace: 'nothing' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'nothing' }, () => ({ contents: 'export {};' }));
  },
};

if (existsSync(entry))
  await bundle().catch(() => process.exit(1)); // esbuild has told its errors itself.
else if (existsSync(join(folder, 'src'))) fail(`There is nothing to build: ${entry} is missing.`);
else if (!existsSync(outfile)) {
  fail('There is nothing to build: neither src nor dist/functions.cjs is here. Start from a clone of the repository.');
}
