import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';

/** A program of ours in a process that can be killed and started again. */
export interface Killable {
  start(): Promise<void>;
  kill(): Promise<void>;
}

/** @param program sends a message when it is ready */
export async function startKillable(program: string, args: readonly string[]): Promise<Killable> {
  let child: ChildProcess | undefined;
  const start = async () => {
    child = fork(program, [...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');
  };
  await start();
  return {
    start,
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Lines of JSON that another process adds to a file; each look reads on from where the last one ended. */
export function followFile<T>(file: string): { lines(): readonly T[]; close(): void } {
  const descriptor = openSync(file, 'a+');
  const seen: T[] = [];
  let readTo = 0;
  return {
    lines() {
      for (const chunk = Buffer.alloc(64 * 1024); ; ) {
        const text = chunk.toString('utf8', 0, readSync(descriptor, chunk, 0, chunk.length, readTo));
        // A line that is only half there waits for the next look.
        const whole = text.slice(0, text.lastIndexOf('\n') + 1);
        if (whole === '') return seen;
        readTo += Buffer.byteLength(whole);
        for (const line of whole.trimEnd().split('\n')) seen.push(JSON.parse(line));
      }
    },
    close: () => closeSync(descriptor),
  };
}
