import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadApp } from '../local/host/core.ts';
import { settingNames } from '../src/lib/config.ts';
import { bundleOf } from './support/bundle.ts';
import { packedFiles, parseFuncignore } from './support/funcignore.ts';
import { type HostProcess, startHostProcess } from './support/host-process.ts';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);
const read = (path: string) => readFileSync(join(root, path), 'utf8');

// Both generations of Core Tools.
const generations = [{ wordBoundary: true }, { wordBoundary: false }];
// build.mjs is among them because a remote build runs package.json's scripts, which call it; there it does nothing.
const published = ['build.mjs', 'dist/functions.cjs', 'dist/licenses.txt', 'host.json', 'package.json'];
/** What the app loads at first use, and what several of these files share. */
const later = () => readdirSync(join(root, 'dist')).flatMap((name) => (name.endsWith('.mjs') ? [`dist/${name}`] : []));
const all = () => [...published, ...later()].toSorted();

/** A folder with nothing around it that holds just what is published. */
function unpack(): string {
  const folder = mkdtempSync(join(tmpdir(), 'published-'));
  for (const path of all()) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    cpSync(join(root, path), join(folder, path));
  }
  return folder;
}

beforeAll(() => {
  execFileSync(process.execPath, ['build.mjs'], { cwd: root, stdio: 'pipe' });
});

describe('the rules of .funcignore', () => {
  const accepts = (text: string, path: string) => parseFuncignore(text, { wordBoundary: true }).accepts(path);

  it.each([
    ['local', 'local.settings.json', false],
    ['local', 'local/start.ts', false],
    ['local', 'localities.txt', true],
    ['*.map', 'functions.cjs.map', false],
    ['*.map', 'dist/functions.cjs.map', true],
    ['dist/*.map', 'dist/functions.cjs.map', false],
    ['src', 'lib/src/index.ts', true],
    ['/src', 'src/index.ts', false],
    ['**/x.ts', 'a/b/x.ts', false],
    ['# src', 'src/index.ts', true],
    ['a\n!a/b', 'a/b', true],
    ['a.b', 'axb', true],
  ])('%j, tried on %s, lets it through: %s', (text, path, expected) => {
    expect(accepts(text, path)).toBe(expected);
  });

  it('took any prefix in older Core Tools', () => {
    expect(parseFuncignore('src', { wordBoundary: false }).accepts('srcfile')).toBe(false);
  });
});

describe.each(generations)('what is published (Core Tools with wordBoundary: $wordBoundary)', (generation) => {
  const funcignore = parseFuncignore(read('.funcignore'), generation);

  it('is the bundle and what it loads, host.json, package.json and the script of a remote build', () => {
    // Walking node_modules takes long and tells nothing new: one of its files stands for all, below.
    expect(packedFiles(root, funcignore, ['node_modules'])).toEqual(all());
    expect(funcignore.accepts('node_modules/zod/index.js')).toBe(false);
  });

  it.each([
    'local.settings.json.example',
    'local.settings.json.bak',
    '.env',
    '.env.production',
    '.local/stack.json',
    '.local/ca.pem',
    'client.pfx',
    'server.key',
    'npm-debug.log',
    'app.zip',
    'coverage/index.html',
    '__azurite_db_table__.json',
    'dist/functions.cjs.map',
    'package-lock.json',
    'vitest.config.ts',
  ])('is not %s', (path) => {
    expect(funcignore.accepts(path)).toBe(false);
  });

  it('takes no file of a repository of ours that is not named above', () => {
    const tracked = readdirSync(root).filter((name) => !['node_modules', '.git'].includes(name));
    for (const name of tracked) {
      if (published.some((path) => path.split('/')[0] === name)) continue;
      const isNever = ['.funcignore', '.gitignore', 'local.settings.json', '.vscode'].includes(name);
      expect(isNever || !funcignore.accepts(name), name).toBe(true);
    }
  });
});

