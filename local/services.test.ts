import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBroker } from '../src/lib/broker.ts';
import { readConfig } from '../src/lib/config.ts';
import { describeNeeding } from '../test/support/requirements.ts';
import { listen } from './listen.ts';
import { startServices, writeStack } from './services.ts';
import { plan } from './stand-ins.ts';
import type { Services } from './world.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'services-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  { imap: 'embedded' as const, needs: [] },
  { imap: 'dovecot' as const, needs: ['dovecot' as const] },
])('the services with $imap IMAP', ({ imap, needs }) => {
  describeNeeding(needs, 'started', () => {
    let services: Services;
    const environment: Record<string, string | undefined> = {};

    beforeAll(async () => {
      services = await startServices({ imap, stateDir: join(folder, imap), brokerPort: 7391 });
      for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER']) {
        environment[name] = process.env[name];
        process.env[name] = services.settings[name];
      }
    });
    afterAll(async () => {
      for (const [name, value] of Object.entries(environment)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await services.stop();
    });

    const inbox = async (address: string): Promise<number> => {
      const { entra } = services.standIns;
      const client = new ImapFlow({
        ...services.stack.imap,
        auth: { user: address, accessToken: (await entra?.mint(address)) ?? '' },
        logger: false,
      });
      await client.connect();
      const status = await client.status('INBOX', { messages: true });
      await client.logout();
      return status === false ? 0 : (status.messages ?? 0);
    };

    it('give settings that hold, and a key and a destination of the product itself', async () => {
      const { settings, stack, standIns, destinationId } = services;
      const { apiKeys, destinations } = createBroker(readConfig(settings), { ...process.env, ...settings });
      const keys = await apiKeys.list();
      expect(keys).toMatchObject([
        { status: 'active', scopes: ['connect', 'read', 'write', 'send', 'token', 'admin'] },
      ]);
      expect(stack.adminKey).toContain(keys[0]?.id);
      const test = await destinations.test(destinationId, AbortSignal.timeout(10_000));
      expect(test).toMatchObject({ accepted: true });
      expect(standIns.nocobase.events().at(-1)).toMatchObject({ status: 200, verified: true });
    });

    it('give settings by which nothing is asked that is not on this machine', () => {
      const { entra, keyVaultUrl, imap: server, tables } = readConfig(services.settings);
      const asked = [entra.authorityHost, entra.graphUrl, keyVaultUrl, services.settings.IDENTITY_ENDPOINT];
      expect(asked.map((address) => new URL(address ?? '').hostname)).toEqual([
        'localhost',
        'localhost',
        'localhost',
        '127.0.0.1',
      ]);
      expect(server.host).toBe('localhost');
      expect('connectionString' in tables && tables.connectionString).toContain('TableEndpoint=http://127.0.0.1:');
    });

    it('have mail in every mailbox, and take more over SMTP', async () => {
      const { smtp } = services.stack;
      const [ada = ''] = services.stack.users;
      for (const address of services.stack.users) expect(await inbox(address)).toBe(6);
      const transport = createTransport({ ...smtp, requireTLS: true });
      await transport.sendMail({ from: 'x@elsewhere.example', to: ada, subject: 'One more', text: 'x' });
      expect(await inbox(ada)).toBe(7);
    });

    it('write the stack for its owner alone', async () => {
      const stateDir = join(folder, imap);
      await writeStack(services.stack, stateDir);
      const path = join(stateDir, 'stack.json');
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(services.stack);
      expect((await stat(path)).mode & 0o077).toBe(0);
    });
  });
});

