import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { Clock } from '../domain/clock.ts';
import { linkedAbort } from '../domain/linked-abort.ts';
import { systemClock } from '../domain/system.ts';
import { type AddressPolicy, allowedTargetOf } from './address.ts';
import type { Lookup } from './agent.ts';
import { codingsOf, decoded } from './content-coding.ts';
import { failureOf, type OutboundFailure } from './failure.ts';
import { retryAfterMs } from './retry-after.ts';

export type { Lookup } from './agent.ts';
export type { OutboundFailure } from './failure.ts';

export interface OutboundOptions extends AddressPolicy {
  /** Answers a host's addresses; the machine's resolver by default. */
  readonly lookup?: Lookup;
  /** From the sending to the end of the answer, look-up and connection included. */
  readonly timeoutMs?: number;
  /** The machine's own unless given; what dates in answers are held against. */
  readonly clock?: Pick<Clock, 'now'>;
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The exact bytes, UTF-8 if a string. A body too large for memory is produced again, in pieces, for every attempt.
   */
  readonly body?: string | (() => AsyncIterable<Uint8Array>);
  /** In place of the time that every request has; for those that carry files. */
  readonly timeoutMs?: number;
  /** Bytes of the answer to keep; none by default. */
  readonly keepBytes?: number;
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Milliseconds that the answer's Retry-After asks for, at most an hour; undefined without one. */
  readonly retryAfterMs: number | undefined;
  readonly contentType: string;
  /**
   * At most `keepBytes`, without the coding that it came in (gzip and the like). From a stranger: parsed by those who
   * asked for it, never shown or logged.
   */
  readonly body: Uint8Array;
  /** False if there was more than was kept, the answer broke off after its headers, or its coding could not be undone. */
  readonly complete: boolean;
}

/** Why there is no answer. The message names no address and nothing that the other side said. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: OutboundFailure;

  constructor(code: OutboundFailure, options: { cause?: unknown } = {}) {
    super(`Request not answered: ${code}`, options);
    this.code = code;
  }
}

/** Requests to addresses that others choose. */
export interface Outbound {
  /** True if a request may be sent there, as far as the address alone tells. */
  maySendTo(url: string): boolean;
  /**
   * One request. No redirect is followed. A connection that had served before and is reset before it answers is taken
   * for closed while idle: the request goes out a second time, at once.
   * @throws OutboundError without an answer; the reason of `signal` when aborted
   */
  send(request: OutboundRequest): Promise<OutboundAnswer>;
  /** Closes all connections; for tests and the end of the process. */
  close(): Promise<void>;
}

// The lease of a shard lasts 60 s and is renewed every 20 s: a request must not outlast it.
const defaultTimeoutMs = 20_000;

// As many as one destination may work on at once.
const connectionsPerOrigin = 32;

// An answer is read to its end so that the connection can serve again, but not past this; a bigger one costs its connection.
const drainBytes = 64 * 1024;

const drainGraceMs = 1_000;

/** Outbound requests under the rules of {@link AddressPolicy}; the connection pool is made at the first one. */
export function createOutbound(options: OutboundOptions): Outbound {
  const policy: AddressPolicy = { inAzure: options.inAzure, privateDestinations: options.privateDestinations };
  const { timeoutMs = defaultTimeoutMs, clock = systemClock } = options;
  let pool: Promise<Pool> | undefined;

  const send = async (request: OutboundRequest): Promise<OutboundAnswer> => {
    const url = URL.parse(request.url);
    if (url === null || allowedTargetOf(url, policy) === undefined) {
      throw new OutboundError('destination_address_refused');
    }
    request.signal?.throwIfAborted();
    pool ??= openPool(policy, options.lookup);
    const { agent, wasOnReusedSocket } = await pool;
    const over = linkedAbort(request.signal, request.timeoutMs ?? timeoutMs);
    const attempt = () => exchange(agent, url, request, over.signal, clock.now);
    try {
      return await attempt().catch((error: unknown) => {
        if (!wasOnReusedSocket(error) || over.signal.aborted) throw error;
        return attempt();
      });
    } catch (error) {
      request.signal?.throwIfAborted();
      throw new OutboundError(over.timedOut ? 'destination_timeout' : failureOf(error), { cause: error });
    } finally {
      over.release();
    }
  };

  return {
    maySendTo: (url) => URL.canParse(url) && allowedTargetOf(new URL(url), policy) !== undefined,
    send,
    close: async () => {
      await (await pool)?.agent.destroy();
    },
  };
}