describe('the published package', () => {
  // The page for people brings 1.9 MB, 0.5 MB packed; no start reads it.
  it('is small: under 10 MB, and under 2.5 MB packed', () => {
    const bytes = all().map((path) => readFileSync(join(root, path)));
    expect(bytes.reduce((sum, file) => sum + file.length, 0)).toBeLessThan(10_000_000);
    expect(bytes.reduce((sum, file) => sum + gzipSync(file).length, 0)).toBeLessThan(2_500_000);
  });

  it('brings the licences of all packages that it was built from, and their notices', () => {
    const text = read('dist/licenses.txt');
    const maps = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.map'));
    const sources = maps.flatMap((map): string[] => JSON.parse(read(join('dist', map))).sources);
    const found = sources.flatMap((path) => /^\.\.\/(.*node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
    expect(new Set(found).size).toBeGreaterThan(50);
    const parts = text.split(`\n\n${'-'.repeat(80)}\n\n`);
    const partsOf = (name: string) => parts.filter((part) => part.startsWith(`${name} `)).join();
    for (const folder of new Set([...found, 'node_modules/swagger-ui-dist'])) {
      const name = folder.split('node_modules/').at(-1) ?? '';
      expect(partsOf(name), name).toMatch(/^\S+ \d+\.\d+\.\S+ \((?!undefined)/);
      // A few packages come without the text of the licence that they name.
      const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each));
      if (file !== undefined && statSync(join(root, folder, file)).isFile()) {
        expect(partsOf(name), name).toContain(read(join(folder, file)).trim());
      }
    }
    expect(partsOf('swagger-ui-dist')).toContain('Apache License');
    expect(partsOf('swagger-ui-dist'), 'the NOTICE beside it').toContain('SmartBear');
  });

  it('has what is loaded at first use in files of its own, and a start reads none of them', () => {
    const names = ['azure-data-tables', 'azure-identity', 'azure-keyvault-secrets', 'azure-msal-node', 'imapflow'];
    const ofMail = ['encoding-japanese', 'html-to-text', 'htmlparser2', 'iconv-lite', 'postal-mime', 'sanitize-html'];
    for (const name of [...names, ...ofMail, 'agent', 'docs-files']) {
      expect(later()).toContain(`dist/${name}.mjs`);
    }
    expect(read('dist/functions.cjs')).not.toMatch(/require\("\.\//);
    // What is parsed at every cold start: 102 ms for 1.29 MB, 92 ms for 1.19 MB (Node 24, two cores). Bounces, copies and
    // bells made it 1.40 MB, originals, folders that nobody watches, threads and drafts 1.45 MB, what the doctor says of
    // outgoing mail 1.46 MB, drafts and invitations in the mailbox 1.51 MB,
    // renewing subscriptions in batches and careful expunging 1.53 MB.
    expect(statSync(join(root, 'dist/functions.cjs')).size).toBeLessThan(1_540_000);
  });

  it('loads in a bare folder without settings, and registers every function', async () => {
    const folder = unpack();
    const main: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(main).toMatchObject({ main: 'dist/functions.cjs' });
    const app = await loadApp(join(folder, 'dist/functions.cjs'), () => undefined);
    const sources = readdirSync(join(root, 'src/functions'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.ts$/.test(name) && !/(\.test|^index)\.ts$/.test(name),
    );
    const registered = sources.flatMap((name) =>
      [...read(`src/functions/${name}`).matchAll(/app\.(?:http|timer|storageQueue)\(\s*'([^']+)'/g)].map(
        (match) => match[1],
      ),
    );
    expect(registered.length).toBeGreaterThan(0);
    expect([...app.functions.keys()].sort()).toEqual(registered.sort());
  });

  it('answers 503 where nothing is set, and names no setting to the public', async () => {
    const host = await startHostProcess({
      settings: { AzureWebJobsStorage: 'UseDevelopmentStorage=true' },
      bundle: join(unpack(), 'dist/functions.cjs'),
    });
    const health = await fetch(`${host.url}/api/health`);
    const text = await health.text();
    expect(health.status).toBe(503);
    for (const name of settingNames()) expect(text).not.toContain(name);
    expect((await fetch(`${host.url}/api/mailboxes`)).status).toBe(503);
    expect(await host.stop()).toBe(0);
  });

  it('asks for no module beyond Node itself and the one that the worker provides', () => {
    const bundles = ['dist/functions.cjs', ...later()].map(read);
    const asked = bundles.flatMap((text) =>
      [
        ...text.matchAll(/[^.\w]require\("([^"]+)"\)/g),
        ...text.matchAll(/(?:^|[\n;])(?:import|export)(?:[\w$*{},\s]+from)?"([^."][^"]*)"/g),
      ].map((match) => match[1] ?? ''),
    );
    const { builtinModules } = process.getBuiltinModule('node:module');
    const foreign = asked.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
    expect([...new Set(foreign)]).toEqual(['@azure/functions-core']);
  });

  it('brings no client of its own API', () => {
    const inTheClient = 'Deeply-nested arrays/objects';
    expect(read('node_modules/openapi-fetch/dist/index.mjs')).toContain(inTheClient);
    for (const path of ['dist/functions.cjs', ...later()]) expect(read(path), path).not.toContain(inTheClient);
  });

  it('goes through a remote build unchanged', async () => {
    const folder = unpack();
    const before = statSync(join(folder, 'dist/functions.cjs'));
    // npm install would run prepare as well; both are the same script.
    await run('npm', ['run', 'build'], { cwd: folder });
    await run('npm', ['run', 'prepare'], { cwd: folder });
    expect(statSync(join(folder, 'dist/functions.cjs')).mtimeMs).toBe(before.mtimeMs);
    expect(readdirSync(folder).sort()).toEqual(['build.mjs', 'dist', 'host.json', 'package.json']);
  });
});

describe('build.mjs', () => {
  it('says what is missing where there is neither a source nor a bundle', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'empty-'));
    cpSync(join(root, 'build.mjs'), join(folder, 'build.mjs'));
    const failure = await run(process.execPath, ['build.mjs'], { cwd: folder }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining('neither src nor dist/functions.cjs') });
  });

  it('says so where esbuild is not installed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-esbuild-'));
    cpSync(join(root, 'build.mjs'), join(folder, 'build.mjs'));
    mkdirSync(join(folder, 'src/functions'), { recursive: true });
    writeFileSync(join(folder, 'src/functions/index.ts'), '');
    const failure = await run(process.execPath, ['build.mjs'], { cwd: folder }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining('esbuild is not installed') });
  });
});

