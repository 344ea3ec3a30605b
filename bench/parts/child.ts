import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A process that is measured separately, or kept out of a measurement. It answers one call after the other. */
export interface Child<H extends Handlers> {
  readonly process: ChildProcess;
  call<N extends keyof H & string>(name: N, ...argument: Parameters<H[N]>): Promise<Awaited<ReturnType<H[N]>>>;
  stop(): Promise<void>;
  /** SIGKILL: no clean-up of any kind. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
}

/** Forks `file`, which calls {@link answerCalls}; it ends with this process. */
export function startChild<H extends Handlers>(file: URL, options: ChildOptions = {}): Child<H> {
  const child = fork(file, {
    execArgv: [...(options.execArgv ?? [])],
    env: { PATH: process.env.PATH, ...options.env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let calls = 0;
  child.on('message', ({ id, value, error }: Answer) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve(value as never);
    else one?.reject(new Error(error));
  });
  child.once('exit', (code, signal) => {
    for (const one of waiting.values()) one.reject(new Error(`${file.pathname} ended (${signal ?? code}).`));
    waiting.clear();
  });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return {
    process: child,
    call: (name, ...argument) =>
      new Promise((resolve, reject) => {
        const id = calls++;
        waiting.set(id, { resolve, reject });
        child.send({ id, name, argument: argument[0] });
      }),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** The other side of {@link startChild}. */
export function answerCalls(handlers: Handlers): void {
  process.on('message', async ({ id, name, argument }: { id: number; name: string; argument: never }) => {
    try {
      process.send?.({ id, value: await handlers[name]?.(argument) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => process.exit(0));
}
