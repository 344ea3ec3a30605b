import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpCookie, HttpData, NullableString, TypedData } from './rpc.ts';

/** The whole address of a request; undefined where its path or its Host header is none. */
export function addressOf(request: IncomingMessage): URL | undefined {
  return URL.parse(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`) ?? undefined;
}

/**
 * A request as the Functions host hands it to the worker: repeated headers and repeated query keys arrive joined by a
 * comma, empty headers not at all, the URL with its whole query (azure-functions-host, ScriptInvocationContextExtensions).
 */
export function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): TypedData {
  const headers: Record<string, NullableString> = {};
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    const value = values.join(',');
    if (value !== '') headers[name] = { value };
  }
  const query: Record<string, NullableString> = {};
  for (const name of new Set(url.searchParams.keys())) query[name] = { value: url.searchParams.getAll(name).join(',') };
  return {
    http: {
      method: request.method ?? 'GET',
      url: url.href,
      nullableHeaders: headers,
      nullableQuery: query,
      nullableParams: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { value }])),
      body: body.length > 0 ? { bytes: body } : null,
    },
  };
}

/** Writes the worker's answer as the host does. A function that answered nothing is a 204. Answers the status. */
export function sendRpcResponse(response: ServerResponse, data: TypedData | null | undefined): number {
  const http: HttpData | null | undefined = data?.http;
  if (http === null || http === undefined) {
    response.writeHead(204).end();
    return 204;
  }
  const status = Number(http.statusCode ?? '200');
  response.statusCode = status;
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  const cookies = (http.cookies ?? []).map(serializeCookie);
  if (cookies.length > 0) response.appendHeader('set-cookie', cookies);
  const bytes = bodyBytes(http.body);
  // RFC 9110, 8.6: no Content-Length in a 204, and a 304 has none of its own.
  if (status !== 204 && status !== 304) response.setHeader('content-length', bytes.byteLength);
  response.end(bytes);
  return status;
}

function bodyBytes(body: TypedData | null | undefined): Uint8Array {
  if (body?.bytes) return body.bytes;
  return Buffer.from(body?.string ?? body?.json ?? '');
}

/** A Set-Cookie header in the words and order of ASP.NET Core, which writes it in Azure; Path is `/` unless given. */
function serializeCookie(cookie: HttpCookie): string {
  const parts = [`${cookie.name}=${encodeURIComponent(cookie.value ?? '')}`];
  const expires = cookie.expires?.value?.seconds;
  if (expires !== undefined) parts.push(`expires=${new Date(expires * 1000).toUTCString()}`);
  if (cookie.maxAge?.value !== undefined) parts.push(`max-age=${Math.trunc(cookie.maxAge.value)}`);
  if (cookie.domain?.value !== undefined) parts.push(`domain=${cookie.domain.value}`);
  parts.push(`path=${cookie.path?.value ?? '/'}`);
  if (cookie.secure?.value === true) parts.push('secure');
  if (cookie.sameSite !== undefined && cookie.sameSite !== 'none') {
    parts.push(`samesite=${cookie.sameSite === 'explicitNone' ? 'none' : cookie.sameSite}`);
  }
  if (cookie.httpOnly?.value === true) parts.push('httponly');
  return parts.join('; ');
}