describe('packages that are loaded at first use', () => {
  let host: HostProcess;
  beforeAll(async () => {
    const bundle = await bundleOf(join(import.meta.dirname, 'support/every-package.ts'));
    // No node_modules anywhere above the bundle.
    expect(existsSync(join(dirname(dirname(bundle)), 'node_modules'))).toBe(false);
    host = await startHostProcess({ settings: {}, bundle });
  });
  afterAll(() => host?.kill());

  it('work from the bundle alone', async () => {
    const answer = await fetch(`${host.url}/api/every-package`);
    expect(host.lines.join('\n')).not.toContain('threw');
    expect(await answer.json()).toEqual({
      msal: true,
      identity: expect.stringMatching(/Credential\w*Error|AuthenticationRequiredError/),
      vault: expect.stringMatching(/ECONNREFUSED|RestError/),
      tables: 'table',
      imapflow: 'ECONNREFUSED',
      postalMime: '日本',
      iconvLite: 'üß日',
      encodingJapanese: '日',
      busboy: 'field',
      htmlToText: 'ONE\n\n * two',
      htmlparser2: 1,
      sanitizeHtml: '<b>bold</b>',
      undici: 'ECONNREFUSED',
      nodemailer: 'ESOCKET',
      standardwebhooks: 'v1,',
      ipaddr: 'loopback',
      zod: false,
    });
  });
});
