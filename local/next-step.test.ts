import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinAuthorities, makeCertificates } from './certificates.ts';
import { listen } from './listen.ts';
import { nextStep } from './next-step.ts';
import { readArguments } from './services-command.ts';

describe('after npm run services', () => {
  const settings = { PUBLIC_URL: 'http://localhost:7071', NODE_EXTRA_CA_CERTS: '/x/extra-ca.pem', TENANT: 't' };
  const freePort = async () => {
    const listener = await listen(createServer(), 'a port');
    await listener.stop();
    return listener.port;
  };

  it('is func start, on the port that is free', async () => {
    const listener = await listen(createServer(), 'a port');
    expect(await nextStep(listener.port, settings, {})).toMatch(
      /^But port \d+ is taken, .* npm run services -- --port \d+$/,
    );
    await listener.stop();
    expect(await nextStep(listener.port, settings, { TENANT: 't', HOME: '/root' })).toBe('Now run: func start');
  });

  it('says how to get past variables of the shell that win over the file', async () => {
    const shell = { NODE_EXTRA_CA_CERTS: '/etc/proxy.pem', TENANT: 'another' };
    expect(await nextStep(await freePort(), settings, shell)).toBe(
      'NODE_EXTRA_CA_CERTS and TENANT in this shell would win over that file. Now run: env -u NODE_EXTRA_CA_CERTS -u TENANT func start',
    );
  });
});

describe('certificates of somebody else', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ca-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are trusted beside ours, from one file', async () => {
    const ours = await makeCertificates(folder);
    const { ca: theirs } = await makeCertificates(join(folder, 'other'));
    writeFileSync(join(folder, 'proxy.pem'), theirs);
    expect(await joinAuthorities(ours, [])).toBe(ours.caPath);
    const joined = await joinAuthorities(ours, [join(folder, 'proxy.pem'), join(folder, 'proxy.pem')]);
    expect(readFileSync(joined, 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    await expect(joinAuthorities(ours, ['/nowhere.pem'])).rejects.toThrow(
      'NODE_EXTRA_CA_CERTS names /nowhere.pem, which cannot be read.',
    );
  });
});

it.each([
  [['foo'], '"foo" is not understood; it takes --imap'],
  [['--prot', '7072'], '--prot is not an option'],
  [['--port', '0'], '--port takes a number from 1 to 65535.'],
])('npm run services refuses %j in one sentence', (argv, sentence) => {
  expect(() => readArguments(argv, {})).toThrow(sentence);
});
