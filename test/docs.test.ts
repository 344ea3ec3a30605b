import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootstrapKeyId, parseApiKey } from '../src/lib/access/api-key.ts';
import { settingNames } from '../src/lib/config.ts';
import { eventTypes } from '../src/lib/domain/events/event-types.ts';
import { scopes } from '../src/lib/domain/scope.ts';
import { type ErrorCode, errorTable, isErrorCode } from '../src/lib/error-codes.ts';
import { expiringEvent } from '../src/lib/housekeeping/secret-expiry-chore.ts';
import { newConnectLink } from '../src/lib/http/requests/connect-links.ts';
import { replayRequest } from '../src/lib/http/requests/deliveries.ts';
import { destinationPatch, newDestination } from '../src/lib/http/requests/destinations.ts';
import { newKey } from '../src/lib/http/requests/keys.ts';
import { mailboxPatch, newMailbox, tokenRequest } from '../src/lib/http/requests/mailboxes.ts';
import { newAdminConsentLink } from '../src/lib/http/requests/tenant-consent-links.ts';
import { en } from '../src/lib/pages/texts-en.ts';
import { zh } from '../src/lib/pages/texts-zh.ts';
import { mailboxStates } from '../src/lib/store/rows/rows.ts';
import { createRootKeys } from '../src/lib/vault/root-keys.ts';
import { errorPage } from './support/error-page.ts';
import { memoryVault } from './support/http.ts';
import { anchorOf, blocksOf, firstColumn, projectRoot, readPage } from './support/page.ts';

const paths = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(projectRoot, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];
const pages = paths.map(readPage);
const pageOf = (path: string) => {
  const found = pages.find((page) => page.path === path);
  if (found === undefined) throw new Error(`There is no ${path}.`);
  return found;
};

/** Every .ts file of src, as one text. */
const sourceFiles = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
);
const source = sourceFiles.map((name) => readFileSync(join(projectRoot, 'src', name), 'utf8')).join('\n');

const packageScripts: Record<string, string> = JSON.parse(
  readFileSync(join(projectRoot, 'package.json'), 'utf8'),
).scripts;

describe.each(pages.map((page) => [page.path, page] as const))('%s', (path, page) => {
  it('links to what is there', () => {
    for (const link of page.links.filter((each) => !/^(https?|mailto):/.test(each))) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : relative(projectRoot, join(projectRoot, dirname(path), file));
      expect(existsSync(join(projectRoot, target)), `${path} links to ${target}`).toBe(true);
      if (anchor === undefined) continue;
      const anchors = readPage(target).sections.map(({ heading }) => anchorOf(heading));
      expect(anchors, `${path} links to a heading of ${target}`).toContain(anchor);
    }
  });

  it('names npm scripts that exist', () => {
    const named = [...page.text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)].map(
      ([, script, short]) => script ?? short,
    );
    for (const name of named) expect(Object.keys(packageScripts), path).toContain(name);
  });

  it('names events that exist', () => {
    const named = page.terms.filter((term) => /^(message|mailbox|folder|secret)\.[a-z_]+$/.test(term));
    // `mailbox.change` and the like are words of the audit and of the log.
    const others = /'([a-z_-]+\.[a-z_-]+)'/g;
    const known = new Set([...eventTypes, ...[...source.matchAll(others)].map((match) => match[1] ?? '')]);
    for (const term of named) expect(known, path).toContain(term);
  });

  it('names settings that exist', () => {
    const named = page.terms
      .map((term) => term.split('=')[0] ?? '')
      .filter((term) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(term));
    // Of the platform, of NocoBase, of Node, and what a page has its reader set in a shell.
    const ours = [
      ...settingNames(),
      'WEBSITE_SITE_NAME',
      'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
      'FUNCTIONS_WORKER_RUNTIME',
    ];
    const others = [
      'APP_KEY',
      'REQUEST_BODY_LIMIT',
      'SERVER_REQUEST_WHITELIST',
      'NODE_EXTRA_CA_CERTS',
      'BROKER_URL',
      'BROKER_KEY',
      'APPLICATIONINSIGHTS_CONNECTION_STRING',
      'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
      // https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      'OTEL_SERVICE_NAME',
      'OTEL_RESOURCE_ATTRIBUTES',
      'OTEL_TRACES_SAMPLER',
      'OTEL_TRACES_SAMPLER_ARG',
      'OTEL_BSP_SCHEDULE_DELAY',
      'OTEL_SDK_DISABLED',
    ];
    const shell = [...page.text.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1] ?? '');
    for (const name of named) expect([...ours, ...others, ...shell], path).toContain(name);
  });

  it('tells nothing of the machine that it was written on', () => {
    expect(page.text).not.toMatch(/\/(home|root|Users|work|tmp|var)\//);
    expect(page.text).not.toMatch(/nmb_[0-9A-Za-z]{12}_|eyJ[\w-]{10}/);
  });
});

