import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { QueueServiceClient } from '@azure/storage-queue';
import { bindingsOf } from './bindings.ts';
import { loadApp } from './core.ts';
import { readHostJson } from './host-json.ts';
import { startHttpFront } from './http.ts';
import { exchange } from './http-stream.ts';
import { createInvocations } from './invocations.ts';
import { createInvoker } from './invoke.ts';
import { createLines, type Lines } from './lines.ts';
import { createQueueOutput, type QueueOutput } from './queue-output.ts';
import { type QueueListener, startQueueListener } from './queue-trigger.ts';
import type { TypedData } from './rpc.ts';
import { startTimer, type Timer } from './timers.ts';

export { PortTaken } from './http.ts';

export interface HostOptions {
  /** Path of the bundle that is deployed: `dist/functions.cjs`. */
  readonly bundle: string;
  /** App settings; they become environment variables while the host runs, as in Azure. */
  readonly settings: Readonly<Record<string, string>>;
  /** 0: a free one. */
  readonly port: number;
  /** Where queues are, unless a binding's `connection` names a setting that holds a connection string. */
  readonly queueConnectionString: string;
  /** Takes one readable line at a time. */
  readonly out: (line: string) => void;
  /** Lines as the app wrote them, not blackened by the host: for tests of what the app itself writes. */
  readonly verbatim?: boolean;
  /** Leaves out timers and messages that found nothing to do, and what the app logs of that. */
  readonly isQuiet?: boolean;
  /** The project's host.json if left out. */
  readonly hostJson?: string;
}

export interface Host {
  /** `http://localhost:PORT` */
  readonly url: string;
  readonly port: number;
  /** Names of the registered functions. */
  readonly functions: readonly string[];
  /** Runs a timer function at once and resolves when it is done, however it ends. */
  runTimer(name: string): Promise<void>;
  /**
   * Takes no more requests, occurrences or messages, tells the app by its terminate hooks, waits for what is under way
   * (at most 10 s) and gives environment and console back. Calling it twice is harmless.
   */
  stop(): Promise<void>;
}

// https://learn.microsoft.com/azure/azure-functions/functions-app-settings#functions_request_body_size_limit
const defaultBodyLimitBytes = 104_857_600;
// The app settles for at most 5 s when it is told to end; twice that is patience enough for a machine under load.
const graceMs = 10_000;
const projectFolder = join(import.meta.dirname, '../..');

let running = false;

/**
 * Runs a bundle in this process as the Functions host and its Node worker would: same registration, same converters,
 * HTTP, timers and storage queues. Settings are the environment of the process, so there is one host a process.
 * @throws Error if another host runs in this process, a binding is broken (which in Azure keeps *all* functions from
 * being indexed), or the bundle cannot be loaded; PortTaken
 */
