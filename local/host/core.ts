import { existsSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
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
  // As in the worker, asking for the capabilities locks app.setup().
  await model.getCapabilities({});
  return {
    functions,
    model,
    unload,
    runHooks: async (name, context) => {
      for (const hook of hooks.get(name) ?? []) await hook(context);
    },
  };
}
