import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../running.ts';

export interface AzuritePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

export interface AzuriteOptions {
  /** Ports on 127.0.0.1; free ones where left out. */
  readonly ports?: Partial<AzuritePorts>;
  /** Folder in which the data outlives the process; in memory if left out. */
  readonly location?: string;
}

/** The storage emulator: blobs, queues and tables of the account `devstoreaccount1`. */
export interface Azurite extends Running {
  readonly connectionString: string;
  readonly tablePort: number;
  readonly queuePort: number;
  readonly blobPort: number;
  readonly pid: number | undefined;
  /** Ends it as a power cut would. What was only in memory is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same ports after `kill` or `stop`. */
  restart(): Promise<void>;
}

// Azurite publishes this account and key in its documentation; it opens nothing but the emulator.
const account = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

// The emulator is ready in 0.6 s on an idle machine; a busy one gets its time.
const readyWithinMs = 30_000;
const graceMs = 10_000;

// Azure keeps connections for minutes. Azurite ends them after five idle seconds by default, and a write that is sent
// at that moment seems lost.
const keepAliveSeconds = 600;

// Ends the child when the channel to its parent closes, which also happens when the parent is killed. Azurite listens on
// that channel, so it has to be let go for the process to end once everything is saved.
const dieWithParent = `data:text/javascript,${encodeURIComponent(
  "process.on('disconnect',()=>process.exit(0)).on('SIGTERM',()=>process.channel?.unref())",
)}`;

/**
 * Starts Azurite from node_modules on 127.0.0.1 and resolves when its three services listen.
 * It ends with the process that started it, however that one ends.
 * @throws Error with a sentence that names the port, if a port that was asked for is taken
 */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  let running = await launch(options.ports ?? {}, options.location);
  const { ports } = running;
  // With nothing to save there is nothing to wait for.
  const gentle = options.location === undefined ? 'SIGKILL' : 'SIGTERM';
  const url = (port: number) => `http://127.0.0.1:${port}/${account}`;
  return {
    connectionString:
      `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};` +
      `BlobEndpoint=${url(ports.blob)};QueueEndpoint=${url(ports.queue)};TableEndpoint=${url(ports.table)};`,
    tablePort: ports.table,
    queuePort: ports.queue,
    blobPort: ports.blob,
    get pid() {
      return running.child.pid;
    },
    async kill() {
      await end(running.child, 'SIGKILL');
    },
    async restart() {
      await end(running.child, gentle);
      running = await launch(ports, options.location);
    },
    async stop() {
      await end(running.child, gentle);
    },
  };
}

async function launch(
  ports: Partial<AzuritePorts>,
  location: string | undefined,
): Promise<{ child: ChildProcess; ports: AzuritePorts }> {
  const services = ['blob', 'queue', 'table'] as const;
  const child = fork(
    createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js'),
    [
      '--silent',
      '--disableTelemetry',
      '--skipApiVersionCheck',
      ...(location === undefined ? ['--inMemoryPersistence'] : ['--location', location]),
      ...services.flatMap((name) => [
        ...[`--${name}Host`, '127.0.0.1', `--${name}Port`, String(ports[name] ?? 0)],
        ...[`--${name}KeepAliveTimeout`, String(keepAliveSeconds)],
      ]),
    ],
    // It calls its working directory its workspace, also when it keeps everything in memory.
    // In a group of its own, Ctrl-C in the terminal leaves it running for those who still have something to store.
    { cwd: tmpdir(), detached: true, execArgv: ['--import', dieWithParent], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  // The channel exists to be closed; it must not keep this process alive.
  child.channel?.unref();
  child.unref();
  let said = '';
  let notice = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      notice();
    });
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
  child.once('exit', () => notice());
  const deadline = Date.now() + readyWithinMs;
  while (!said.includes('Table service is successfully listening')) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(failure(said, ports));
    if (Date.now() > deadline) {
      await end(child, 'SIGKILL');
      throw new Error(`Azurite did not start within ${readyWithinMs / 1000} s. It said: ${said.trim()}`);
    }
    const heard = new Promise<void>((resolve) => {
      notice = resolve;
    });
    await Promise.race([heard, delay(500)]);
  }
  const port = (name: string): number => {
    const found = new RegExp(`${name} service is successfully listening at http://127\\.0\\.0\\.1:(\\d+)`).exec(said);
    if (found === null) throw new Error(`Azurite did not name the port of its ${name} service. It said: ${said}`);
    return Number(found[1]);
  };
  return { child, ports: { blob: port('Blob'), queue: port('Queue'), table: port('Table') } };
}

function failure(said: string, ports: Partial<AzuritePorts>): string {
  const taken = /EADDRINUSE.*?:(\d+)/.exec(said)?.[1];
  if (taken === undefined) return `Azurite ended while it was starting. It said: ${said.trim()}`;
  const service = Object.entries(ports).find(([, port]) => String(port) === taken)?.[0] ?? 'storage';
  return `Port ${taken}, meant for the ${service} service of the storage emulator, is taken. End what uses it, or choose another port.`;
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.ref();
  child.kill(signal);
  // Saving takes a moment; an end that hangs is cut short.
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(timer);
}
