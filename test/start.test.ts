import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Stack } from '../local/stack.ts';

const root = join(import.meta.dirname, '..');
const start = join(root, 'local/start.ts');

interface Run {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly output: () => string;
  readonly ready: () => Promise<Stack>;
  readonly ended: () => Promise<number | null>;
}

const runs: Run[] = [];

function runStart(args: readonly string[], folder = mkdtempSync(join(tmpdir(), 'start-'))): Run {
  // A group of its own, so that a test can see whether anything of it is left.
  const child = spawn(process.execPath, [start, ...args], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watch(child, folder);
}

function watch(child: ChildProcess, folder: string): Run {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const closed = once(child, 'close');
  const run: Run = {
    child,
    folder,
    output: () => output,
    ready: async () => {
      while (!/^READY .*\n/m.test(output)) {
        if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${output}`);
        await Promise.race([closed, once(child.stdout ?? child, 'data')]);
      }
      return JSON.parse(/^READY (.*)$/m.exec(output)?.[1] ?? '');
    },
    ended: async () => {
      await closed;
      return child.exitCode;
    },
  };
  runs.push(run);
  return run;
}

/** Processes of the group that `child` leads. */
function groupOf(child: ChildProcess): string[] {
  const table = execFileSync('ps', ['-eo', 'pgid=,pid=,args='], { encoding: 'utf8' });
  return table.split('\n').filter((line) => line.trim().split(/\s+/)[0] === String(child.pid));
}

afterEach(async () => {
  for (const { child, ended } of runs.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended();
  }
});

const api = (stack: Stack, path: string) =>
  fetch(`${stack.broker}/${path}`, { headers: { authorization: `Bearer ${stack.adminKey}` } });

describe('npm start', () => {
  it('connects the first person, shows her mail arriving, and ends without leaving a process', async () => {
    const run = runStart(['--port', '0']);
    const stack = await run.ready();
    expect(run.output()).toContain('Ada Lovelace connects her mailbox');
    expect(run.output()).toMatch(/message\.received, answered with 200/);
    expect(run.output()).toMatch(/signature +valid/);
    expect(run.output()).toContain('submission.sent: the submission is sent');
    expect(run.output()).toContain('lies in the mailbox grace@contoso.example');
    expect(run.output()).toContain('at NocoBase: message.received, in the same thread');
    expect(stack).toMatchObject({
      broker: expect.stringMatching(/^http:\/\/localhost:\d+\/api$/),
      adminKey: expect.stringMatching(/^nmb_/),
      imap: { host: expect.any(String), port: expect.any(Number), secure: expect.any(Boolean) },
      connectUrl: expect.stringMatching(/^http:\/\/localhost:\d+\/api\/connect\?token=/),
      webhookSecret: expect.stringMatching(/^whsec_/),
      users: ['ada@contoso.example', 'grace@contoso.example', 'lina@contoso.example'],
    });

    const written = join(run.folder, '.local/stack.json');
    expect(JSON.parse(readFileSync(written, 'utf8'))).toEqual(stack);
    expect(statSync(written).mode & 0o077).toBe(0);
    const mailboxes = await (await api(stack, 'mailboxes')).json();
    expect(mailboxes).toMatchObject({ items: [{ address: 'ada@contoso.example', state: 'active' }] });
    const page = await fetch(stack.connectUrl ?? '');
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('grace@contoso.example')]);

    run.child.kill('SIGINT');
    expect(await run.ended()).toBe(0);
    expect(groupOf(run.child)).toEqual([]);
    await expect(api(stack, 'health')).rejects.toThrow();
    // A key stands in the output only where a script reads it.
    expect(run.output().replace(/^READY .*$/m, '')).not.toContain(stack.adminKey);
  }, 120_000);

  it('skips the demonstration with --no-demo, and ends on SIGTERM and on Ctrl+C, which reaches every process', async () => {
    const run = runStart(['--no-demo', '--port', '0']);
    const stack = await run.ready();
    expect(await (await api(stack, 'mailboxes')).json()).toMatchObject({ items: [] });
    expect(await (await fetch(`${stack.events}`)).json()).toEqual({ items: [] });
    expect(await (await fetch(stack.connectUrl ?? '')).text()).toContain('ada@contoso.example');
    const written = (...path: string[]) => JSON.parse(readFileSync(join(run.folder, '.local', ...path), 'utf8'));
    expect(written('stack.json')).toEqual(stack);

    // Another one from the same folder: readers of stack.json still find the first.
    const second = runStart(['--no-demo', '--port', '0'], run.folder);
    const other = await second.ready();
    expect(written('stack.json')).toEqual(stack);
    expect(second.output()).toContain(`Process ${run.child.pid} runs another world from this folder.`);
    const port = new URL(other.broker).port;
    expect(written(port, 'stack.json')).toEqual(other);
    expect(other.ca).not.toBe(stack.ca);
    expect((await api(stack, 'mailboxes')).status).toBe(200);

    // Nothing happens, and nothing is shown.
    expect(run.output().replace(/^[\s\S]*READY .*\n/m, '')).not.toMatch(/dispatch|shard.finished/);
    run.child.kill('SIGTERM');
    expect(await run.ended()).toBe(0);
    process.kill(-(second.child.pid ?? 0), 'SIGINT');
    expect(await second.ended()).toBe(0);
    expect(groupOf(second.child)).toEqual([]);
    expect(existsSync(join(run.folder, '.local', port))).toBe(false);
  }, 120_000);

  it('ends, all of it, when npm alone gets the SIGTERM', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'start-'));
    for (const name of ['package.json', 'node_modules', 'local']) symlinkSync(join(root, name), join(folder, name));
    // Where npm runs this suite, what it told the suite is not what a terminal would tell it.
    const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
    const npm = spawn('npm', ['--no-update-notifier', 'start', '--', '--no-demo', '--port', '0'], {
      cwd: folder,
      detached: true,
      env: Object.fromEntries(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const run = watch(npm, folder);
    await run.ready();
    run.child.kill('SIGTERM');
    await expect.poll(() => groupOf(npm), { timeout: 20_000 }).toEqual([]);
  }, 120_000);

  it('ends cleanly when it is interrupted while it starts', async () => {
    const run = runStart(['--port', '0']);
    while (!run.output().includes('NocoBase Mail Broker')) await once(run.child.stdout ?? run.child, 'data');
    await new Promise((resolve) => setTimeout(resolve, 300));
    run.child.kill('SIGINT');
    expect(await run.ended()).toBe(0);
    expect(groupOf(run.child)).toEqual([]);
    expect(run.output()).not.toMatch(/^READY/m);
  }, 60_000);

  it('says in one sentence what is wrong: an unknown option, a taken port, a folder that cannot be written', async () => {
    const unknown = runStart(['--demo']);
    expect(await unknown.ended()).toBe(2);
    expect(unknown.output()).toMatch(/^--demo is not an option; it takes [^\n]+\n$/);

    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const taken = runStart(['--port', port]);
    expect(await taken.ended()).toBe(1);
    expect(taken.output()).toBe(
      `Port ${port} is taken by another program. Stop that program, or choose another port with --port.\n`,
    );
    other.close();

    // A file where the folder should be: unlike a mode, this stops root too.
    const folder = mkdtempSync(join(tmpdir(), 'start-'));
    writeFileSync(join(folder, '.local'), '');
    const unwritable = runStart(['--port', '0'], folder);
    expect(await unwritable.ended()).toBe(1);
    expect(unwritable.output()).toMatch(
      /^Nothing can be written to [^\n]+\.local \(EEXIST\); make that folder writable\.\n$/,
    );

    const odd = mkdtempSync(join(tmpdir(), 'start-'));
    writeFileSync(join(odd, 'local.settings.json'), '{"Values": []}');
    const settings = runStart(['--port', '0'], odd);
    expect(await settings.ended()).toBe(1);
    expect(settings.output()).toContain('is not JSON with an object "Values" of texts');
  }, 60_000);
});
