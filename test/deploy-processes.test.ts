import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thisMachine } from '../cli/azure/locate.ts';
import type { CommandIo, ExitCode } from '../cli/command.ts';
import { runWith } from '../cli/commands/run-deploy.ts';
import { runJob } from '../cli/commands/run-job.ts';
import type { DeployOptions } from '../cli/deploy/options.ts';
import { packageOf } from '../cli/deploy/package/package.ts';
import { createEntraApp } from '../cli/entra-app/entra-app.ts';
import { type Job, rotateRoot, rotateSecret, upgrade } from '../cli/rotate/jobs.ts';
import { AzureModel } from './support/azure/model.ts';
import { plainOptions } from './support/azure/plain-options.ts';
import { type ModelServer, serveModel } from './support/azure/server.ts';
import { modelClock } from './support/azure/world.ts';

// The command as it is composed for the real Azure, but for the address: az and func are real processes found on PATH, and
// every request goes over a socket. The package is the one that is published.

const root = join(import.meta.dirname, '..');
const clock = modelClock(Date.parse('2026-11-20T12:00:00Z'), () => undefined);
const model = new AzureModel(clock);
const home = join(mkdtempSync(join(tmpdir(), 'home-')), 'Ada & Bob');
let server: ModelServer;

beforeAll(async () => {
  server = await serveModel(model);
  model.packaged = await packageOf(root).functions();
  model.packagedVersion = await packageOf(root).version();
});
afterAll(() => server.stop());

async function broker(
  given: Partial<DeployOptions> = {},
  job?: Job,
): Promise<{ code: ExitCode; out: string[]; err: string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const environment = { PATH: server.programs, HOME: home, XDG_CONFIG_HOME: home };
  const io: CommandIo = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    environment,
    folder: root,
    signal: new AbortController().signal,
    attended: false,
    ask: async () => '',
  };
  const built = { ...packageOf(root), build: async () => undefined };
  const machine = { ...thisMachine, environment };
  const parts = { environment, entra: createEntraApp, fetch: server.fetch, clock, machine, package: built };
  const options = { ...plainOptions, ...given };
  const code = await (job === undefined ? runWith(options, io, parts) : runJob(job, options, io, parts));
  return { code, out, err };
}

const profilePath = join(home, 'nocobase-mail-broker', 'profiles.json');

describe('broker deploy, with real processes and real sockets', () => {
  it('tells in a what-if run what it would do, on standard output alone', async () => {
    const { code, out } = await broker({ whatIf: true, credential: 'secret' });
    expect(code).toBe(0);
    expect(out.length).toBeGreaterThan(15);
    expect(out.every((line) => /^(az|func|curl) /.test(line))).toBe(true);
    expect(model.writes).toEqual([]);
    expect(existsSync(profilePath)).toBe(false);
  });

  it('deploys through a connection that breaks once, and keeps the key readable by its owner only', async () => {
    model.fault = { write: 12, when: 'after', how: 'once' };
    const { code, err } = await broker({ credential: 'secret' });
    expect(err.join('\n')).toContain('The broker runs at https://mail-broker-');
    expect(code).toBe(0);
    expect(statSync(profilePath).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(profilePath)).mode & 0o777).toBe(0o700);
    expect(model.unknown).toEqual([]);
  });

  it('gives no secret to a program: in no argument, no variable and no file', () => {
    const [vault] = [...model.vaults.values()];
    const secrets = [...(vault?.secrets.values() ?? [])].flat().map(({ value }) => value);
    const [app] = [...model.apps.values()];
    secrets.push(...(app?.keys ?? []).map(({ key }) => key));
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    const given = [...model.seen, ...server.environments].join('\n');
    for (const secret of secrets) expect(given).not.toContain(secret);
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith('mail-broker-'));
    const content = left.flatMap((name) =>
      readdirSync(join(tmpdir(), name)).map((file) => {
        const path = join(tmpdir(), name, file);
        return statSync(path).isFile() ? readFileSync(path, 'latin1') : '';
      }),
    );
    for (const secret of secrets) expect(content.join('\n')).not.toContain(secret);
  });

  it('speaks JSON to programs, a line for each step, and ends with the result', async () => {
    const { code, out, err } = await broker({ json: true });
    expect(code).toBe(0);
    expect(err).toEqual([]);
    const lines = out.map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ state: 'deployed', url: expect.stringContaining('https://mail-broker-') });
    expect(lines.filter(({ state }) => state === 'did').map(({ step }) => step)).toEqual(['infrastructure', 'publish']);
  });

  it('says as JSON why it stopped, and ends with 1', async () => {
    model.behaviour.nodeVersions = ['22'];
    const { code, out } = await broker({ json: true });
    model.behaviour.nodeVersions = ['24'];
    expect(code).toBe(1);
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({
      state: 'stopped',
      code: 'runtime',
      sentence: expect.stringContaining('Node.js'),
    });
  });

  it('ends with 2 without a terminal', async () => {
    const { code, err } = await broker({ yes: false });
    expect(code).toBe(2);
    expect(err.join('\n')).toContain('--yes');
  });

  it('ends a rotation of the root key with 3 until it is safe, and then with 0', async () => {
    const job = rotateRoot({ again: true, endLinks: true });
    const early = await broker({ json: true }, job);
    expect(early.code).toBe(3);
    expect(JSON.parse(early.out.at(-1) ?? '')).toMatchObject({
      state: 'later',
      sentence: expect.stringContaining('Run this command again after'),
    });
    clock.advance(2 * 3_600_000);
    const late = await broker({}, job);
    expect(late.err.at(-1)).toContain('The root key is rotated.');
    expect(late.code).toBe(0);
  });

  it('rotates the client secret and upgrades', async () => {
    const [application] = [...model.applications.values()];
    expect(await broker({}, rotateSecret({ again: true }))).toMatchObject({ code: 0 });
    expect(application?.secrets.size).toBe(1);
    expect(await broker({}, upgrade)).toMatchObject({ code: 0 });
    expect(model.unknown).toEqual([]);
  });

  it('removes all of it', async () => {
    const { code } = await broker({ destroy: true });
    expect(code).toBe(0);
    expect(model.resources.size).toBe(0);
    expect(readFileSync(profilePath, 'utf8')).not.toContain('nmb_');
  });
});
