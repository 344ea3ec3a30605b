import type { HttpFunctionOptions } from '@azure/functions';

/** Functions that were registered with the stand-in of the host's library, by name. */
export const registered = new Map<string, HttpFunctionOptions>();

const ignored = () => {};

/**
 * The library of the Functions host with an `app` that only notes which HTTP functions are registered: outside of the host
 * the real one does nothing else. For `vi.mock('@azure/functions', …)`.
 */
export const withoutHost = async (original: () => Promise<object>) => ({
  ...(await original()),
  app: {
    http(name: string, options: HttpFunctionOptions) {
      if (registered.has(name)) throw new Error(`two functions are called ${name}`);
      registered.set(name, options);
    },
    timer: ignored,
    storageQueue: ignored,
    setup: ignored,
    hook: new Proxy({}, { get: () => ignored }),
  },
});
