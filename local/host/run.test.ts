import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf } from '../../test/support/bundle.ts';
import { startHostProcess } from '../../test/support/host-process.ts';
import { type Azurite, startAzurite } from '../azure/azurite.ts';

let azurite: Azurite;
let bundle: string;

beforeAll(async () => {
  [azurite, bundle] = await Promise.all([
    startAzurite(),
    bundleOf(`${import.meta.dirname}/../../test/support/host-app.ts`),
  ]);
});
afterAll(() => azurite?.stop());

const settings = () => ({ AzureWebJobsStorage: azurite.connectionString, WORK_QUEUE: 'work', GREETING: 'from a file' });

describe('the host as a process', () => {
  it('tells where it listens, serves, and ends cleanly when asked', async () => {
    const host = await startHostProcess({ settings: settings(), bundle });
    expect(host.functions).toContain('settings');
    expect(await (await fetch(`${host.url}/api/settings`)).text()).toBe('from a file');
    expect(await host.stop()).toBe(0);
    await expect(fetch(`${host.url}/api/settings`)).rejects.toThrow();
  });

  it('starts again on the same port after it was killed', async () => {
    const first = await startHostProcess({ settings: settings(), bundle });
    await first.kill();
    const second = await startHostProcess({ settings: settings(), bundle, port: first.port });
    expect(second.port).toBe(first.port);
    await second.kill();
  });

  it('says in one sentence why it cannot start', async () => {
    const host = await startHostProcess({ settings: settings(), bundle });
    const taken = startHostProcess({ settings: settings(), bundle, port: host.port });
    await expect(taken).rejects.toThrow(
      `Port ${host.port} is taken by another program. Stop that program, or choose another port with --port.`,
    );
    await host.kill();
    await expect(startHostProcess({ settings: {}, bundle: '/nowhere/functions.cjs' })).rejects.toThrow('npm run build');
  });

  it.each([
    [
      'a file of settings that is not there',
      ['--settings', '/nowhere.json'],
      /^\/nowhere\.json cannot be read \(ENOENT\): [^\n]+\n$/,
    ],
    ['a file that is no JSON', ['--settings', import.meta.filename], /cannot be read: it has to be JSON [^\n]+\n$/],
    [
      'a port that is none',
      ['--settings', '/nowhere.json', '--port', 'x'],
      /^--port takes a number from 0 to 65535\.\n$/,
    ],
    ['no file at all', [], /^Name the file of the settings: --settings FILE\n$/],
  ])('says in one sentence that it was given %s', (_what, args, sentence) => {
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'run.ts'), ...args], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([1, expect.stringMatching(sentence)]);
  });
});
