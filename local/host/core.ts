import { existsSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { Server } from 'node:net';
import { resolve } from 'node:path';
import type { FunctionCallback, FunctionMetadata, HookCallback, LogLevel, ProgrammingModel } from './rpc.ts';

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** An app as the worker sees it after loading it. */
export interface LoadedApp {
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  readonly model: ProgrammingModel;
  /** Where the app takes its HTTP requests itself; undefined unless it has asked for HTTP streams. */
  readonly httpUri: string | undefined;
  /** Runs the hooks of one name in the order of their registration; the first that throws ends it. */
  runHooks(name: string, context: object): Promise<void>;
  /** Forgets the bundle, so that the next load runs its top level again. */
  unload(): void;
}

type SystemLog = (level: LogLevel, category: string, message: string) => void;

const coreModule = '@azure/functions-core';

/**
 * Loads a bundle as the Functions worker does: the app asks for the built-in module `@azure/functions-core`, which
 * exists only inside the worker, and registers its functions and hooks through it. Here as there it is provided by
 * intercepting `Module.prototype.require` (azure-functions-nodejs-worker, src/setupCoreModule.ts).
 * @param bundlePath what package.json's `main` names, built as CommonJS
 * @throws Error if the bundle cannot be loaded, registers nothing, or registers one name twice
 */
export async function loadApp(bundlePath: string, log: SystemLog): Promise<LoadedApp> {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<string, HookCallback[]>();
  let model: ProgrammingModel | undefined;

  class Disposable {
    #dispose: (() => void) | undefined;
    constructor(dispose: () => void) {
      this.#dispose = dispose;
    }
    dispose(): void {
      this.#dispose?.();
      this.#dispose = undefined;
    }
  }

  const coreApi = {
    version: 'local',
    hostVersion: '4.1000.0',
    workerPackageVersion: 'local',
    Disposable,
    log,
    setProgrammingModel: (chosen: ProgrammingModel) => {
      model = chosen;
    },
    getProgrammingModel: () => model,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
      if (functions.has(metadata.name)) throw new Error(`A function named "${metadata.name}" is registered twice.`);
      functions.set(metadata.name, { metadata, callback });
      return new Disposable(() => functions.delete(metadata.name));
    },
    registerHook: (name: string, callback: HookCallback) => {
      const list = hooks.get(name) ?? [];
      hooks.set(name, list);
      list.push(callback);
      return new Disposable(() => list.splice(list.indexOf(callback), 1));
    },
  };

  const path = resolve(bundlePath);
  if (!existsSync(path)) throw new Error(`There is no bundle at ${path}. Make it by: npm run build`);
  const require = createRequire(path);
  const unload = () => {
    delete require.cache[path];
  };
  unload();
  const original = Module.prototype.require;
  Module.prototype.require = new Proxy(original, {
    apply: (target, self, args: [string]) => (args[0] === coreModule ? coreApi : Reflect.apply(target, self, args)),
  });
  try {
    require(path);
  } finally {
    // The library asks for the module once, at the first registration, and keeps it.
    Module.prototype.require = original;
  }
  if (model === undefined || functions.size === 0) throw new Error(`${bundlePath} registers no function.`);
  const { httpUri, close } = await capabilitiesOf(model);
  return {
    functions,
    model,
    httpUri,
    unload: () => {
      close();
      unload();
    },
    runHooks: async (name, context) => {
      for (const hook of hooks.get(name) ?? []) await hook(context);
    },
  };
}

/**
 * What the app tells the host of itself; as in the worker, asking for it locks app.setup(). For HTTP streams the library
 * starts a server on every interface of the machine; here it is kept to this machine.
 */
async function capabilitiesOf(model: ProgrammingModel): Promise<{ httpUri: string | undefined; close: () => void }> {
  const servers: Server[] = [];
  const original = Server.prototype.listen;
  Server.prototype.listen = new Proxy(original, {
    apply: (target, server: Server, args: unknown[]) => {
      servers.push(server);
      return Reflect.apply(target, server, typeof args[0] === 'function' ? [0, '127.0.0.1', args[0]] : args);
    },
  });
  try {
    const { HttpUri: httpUri } = await model.getCapabilities({});
    // The library names the host `localhost`, which may be another address.
    return {
      httpUri: httpUri?.replace('localhost', '127.0.0.1'),
      close: () => {
        for (const server of servers) server.close();
      },
    };
  } finally {
    Server.prototype.listen = original;
  }
}
