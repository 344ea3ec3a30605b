import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf } from '../../test/support/bundle.ts';
import { startHostProcess } from '../../test/support/host-process.ts';
import { type Azurite, startAzurite } from '../azurite.ts';

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
});
