import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, Client, type Dispatcher, Pool } from 'undici';
import { type AddressPolicy, addressAllowed, allowedTargetOf } from './address.ts';

/** A host name's addresses, as node:dns answers them. Injected by tests; the machine's resolver otherwise. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

/** The host leads to an address to which nothing is sent. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** Errors of connections that had served before: the server may just have closed them for being idle. */
const onReusedSocket = new WeakSet<Error>();

export const wasOnReusedSocket = (error: unknown): boolean => error instanceof Error && onReusedSocket.has(error);

const dnsLookup: Lookup = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses);
    });
  });

/**
 * An undici agent whose sockets go nowhere but to addresses that were just checked: the answer of the look-up is checked
 * and handed to the connection itself, so a name that changes its answer between two look-ups gains nothing.
 * The caller checks literal addresses (`allowedTargetOf`), for which no look-up happens.
 */
export function createAgent(policy: AddressPolicy, connectionsPerOrigin: number, lookup: Lookup = dnsLookup): Agent {
  return new Agent({
    factory: (origin, options) => {
      // One request a connection at a time: over HTTP/2 a stalled stream would take its neighbours with it.
      const allowH2 = false;
      const connect = telling(buildConnector({ lookup: checkedLookup(new URL(origin), policy, lookup), allowH2 }));
      return new Pool(origin, {
        ...options,
        connections: connectionsPerOrigin,
        allowH2,
        // NocoBase closes idle connections after 5 s and says so in no header of an error answer.
        keepAliveTimeout: 4_000,
        keepAliveMaxTimeout: 30_000,
        // The headers of an answer mean nothing to us beyond status, type and Retry-After.
        maxHeaderSize: 16_384,
        connect,
        factory: (address, clientOptions) => new CountingClient(address, clientOptions, connect),
      });
    },
  });
}

function checkedLookup(origin: URL, policy: AddressPolicy, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname).then(
      (addresses) => {
        const target = allowedTargetOf(origin, policy);
        const good =
          target !== undefined &&
          addresses.length > 0 &&
          addresses.every((entry) => addressAllowed(entry.address, target, policy));
        const [first] = addresses;
        // One bad address among several refuses the host: a resolver under someone's hand picks the order.
        if (!good || first === undefined) callback(new AddressRefused('The host has an address that is refused.'), []);
        else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('look-up failed'), []),
    );
  };
}

/** A connection that ended while TLS was being agreed on. */
class BrokenHandshake extends Error {
  override readonly name = 'BrokenHandshake';
}

/** Tells a connection that is cut within the handshake from one that was never made. */
const telling =
  (connect: buildConnector.connector): buildConnector.connector =>
  (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else
        callback(
          isCut(error) && options.protocol === 'https:' ? new BrokenHandshake('', { cause: error }) : error,
          null,
        );
    });

const isCut = (error: Error): boolean =>
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE') &&
  !('syscall' in error && error.syscall === 'connect');

/**
 * A connection that knows whether its socket has already served a request when an error ends the next one, and what the
 * socket itself said then: undici puts "other side closed" in place of an alert of TLS that comes after the handshake.
 */
class CountingClient extends Client {
  #served = 0;
  readonly #socket: { error: Error | undefined };

  constructor(origin: string | URL, options: object, connect: buildConnector.connector) {
    const seen: { error: Error | undefined } = { error: undefined };
    super(origin, {
      ...options,
      connect: (to, callback) =>
        connect(to, (...[error, socket]) => {
          seen.error = undefined;
          socket?.once('error', (told: Error) => {
            seen.error = told;
          });
          if (error === null) callback(null, socket);
          else callback(error, null);
        }),
    });
    this.#socket = seen;
    this.on('connect', () => {
      this.#served = 0;
    });
  }

  /** Only what a plain request uses is passed on; nothing of ours upgrades a connection. */
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    let reused = false;
    let answered = false;
    return super.dispatch(options, {
      onRequestStart: (controller, context) => {
        reused = this.#served > 0;
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart: (controller, status, headers, message) => {
        if (status >= 200) {
          answered = true;
          this.#served += 1;
        }
        handler.onResponseStart?.(controller, status, headers, message);
      },
      onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
      onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
      onResponseError: (controller, error) => {
        if (reused && !answered) onReusedSocket.add(error);
        if (this.#socket.error !== error) error.cause ??= this.#socket.error;
        handler.onResponseError?.(controller, error);
      },
    });
  }
}