interface Pool {
  readonly agent: Dispatcher;
  readonly wasOnReusedSocket: (error: unknown) => boolean;
}

async function openPool(policy: AddressPolicy, lookup: Lookup | undefined): Promise<Pool> {
  // Loaded at the first request: undici is a tenth of the bundle, and a start without a delivery does not need it.
  const { createAgent, wasOnReusedSocket } = await import('./agent.ts');
  return { agent: createAgent(policy, connectionsPerOrigin, lookup), wasOnReusedSocket };
}

/**
 * undici minds a signal only once the request has a connection; this ends the waiting for one too. The request left
 * behind is never sent: undici looks at the signal before it writes.
 */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function exchange(
  agent: Dispatcher,
  url: URL,
  request: OutboundRequest,
  signal: AbortSignal,
  nowMs: () => number,
): Promise<OutboundAnswer> {
  signal.throwIfAborted();
  const asking = agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: request.headers,
    body: typeof request.body === 'function' ? pieces(request.body()) : (request.body ?? null),
    signal,
  });
  const answer = await untilAborted(asking, signal);
  const keepBytes = request.keepBytes ?? 0;
  // An unwanted body is not waited for long, since others may need its connection.
  const grace = keepBytes > 0 ? undefined : setTimeout(() => answer.body.destroy(), drainGraceMs);
  const read = await readBody(answer.body, keepBytes);
  clearTimeout(grace);
  return {
    status: answer.statusCode,
    retryAfterMs: retryAfterMs(single(answer.headers['retry-after']), nowMs()),
    contentType: single(answer.headers['content-type']) ?? '',
    ...(await withoutCoding(read, all(answer.headers['content-encoding']), keepBytes)),
  };
}

// Bytes, not objects: else as many chunks are held as there may be objects.
const pieces = (content: AsyncIterable<Uint8Array>): Readable =>
  Readable.from(content, { objectMode: false, highWaterMark: 64 * 1024 });

const all = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.join(',');

const single = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0];

type Body = Pick<OutboundAnswer, 'body' | 'complete'>;

/** What cannot be decoded is as good as not kept. */
async function withoutCoding(read: Body, encoding: string | undefined, keepBytes: number): Promise<Body> {
  const codings = codingsOf(encoding);
  if (codings.length === 0 || read.body.byteLength === 0) return read;
  const body = read.complete ? await decoded(read.body, codings, keepBytes) : undefined;
  return body === undefined ? { body: new Uint8Array(), complete: false } : { body, complete: true };
}

/** The status is the answer; whether the body arrives whole only matters to those who keep it. */
async function readBody(stream: AsyncIterable<Uint8Array>, keepBytes: number): Promise<Body> {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let readBytes = 0;
  let complete = true;
  try {
    for await (const chunk of stream) {
      readBytes += chunk.byteLength;
      const part = chunk.subarray(0, keepBytes - keptBytes);
      kept.push(part);
      keptBytes += part.byteLength;
      if (readBytes > keptBytes) complete = keepBytes === 0;
      // Leaving the loop destroys the rest, and the connection with it.
      if (readBytes > Math.max(keepBytes, drainBytes)) break;
    }
  } catch {
    // Broken off or past the deadline after the status had come: told by `complete`.
    complete = false;
  }
  // undici frees the connection after the end of the body has been told: without a turn in between, the next request of
  // a sequence would open another one.
  await nextTurn();
  const [first] = kept;
  return { body: kept.length === 1 && first !== undefined ? first : Buffer.concat(kept), complete };
}