describe('docs/error-codes.md', () => {
  it('is the table of the code', async () => {
    await expect(errorPage()).toMatchFileSnapshot('../docs/error-codes.md');
  });

  it('leaves no code out', () => {
    const shown = pageOf('docs/error-codes.md').sections.flatMap(({ text }) => firstColumn(text).flat());
    expect([...shown].sort()).toEqual(Object.keys(errorTable).sort());
  });
});

describe('docs/builder.md', () => {
  const page = pageOf('docs/builder.md');

  it('gives every code with the status that it has', () => {
    const rows = [...page.prose.matchAll(/^\| (\d{3}) \| (`[^|]+) \|/gm)].flatMap(([, status, codes]) =>
      [...(codes ?? '').matchAll(/`(\w+)`/g)].map(([, code]) => ({ status: Number(status), code: code ?? '' })),
    );
    expect(rows.length).toBeGreaterThan(15);
    for (const { status, code } of rows) {
      expect(isErrorCode(code), code).toBe(true);
      expect(errorTable[code as ErrorCode].status, code).toBe(status);
    }
  });

  it('explains every field of a request', () => {
    const schemas = [
      newKey,
      newConnectLink,
      newAdminConsentLink,
      newMailbox,
      mailboxPatch,
      tokenRequest,
      destinationPatch,
      replayRequest,
    ];
    for (const schema of [...schemas, ...newDestination.options]) {
      for (const field of Object.keys(schema.shape)) {
        const isNamed = page.terms.includes(field) || new RegExp(`"?${field}\\\\?"?:`).test(page.text);
        expect(isNamed, field).toBe(true);
      }
    }
  });

  it('explains every scope and every state', () => {
    const columns = page.sections.flatMap(({ text }) => firstColumn(text).flat());
    for (const name of [...scopes, ...mailboxStates]) expect(columns, name).toContain(name);
  });

  it('shows a problem as one is answered', () => {
    const shown = JSON.parse(blocksOf(page, 'json').at(-1) ?? '');
    const { status, sentence, remedy, who } = errorTable.invalid_request;
    expect(shown).toMatchObject({ title: sentence, status, code: 'invalid_request', remedy, who });
  });
});

describe('docs/events.md', () => {
  const page = pageOf('docs/events.md');
  const heads = page.sections
    .map(({ heading }) => /^`([a-z]+\.[a-z_]+)`$/.exec(heading)?.[1])
    .filter((type) => type !== undefined);

  it('has a section for every type, and for no other', () => {
    expect([...heads].sort()).toEqual([...eventTypes].sort());
  });

  it('says of a type that it is not sent yet exactly where nothing sends it', () => {
    for (const type of eventTypes) {
      const text = page.sections.find(({ heading }) => heading === `\`${type}\``)?.text ?? '';
      const senders = sourceFiles.filter((name) => !/domain\/event|nocobase-record/.test(name));
      const isSent = senders.some((name) => readFileSync(join(projectRoot, 'src', name), 'utf8').includes(`'${type}'`));
      expect(text.includes('not sent yet'), type).toBe(!isSent);
    }
  });

  it('names every field of message.received', () => {
    const golden = JSON.parse(
      readFileSync(join(projectRoot, 'src/lib/delivery/events/message-received.golden'), 'utf8'),
    );
    const section = page.sections.find(({ heading }) => heading === '`message.received`');
    const fields = [...firstColumn(section?.text ?? '').flat(), 'mailbox'];
    expect([...fields].sort()).toEqual(Object.keys(golden.data).sort());
  });

  it('names every field of secret.expiring', () => {
    const secret = { name: 'client-secret', version: 'v', expiresOn: new Date(0) };
    const section = page.sections.find(({ heading }) => heading === '`secret.expiring`');
    const fields = firstColumn(section?.text ?? '').flat();
    expect([...fields].sort()).toEqual(Object.keys(expiringEvent(secret, 7, 0).data).sort());
  });
});

describe('docs/admin.md', () => {
  const page = pageOf('docs/admin.md');

  it('explains every setting', () => {
    const columns = page.sections.flatMap(({ text }) => firstColumn(text).flat());
    for (const name of settingNames()) expect(columns, name).toContain(name);
  });

  it('names lines of the log that are written', () => {
    const logged = page.sections.find(({ heading }) => heading === 'Log lines')?.text ?? '';
    const names = firstColumn(logged).flat();
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(source.includes(`'${name}'`), name).toBe(true);
  });

  it('names codes that exist', () => {
    const symptoms = page.sections.find(({ heading }) => heading === 'What to do when')?.text ?? '';
    const codes = [...symptoms.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map((match) => match[1] ?? '');
    for (const code of codes) expect(isErrorCode(code) || source.includes(`'${code}'`), code).toBe(true);
  });
});

describe.each([
  ['docs/admin.zh.md', 'docs/admin.md'],
  ['docs/backup.zh.md', 'docs/backup.md'],
])('%s', (path, twin) => {
  const [english, chinese] = [pageOf(twin), pageOf(path)];

  it('has the sections of its English twin, in their order', () => {
    expect(chinese.sections.map(({ depth }) => depth)).toEqual(english.sections.map(({ depth }) => depth));
    for (const { heading } of chinese.sections) expect(heading).toMatch(/\p{Script=Han}/u);
  });

  it('has the settings of its English twin, with the same values', () => {
    const rows = (page: typeof english) =>
      [...page.text.matchAll(/^\| (`[A-Z][A-Z_]+`[^|]*) \| ([^|]+) \|/gm)].map(([, name = '', value = '']) =>
        [...`${name} ${value}`.matchAll(/`([^`]+)`/g)].map(([, term]) => term),
      );
    expect(rows(chinese)).toEqual(rows(english));
  });

  it('gives no command that its twin does not give', () => {
    const commands = (page: typeof english) => ['sh', 'powershell'].flatMap((info) => blocksOf(page, info));
    expect(commands(chinese).length).toBeGreaterThan(1);
    for (const command of commands(chinese)) expect(commands(english)).toContain(command);
  });
});

describe('the commands that fill the vault', () => {
  const commands = blocksOf(pageOf('docs/by-hand.md'), 'sh').join('\n');
  /** What stands before the pipe into Key Vault, by the name of the secret. */
  const made = (secret: string): string => {
    const stored = commands
      .split('\n\n')
      .find((each) => each.includes(`az keyvault secret set`) && each.includes(`--name ${secret} `));
    const [before = ''] = (stored ?? '').split('| az keyvault secret set');
    return execFileSync('bash', ['-o', 'pipefail', '-ec', before.replace(/\\\s*$/, '')], {
      cwd: projectRoot,
      encoding: 'utf8',
    });
  };

  it('make a root that the broker takes', async () => {
    const [one, other] = [made('broker-root'), made('broker-root')];
    expect(one).not.toBe(other);
    const version = 'a'.repeat(32);
    const keys = createRootKeys(memoryVault({ 'broker-root': [{ version, value: one }] }));
    await expect(keys.current('ticket')).resolves.toMatchObject({ kid: version });
  });

  it('make a first key that the broker takes', () => {
    expect(parseApiKey(made('bootstrap-admin-key').trim())?.id).toBe(bootstrapKeyId);
  });
});

describe('the glossary of docs/architecture.md', () => {
  it('explains words that the code uses', () => {
    const squeezed = (text: string) => text.toLowerCase().replace(/[\s*/-]/g, '');
    const code = squeezed(source);
    const rows = pageOf('docs/architecture.md').sections.find(({ heading }) => heading === 'Glossary')?.text ?? '';
    const words = [...rows.matchAll(/^\| ([a-z][^|]*) \|/gim)].flatMap(([, cell = '']) => cell.split(', '));
    expect(words.length).toBeGreaterThan(25);
    for (const word of words.filter((one) => one !== 'Word')) expect(code.includes(squeezed(word)), word).toBe(true);
  });
});

describe('docs/mailbox-owner.md', () => {
  const { text } = pageOf('docs/mailbox-owner.md');
  const met = [
    'declined',
    'wrongAccount',
    'taken',
    'needsAdmin',
    'linkInvalid',
    'linkExpired',
    'linkSpent',
    'startAgain',
    'openAgain',
    'notConnected',
    'ourFault',
  ] as const;

  it.each([
    ['English', en],
    ['Chinese', zh],
  ])('says what to do with every page that one may meet, in %s', (_name, texts) => {
    for (const name of met) expect(text, name).toContain(texts[name].title);
    expect(text).toContain(texts.connected.title);
    expect(text).toContain(texts.connect.button);
  });
});

describe('docs/architecture.md', () => {
  const page = pageOf('docs/architecture.md');
  const tops = ['src/functions', 'src/lib', 'cli', 'client', 'local', 'bench'];

  it('describes every folder with source files in one row, and no folder that does not exist', () => {
    const folders = tops.flatMap((top) =>
      readdirSync(join(projectRoot, top), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
        .map((name) => dirname(join(top, name))),
    );
    const rooms = page.sections.find(({ heading }) => heading === 'The rooms')?.text ?? '';
    const described = firstColumn(rooms).flat();
    const expected = new Set([
      ...folders.filter((folder) => folder !== 'src/lib'),
      'src/lib/sync',
      'src/lib/mailbox',
      'src/lib/store',
    ]);
    expect([...described].sort()).toEqual([...expected].sort());
  });

  it('names only files that exist', () => {
    const files = page.terms.filter((term) => /^(src|cli|local|bench|test)\/.*\.\w+$/.test(term));
    expect(files.length).toBeGreaterThan(30);
    for (const file of files) expect(existsSync(join(projectRoot, file)), file).toBe(true);
  });
});

describe('the front doors', () => {
  it('are all named by a page', () => {
    const doors = sourceFiles
      .filter((name) => name.startsWith('functions/'))
      .map((name) => readFileSync(join(projectRoot, 'src', name), 'utf8'))
      .join('\n');
    const routes = [...doors.matchAll(/route: '([^']+)'/g)]
      .map((match) => match[1] ?? '')
      .filter((route) => !route.startsWith('{*'));
    expect(routes.length).toBeGreaterThan(10);
    const told = pageOf('docs/architecture.md').text;
    for (const route of routes) expect(told, route).toContain(`\`${route}\``);
  });
});
