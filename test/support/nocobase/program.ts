import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { listen } from '../../../local/listen.ts';

/** A server in a process of its own. */
export interface Program {
  /** False once it has ended, for any reason. */
  readonly running: () => boolean;
  /** The last lines that it wrote on either stream. */
  readonly output: () => string;
  /** Sends a signal and waits for the end. Does no harm to one that has ended. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Who runs it, where we are root and it must not be. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
}

const keptLines = 60;

/** Starts a program that ends with this process, however this process ends. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  // The shell tells the program's own pid, and ends the program when its pipe closes, which the system does for us when
  // this process is killed.
  const script = '"$@" 3<&- 4>&- & pid=$!; echo $pid >&4; (cat <&3 >/dev/null; kill -9 $pid) 2>/dev/null & wait $pid';
  const { command, args, cwd, env, account } = options;
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, 'sh', command, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    ...account,
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line.slice(0, 500));
      if (lines.length > keptLines) lines.shift();
    });
  }
  let running = true;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running = false;
      child.stdio[3]?.destroy();
      resolve();
    });
  });
  child.stdio[3]?.on('error', () => undefined);
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    createInterface({ input: child.stdio[4] as Readable }).once('line', (line) => resolve(Number(line)));
  });
  return {
    running: () => running,
    output: () => lines.join('\n'),
    end: async (signal) => {
      if (!running) return;
      process.kill(pid, signal);
      await ended;
    },
  };
}

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const listener = await listen(createServer(), 'a program of the test');
  await listener.stop();
  return listener.port;
}
