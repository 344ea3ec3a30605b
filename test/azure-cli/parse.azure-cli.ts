import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loginArguments } from '../../cli/azure/claims.ts';
import { locateAz } from '../../cli/azure/locate.ts';
import { createProgram } from '../../cli/azure/program.ts';
import { parametersOf } from '../support/azure/templates.ts';
import { newer, record } from './command-lines.ts';

// Debian's real Azure CLI reads every command line of the deploy. It is logged in nowhere: a right command line gets as far
// as "az login", a wrong one ends in a usage error.

const folder = mkdtempSync(join(tmpdir(), 'azure-cli-'));
const environment = { ...process.env, AZURE_CONFIG_DIR: join(folder, 'empty'), AZURE_CORE_COLLECT_TELEMETRY: 'no' };
const located = locateAz();
if (located === undefined) throw new Error('The Azure CLI is not installed: apt-get install azure-cli');
const az = createProgram(located, environment);

/** az compiles Bicep with a compiler from the network; a JSON template with the same parameters takes its place. */
function templateFor(file: string): string {
  const empty: Readonly<Record<string, unknown>> = { 'string[]': [], string: '', int: 0, bool: false, object: {} };
  const parameters = Object.fromEntries(
    [...parametersOf(file)].map(([name, { type, isRequired }]) => [
      name,
      { type: type === 'string[]' ? 'array' : type, ...(isRequired ? {} : { defaultValue: empty[type] }) },
    ]),
  );
  const $schema = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#';
  const path = join(folder, file.replace('.bicep', '.json'));
  writeFileSync(path, JSON.stringify({ $schema, contentVersion: '1.0.0.0', parameters, resources: [] }));
  return path;
}

const templates = new Map(['main.bicep', 'secret-roles.bicep', 'lock.bicep'].map((file) => [file, templateFor(file)]));
const withTemplate = (text: string): string => {
  const file = [...templates.keys()].find((name) => text.endsWith(`/${name}`));
  return file === undefined ? text : (templates.get(file) ?? text);
};

const zip = join(folder, 'package.zip');
writeFileSync(zip, '');

const needsLogin = { code: 1, stderr: expect.stringContaining("Please run 'az login'") };
const isNewer = (words: string) => newer.some(({ command }) => words.startsWith(command));

const { calls, lines } = await record();
const azLines = lines.filter((line) => line.startsWith('az '));

describe('the command lines that the deploy runs', () => {
  it('are all there', () => {
    expect(calls.length).toBeGreaterThan(20);
    expect(calls.some((call) => call.includes('@-'))).toBe(true);
  });

  const parsed = calls.filter((call) => !isNewer(call.join(' ')) && !['version', 'login'].includes(call[0] ?? ''));
  it.concurrent.each(parsed.map((call) => [call.join(' '), call] as const))('az %s', async (_title, call) => {
    const args = call.map((argument) => (argument.endsWith('package.zip') ? zip : withTemplate(argument)));
    const input = call.includes('@-') ? '{}' : '';
    expect(await az({ args, input })).toMatchObject(needsLogin);
  });

  it('read parameters from standard input', async () => {
    const call = calls.find((one) => one.includes('@-')) ?? [];
    const answer = await az({ args: call.map(withTemplate), input: '{"half' });
    expect(answer.stderr).toContain('Unable to parse parameter: {"half');
  });

  it.concurrent.each(newer.map((row) => [row.command, row] as const))(
    '%s is newer than this az',
    async (_title, { command }) => {
      expect(calls.some((call) => call.join(' ').startsWith(command))).toBe(true);
      expect(await az({ args: command.split(' ') })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('misspelled or not recognized'),
      });
    },
  );

  it('log in by arguments that az knows, but for the newest', async () => {
    // --claims-challenge came with 2.76.0 (July 2025, https://github.com/Azure/azure-cli/pull/31778).
    const help = await az({ args: ['login', '--help'] });
    for (const argument of loginArguments({ tenant: 't', scope: 's' }).filter((one) => one.startsWith('--'))) {
      expect(help.stdout).toContain(argument);
    }
    expect(help.stdout).not.toContain('--claims-challenge');
  });
});

describe('the lines that --what-if prints, in bash', () => {
  const shell = (line: string) =>
    new Promise<{ code: number; stderr: string }>((resolve) => {
      const replaced = [...templates]
        .reduce((text, [file, path]) => text.replace(`infra/${file}`, path), line)
        .replace('--src package.zip', `--src ${zip}`);
      execFile('bash', ['-c', replaced], { env: environment }, (error, _out, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr }),
      );
    });

  it('are all there', () => {
    expect(azLines.length).toBeGreaterThan(20);
  });

  it.concurrent.each(azLines.map((line) => [line]))('%s', async (line) => {
    expect(await shell(line)).toMatchObject(needsLogin);
  });
});

describe('a wrong command line', () => {
  it.each([
    ['a verb that there is not', ['group', 'make', '--name', 'x']],
    ['a flag that there is not', ['group', 'create', '--name', 'x', '--location', 'y', '--colour', 'z']],
    ['a flag that is missing', ['group', 'create', '--name', 'x']],
    ['a flag without its value', ['account', 'get-access-token', '--resource']],
  ])('ends in a usage error: %s', async (_title, args) => {
    const answer = await az({ args });
    expect(answer.code).toBe(2);
    expect(answer.stderr).not.toContain('az login');
  });
});
