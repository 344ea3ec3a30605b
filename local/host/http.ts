import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressOf, sendRpcResponse, toRpcRequest } from './http-messages.ts';
import type { Exchange } from './http-stream.ts';
import { createRouter } from './routes.ts';
import type { TypedData } from './rpc.ts';

export interface HttpFunction {
  readonly name: string;
  readonly methods: readonly string[];
  /** Template below the prefix. */
  readonly route: string;
  /** Answers the worker's return value; rejects where the function threw. `subject` is method and path, without the query. */
  readonly invoke: (input: TypedData, subject: string) => Promise<TypedData | null | undefined>;
  /** In place of `invoke`, where the app takes the request and gives the answer itself. */
  readonly stream?: (exchange: Exchange, subject: string) => Promise<void>;
}

export interface HttpFrontOptions {
  readonly port: number;
  /** `api`, from host.json. */
  readonly routePrefix: string;
  readonly functions: readonly HttpFunction[];
  /** Larger bodies are answered 413 before any function runs. */
  readonly bodyLimitBytes: number;
  /** Who has not sent the whole request by then is answered 408; 30 s unless given. */
  readonly requestTimeoutMs?: number | undefined;
  /** `POST /admin/functions/{name}` with `{"input": "…"}`. Answers false if there is no such function. */
  readonly runNow: (name: string, input: string | undefined) => boolean;
}

export interface HttpFront {
  readonly port: number;
  /** No new connections; resolves when the requests under way are answered. */
  drain(): Promise<void>;
  /** Cuts what is left. */
  close(): void;
}

/** The port is in use by another program. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is taken by another program. Stop that program, or choose another port with --port.`);
    this.port = port;
  }
}

/**
 * The HTTP side of the host, on 127.0.0.1 and, where the machine has it, ::1 under one port: a browser may resolve
 * `localhost` to either.
 * @throws PortTaken
 */
export async function startHttpFront(options: HttpFrontOptions): Promise<HttpFront> {
  const router = createRouter<HttpFunction>();
  for (const fn of options.functions) {
    checkRoute(fn.route);
    router.add(fn.methods, `${options.routePrefix}/${fn.route}`, fn);
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    // The connection failing while an answer is written concerns only its peer.
    response.on('error', () => response.destroy());
    answer(request, response, router, options).catch(() => response.destroy());
  };
  const servers = await listenOnLoopback(options.port, options.requestTimeoutMs ?? usualRequestTimeoutMs, handle);
  const port = portOf(servers[0]);
  return {
    port,
    drain: async () => {
      await Promise.all(
        servers.map(async (server) => {
          const closed = once(server, 'close');
          server.close();
          // A kept-alive connection becomes idle only when its answer is out, and nothing else closes it then.
          const sweep = setInterval(() => server.closeIdleConnections(), 20);
          await closed;
          clearInterval(sweep);
        }),
      );
    },
    close: () => {
      for (const server of servers) {
        server.closeAllConnections();
      }
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  router: ReturnType<typeof createRouter<HttpFunction>>,
  options: HttpFrontOptions,
): Promise<void> {
  const method = request.method ?? 'GET';
  const address = addressOf(request);
  if (address === undefined) {
    response.writeHead(400, { 'content-length': 0, connection: 'close' }).end();
    return;
  }
  const path = (request.url ?? '/').split(/[?#]/, 1)[0] ?? '/';
  const admin = /^\/admin\/functions\/([\w-]+)$/.exec(path);
  const match = router.match(method, path);
  if (match === undefined && admin === null) {
    // The host's own page is the only thing below the root; everything else, a wrong method too, is a bare 404.
    response.writeHead(path === '/' ? 200 : 404, { 'content-length': 0 }).end();
    return;
  }
  const body = await readBody(request, options.bodyLimitBytes);
  if (body === undefined) {
    response.writeHead(413, { 'content-length': 0, connection: 'close' }).end();
    return;
  }
  if (match === undefined) {
    const found = method === 'POST' && options.runNow(admin?.[1] ?? '', inputOf(body));
    response.writeHead(found ? 202 : 404, { 'content-length': 0 }).end();
    return;
  }
  try {
    const { stream } = match.target;
    if (stream !== undefined) {
      await stream({ request, response, body, params: match.params }, `${method} ${path}`);
      return;
    }
    const input = toRpcRequest(request, address, match.params, body);
    sendRpcResponse(response, await match.target.invoke(input, `${method} ${path}`));
  } catch {
    // The invocation has written its line; a caller learns nothing more in Azure either.
    if (!response.headersSent) {
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      response.writeHead(500, { 'content-length': 0 });
    }
    response.end();
  }
}

// As long as Kestrel listens to a caller whose body it will not take, so that the caller can read the answer.
const discardMs = 5_000;

/** The whole body, or undefined if it is larger than `limitBytes`. */
async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  const started = Date.now();
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= limitBytes) chunks.push(chunk);
    else if (Date.now() - started > discardMs) break;
  }
  return size > limitBytes ? undefined : Buffer.concat(chunks);
}

/** `input` of an admin call, which the host hands to the trigger as text. */
function inputOf(body: Buffer): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('input' in parsed)) return undefined;
    return typeof parsed.input === 'string' ? parsed.input : JSON.stringify(parsed.input);
  } catch {
    return undefined;
  }
}

/** Kestrel's default for all headers of a request together. */
const maxHeaderSize = 32 * 1024;

// Longer than any honest caller on the same machine takes; Kestrel waits as long for the headers.
const usualRequestTimeoutMs = 30_000;

async function listenOnLoopback(
  wanted: number,
  requestTimeoutMs: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<[Server, ...Server[]]> {
  const listen = async (host: string, port: number): Promise<Server> => {
    const timeouts = {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: requestTimeoutMs / 4,
    };
    const server = createServer({ maxHeaderSize, ...timeouts }, handle);
    // A caller may keep its connection for as long as Azure's front end would.
    server.keepAliveTimeout = 130_000;
    server.listen(port, host);
    await once(server, 'listening');
    return server;
  };
  // A free port of one family may be taken in the other: with port 0, look for another pair.
  for (let attempt = 0; ; attempt++) {
    const first = await listen('127.0.0.1', wanted).catch((error: unknown) => {
      throw codeOf(error) === 'EADDRINUSE' ? new PortTaken(wanted) : error;
    });
    try {
      return [first, await listen('::1', portOf(first))];
    } catch (error) {
      if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(codeOf(error))) return [first];
      first.close();
      if (codeOf(error) !== 'EADDRINUSE') throw error;
      if (wanted !== 0 || attempt === 20) throw new PortTaken(portOf(first));
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server does not listen.');
  return address.port;
}

/**
 * The real host puts a function with such a route into error, with any prefix (azure-functions-host,
 * ScriptHost.ValidateHttpFunction; issue 1781).
 */
function checkRoute(route: string): void {
  if (/^(admin|runtime)/i.test(route)) {
    throw new Error(`The Functions host keeps routes that begin with admin or runtime for itself: ${route}`);
  }
}
