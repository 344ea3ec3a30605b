import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface HostProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly functions: readonly string[];
  /** Every line it has written so far, on either stream. */
  readonly lines: readonly string[];
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Asks it to end, as Azure does; answers its exit code. */
  stop(): Promise<number | null>;
}

export interface HostProcessOptions {
  readonly settings: Readonly<Record<string, string>>;
  /** A free one if left out. */
  readonly port?: number;
  /** dist/functions.cjs if left out. */
  readonly bundle?: string;
  readonly hostJson?: string;
  /** Its lines as the app wrote them, not blackened by the host. */
  readonly verbatim?: boolean;
  /** Beside what this process has. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the command after it, such as one that bounds its memory. */
  readonly through?: readonly string[];
}

const runner = join(import.meta.dirname, '../../local/host/run.ts');

/**
 * Starts the host as a process of its own, so that a test can kill it and start another, or run two beside each other.
 * @throws Error with what it wrote, if it ends before it is ready
 */
export async function startHostProcess(options: HostProcessOptions): Promise<HostProcess> {
  const settingsFile = join(mkdtempSync(join(tmpdir(), 'host-')), 'settings.json');
  writeFileSync(settingsFile, JSON.stringify({ Values: options.settings }));
  const args = [runner, '--settings', settingsFile, '--port', String(options.port ?? 0)];
  if (options.bundle !== undefined) args.push('--bundle', options.bundle);
  if (options.hostJson !== undefined) args.push('--host-json', options.hostJson);
  if (options.verbatim === true) args.push('--verbatim');
  // The channel lets the child end with its parent, however that one ends.
  const [command = process.execPath, ...rest] = [...(options.through ?? []), process.execPath, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...options.env },
  });
  const lines: string[] = [];
  const ready = await new Promise<{ url: string; port: number; functions: string[] }>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (line.startsWith('READY ')) resolve(JSON.parse(line.slice('READY '.length)));
      });
    }
    child.once('close', () => reject(new Error(lines.join('\n') || 'The host ended without a word.')));
  });
  return {
    ...ready,
    pid: child.pid ?? 0,
    lines,
    kill: async () => void (await end(child, 'SIGKILL')),
    stop: () => end(child, 'SIGTERM'),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }
  return child.exitCode;
}