export async function startHost(options: HostOptions): Promise<Host> {
  if (running) throw new Error('A host runs in this process already. Start the second one with local/host/run.ts.');
  running = true;
  const restoreEnvironment = applySettings(options.settings);
  const lines = createLines(options.out, {
    isQuiet: options.isQuiet ?? false,
    ...(options.verbatim === true ? { clean: (text: string) => text } : {}),
  });
  const giveBack = () => {
    lines.release();
    restoreEnvironment();
    running = false;
  };
  try {
    return await start(options, lines, giveBack);
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function start(options: HostOptions, lines: Lines, giveBack: () => void): Promise<Host> {
  const hostJson = readHostJson(options.hostJson ?? join(projectFolder, 'host.json'));
  const app = await loadApp(options.bundle, (level, category, message) => lines.log('host', level, category, message));
  const { httpUri } = app;
  const bindings = bindingsOf(app.functions, (name) => process.env[name], options.queueConnectionString);
  const appHookData = {};
  const invoker = createInvoker({ app, timeoutMs: hostJson.functionTimeoutMs, appHookData, log: lines.log });

  const listeners: QueueListener[] = [];
  const services = new Map<string, { service: QueueServiceClient; output: QueueOutput }>();
  const storage = (connectionString: string) => {
    const known = services.get(connectionString);
    if (known !== undefined) return known;
    const service = QueueServiceClient.fromConnectionString(connectionString);
    const output = createQueueOutput(service, (queueName) => {
      for (const listener of listeners) if (listener.queueName === queueName) listener.wake();
    });
    services.set(connectionString, { service, output });
    return { service, output };
  };
  const invocations = createInvocations({
    invoker,
    outputs: bindings.outputs,
    outputAt: (connectionString) => storage(connectionString).output,
    lines,
  });

  const timers: Timer[] = [];
  await app.runHooks('appStart', { hookData: {}, appHookData, functionAppDirectory: projectFolder });
  const front = await startHttpFront({
    port: options.port,
    routePrefix: hostJson.routePrefix,
    bodyLimitBytes: Number(process.env.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT ?? defaultBodyLimitBytes),
    functions: bindings.http.map(({ registered, methods, route }) => ({
      name: registered.metadata.name,
      methods,
      route,
      invoke: async (input, subject) =>
        (await invocations.run({ kind: 'http', registered, subject, input })).returnValue,
      ...(httpUri === undefined
        ? {}
        : {
            stream: (request, subject) =>
              exchange(httpUri, request, (invocation) =>
                invocations.run({ kind: 'http', registered, subject, input: {}, ...invocation }),
              ),
          }),
    })),
    runNow: (name, input = '') => {
      const timer = timers.find((candidate) => candidate.name === name);
      if (timer !== undefined) void timer.runNow();
      const queue = bindings.queues.find(({ registered }) => registered.metadata.name === name);
      if (queue !== undefined) {
        const { registered } = queue;
        // The caller is answered before it runs; a failure is logged.
        void invocations
          .run({ kind: 'queue', registered, subject: 'asked for by hand', input: { string: input } })
          .catch(() => undefined);
      }
      return timer !== undefined || queue !== undefined;
    },
  });
  for (const { registered, ...timer } of bindings.timers) {
    const invoke = async (input: TypedData) => {
      // What a timer function throws is its line; the schedule continues.
      await invocations.run({ kind: 'timer', registered, subject: timer.schedule, input }).catch(() => undefined);
    };
    const { name } = registered.metadata;
    timers.push(startTimer({ ...timer, name, invoke, isDisabled: isDisabled(name) }));
  }
  for (const { registered, queueName, connectionString } of bindings.queues) {
    const { name } = registered.metadata;
    if (isDisabled(name)) continue;
    const invoke: Parameters<typeof startQueueListener>[1]['invoke'] = async (input, triggerMetadata, subject) => {
      await invocations.run({ kind: 'queue', registered, subject, input, triggerMetadata });
    };
    const { service } = storage(connectionString);
    listeners.push(startQueueListener(service, { name, queueName, invoke }, hostJson.queues, lines.host));
  }

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    for (const timer of timers) timer.stop();
    const quiet = Promise.all([front.drain(), ...listeners.map((listener) => listener.stop())]);
    try {
      await app.runHooks('appTerminate', { hookData: {}, appHookData });
    } catch (error) {
      lines.host(`✗ a terminate hook failed: ${error instanceof Error ? error.message : 'unknown error'}`);
    }
    const left = await invocations.settle(graceMs);
    if (left > 0) lines.host(`✗ ${left} invocation${left === 1 ? ' was' : 's were'} still running at the end`);
    // Answers and queue deletions follow their invocation within moments; a peer that does not read is cut.
    await Promise.race([quiet, delay(left > 0 ? 0 : 2_000, undefined, { ref: false })]);
    front.close();
    app.unload();
    giveBack();
  };
  return {
    url: `http://localhost:${front.port}`,
    port: front.port,
    functions: [...app.functions.keys()],
    runTimer: async (name) => {
      const timer = timers.find((candidate) => candidate.name === name);
      if (timer === undefined) throw new Error(`There is no timer function named "${name}".`);
      await timer.runNow();
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/**
 * A function whose trigger is switched off by a setting; asked for by hand it runs all the same.
 * https://learn.microsoft.com/azure/azure-functions/disable-function
 */
const isDisabled = (name: string): boolean =>
  ['true', '1'].includes((process.env[`AzureWebJobs.${name}.Disabled`] ?? '').toLowerCase());

/** Sets environment variables; answers how to undo it. */
function applySettings(settings: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