describe('what a person sets', () => {
  it.each([
    ['nothing', {}, { entra: true, vault: true, imap: true, tables: true }],
    ['an empty value', { KEY_VAULT_URL: '' }, { vault: true }],
    ['a vault', { KEY_VAULT_URL: 'https://x.vault.azure.net' }, { vault: false, identity: false, entra: true }],
    ['an app registration', { CLIENT_ID: crypto.randomUUID() }, { entra: false, imap: false, vault: true }],
    ['a mail server', { IMAP_HOST: 'imap.lan' }, { entra: true, imap: false }],
    ['a table', { TABLES_CONNECTION_STRING: 'x' }, { tables: false, storage: true }],
    ['all storage', { TABLES_CONNECTION_STRING: 'x', AzureWebJobsStorage: 'y' }, { storage: false }],
  ])('replaces the stand-in: %s', (_, given, expected) => {
    expect(plan({ given })).toMatchObject(expected);
  });

  it('is refused where one account would have to open both a real and a stand-in resource', async () => {
    const given = { TABLES_URL: 'https://x.table.core.windows.net' };
    await expect(startServices({ given, stateDir: folder })).rejects.toThrow('set both or neither');
  });
});

it('names a port that is taken, and leaves nothing running', async () => {
  const taken = await listen(createServer(), 'a test');
  const free = await listen(createServer(), 'a test');
  await free.stop();
  const ports = { nocobase: free.port, vault: taken.port };
  await expect(startServices({ ports, stateDir: folder })).rejects.toThrow(
    `Port ${taken.port} for the Key Vault stand-in is taken by another program: stop that program or give another port.`,
  );
  await (await listen(createServer(), 'the same port again', free.port)).stop();
  await taken.stop();
});

describe('npm run services', () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** The command in a root of its own, so that the repository's local.settings.json stays out of it. */
  function run(root: string): { child: ChildProcess; ready: Promise<{ stack: { nocobase: string }; said: string }> } {
    const module = join(import.meta.dirname, 'services-command.ts');
    const code = `import(${JSON.stringify(module)}).then((it) => it.runServices([], ${JSON.stringify(root)}))`;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const ready = new Promise<{ stack: { nocobase: string }; said: string }>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const line = /^READY (.*)\n/m.exec(said)?.[1];
        if (line !== undefined) resolve({ stack: JSON.parse(line), said });
      });
      child.once('exit', (code) => reject(new Error(`The command ended with ${code}. It said: ${said}`)));
    });
    return { child, ready };
  }

  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = await exit;
    return code;
  };

  it('writes local.settings.json, keeps its ports at the next run, and ends clean on either signal', async () => {
    const root = await mkdtemp(join(folder, 'root-'));
    const path = join(root, 'local.settings.json');
    const first = run(root);
    const { stack } = await first.ready;
    const file = JSON.parse(await readFile(path, 'utf8'));
    expect(file).toMatchObject({
      IsEncrypted: false,
      Values: { FUNCTIONS_WORKER_RUNTIME: 'node', POLL_INTERVAL: '5' },
    });
    expect(() => readConfig(file.Values)).not.toThrow();
    expect((await stat(path)).mode & 0o077).toBe(0);
    expect(JSON.parse(await readFile(join(root, '.local/stack.json'), 'utf8'))).toEqual(stack);
    expect(await end(first.child, 'SIGTERM')).toBe(0);
    // The emulator is a process of its own: its port is free again only if it is gone.
    await (await listen(createServer(), 'the table port again', file._ports.table)).stop();

    const second = run(root);
    expect((await second.ready).stack.nocobase).toBe(stack.nocobase);
    expect(await end(second.child, 'SIGINT')).toBe(0);
  }, 120_000);

  it("leaves a person's own local.settings.json as it is", async () => {
    const root = await mkdtemp(join(folder, 'root-'));
    const path = join(root, 'local.settings.json');
    const own = '{"Values": {"POLL_INTERVAL": "7"}}';
    await writeFile(path, own);
    const { child, ready } = run(root);
    expect((await ready).said).toContain('is your own and stays as it is');
    expect(await readFile(path, 'utf8')).toBe(own);
    const beside = JSON.parse(await readFile(join(root, '.local/local.settings.json'), 'utf8'));
    expect(beside.Values.POLL_INTERVAL).toBe('7');
    await end(child, 'SIGTERM');
  }, 120_000);
});
