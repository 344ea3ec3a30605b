import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { finished, pipeline } from 'node:stream/promises';
import type { TypedData } from './rpc.ts';

/** One request on its way through the app's own HTTP server. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  /** Of the route. */
  readonly params: Readonly<Record<string, string>>;
}

/** The invocation that belongs to a request; `status` tells what the app has answered so far. */
export interface StreamedInvocation {
  readonly invocationId: string;
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly status: () => string | undefined;
}

// RFC 9110 section 7.6.1: these concern one connection.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Carries a request to an app that has asked for HTTP streams (`app.setup({ enableHttpStream: true })`), as the host
 * does: request and answer go over the app's own HTTP server, the invocation over the worker's channel, and
 * `x-ms-invocation-id` joins the two (azure-functions-host, DefaultHttpProxyService). A caller that leaves ends the
 * request to the app; the app is not told. Where the invocation fails the answer is a bare 500, or is cut off if it has
 * begun.
 */
export async function exchange(
  httpUri: string,
  { request, response, body, params }: Exchange,
  invoke: (invocation: StreamedInvocation) => Promise<unknown>,
): Promise<void> {
  const invocationId = randomUUID();
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !hopByHop.has(name)));
  const upstream = httpRequest(new URL(request.url ?? '/', httpUri), {
    method: request.method ?? 'GET',
    headers: {
      ...headers,
      'content-length': body.byteLength,
      'x-ms-invocation-id': invocationId,
      'x-forwarded-host': request.headers.host ?? 'localhost',
      'x-forwarded-proto': 'http',
    },
  });
  let status: string | undefined;
  const answered = new Promise<void>((resolve, reject) => {
    upstream.once('error', reject);
    upstream.once('response', (incoming) => {
      status = String(incoming.statusCode ?? 500);
      response.statusCode = Number(status);
      for (const [name, values = []] of Object.entries(incoming.headersDistinct)) {
        if (!hopByHop.has(name) && name !== 'x-ms-invocation-id') response.setHeader(name, values);
      }
      pipeline(incoming, response).then(resolve, reject);
    });
  });
  // Told by what comes of the invocation; on its own it must not end the process.
  answered.catch(() => undefined);
  response.once('close', () => upstream.destroy());
  upstream.end(body);

  const triggerMetadata = {
    Headers: { json: JSON.stringify(request.headers) },
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { string: value }])),
  };
  try {
    await invoke({ invocationId, triggerMetadata, status: () => status });
    await answered;
  } catch (error) {
    upstream.destroy();
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    throw error;
  }
  if (!response.writableFinished && !response.destroyed) await finished(response);
}
