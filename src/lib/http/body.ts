import type { HttpRequest } from '@azure/functions';
import { BrokerError } from '../errors.ts';

/** No request of ours needs more; the remedy of `body_too_large` states it. */
export const bodyLimitBytes = 64 * 1024;

/** Refuses a body by the length that it announces, before a byte of it is read. @throws BrokerError `body_too_large` */
export function checkLength(request: HttpRequest, limitBytes = bodyLimitBytes): void {
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) throw new BrokerError('body_too_large');
}

// Azure hands in a body that is complete; where one is streamed, a caller who sends a byte a minute must not keep us.
const bodyWithinMs = 30_000;

/**
 * The body as it comes. Bytes are counted: a Content-Length may be absent or wrong. Of a body that is too long or too slow
 * the rest is never read.
 * @throws BrokerError `body_too_large` | `body_too_slow`
 */
export async function* bodyChunks(
  request: HttpRequest,
  { limitBytes = bodyLimitBytes, withinMs = bodyWithinMs } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkLength(request, limitBytes);
  if (request.body === null) return;
  const reader = request.body.getReader();
  let length = 0;
  let ended = false;
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  const timer = setTimeout(() => late.reject(new BrokerError('body_too_slow')), withinMs);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      ended = done;
      if (done) return;
      length += value.byteLength;
      if (length > limitBytes) throw new BrokerError('body_too_large');
      yield value;
    }
  } finally {
    clearTimeout(timer);
    // Not awaited: the sender decides when it ends.
    if (!ended) reader.cancel().catch(() => {});
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The body as text.
 * @throws BrokerError `body_too_large` | `body_too_slow`, `malformed_json` if it is not UTF-8
 */
export async function readText(
  request: HttpRequest,
  limits: { readonly limitBytes?: number; readonly withinMs?: number } = {},
): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyChunks(request, limits)) chunks.push(chunk);
  const [only, ...more] = chunks;
  try {
    return decoder.decode(more.length === 0 ? only : Buffer.concat(chunks));
  } catch (cause) {
    throw new BrokerError('malformed_json', { detail: 'The request body is not UTF-8 text.', cause });
  }
}

/**
 * The body as JSON. An absent body counts as `{}`, so that an endpoint without required fields can be called bare and
 * another one names the fields that are missing.
 * @throws BrokerError `body_too_large` | `malformed_json`
 */
export async function readJson(request: HttpRequest, limitBytes = bodyLimitBytes): Promise<unknown> {
  const text = await readText(request, { limitBytes });
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    // No cause: the parser's message quotes the text.
    throw new BrokerError('malformed_json');
  }
}

/** The fields of a posted HTML form; of a repeated field the first counts. @throws BrokerError `body_too_large` */
export async function readForm(request: HttpRequest): Promise<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(await readText(request))) fields[name] ??= value;
  return fields;
}
