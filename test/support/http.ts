import { type HttpHandler, HttpRequest, InvocationContext } from '@azure/functions';
import type { Clock } from '../../src/lib/domain/clock.ts';
import { systemClock } from '../../src/lib/domain/system.ts';
import { BrokerError } from '../../src/lib/errors.ts';
import type { Log, LogFields } from '../../src/lib/log.ts';
import type { Vault } from '../../src/lib/vault/types.ts';
import { checkAnswer } from './check-answer.ts';

/** A wall clock that a test turns; waiting turns it too. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export function manualClock(start = Date.UTC(2026, 10, 22, 8)): ManualClock {
  let now = start;
  return {
    now: () => now,
    monotonic: systemClock.monotonic,
    advance: (ms) => {
      now += ms;
    },
    sleep: async (ms) => {
      now += ms;
      await systemClock.sleep(1);
    },
    caughtUp: systemClock.caughtUp,
  };
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: LogFields;
  readonly error?: unknown;
}

/** A log that a test reads. */
export function memoryLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  return {
    lines,
    info: (event, fields = {}) => lines.push({ level: 'info', event, fields }),
    warn: (event, fields = {}) => lines.push({ level: 'warn', event, fields }),
    error: (event, error, fields = {}) => lines.push({ level: 'error', event, fields, error }),
  };
}

/** Key Vault as far as a test needs it: secrets by name, newest version first. */
export function memoryVault(
  secrets: Record<string, readonly { readonly version: string; readonly value: string }[]>,
): Vault & { reads(): number } {
  let reads = 0;
  return {
    reads: () => reads,
    async secret(name) {
      reads += 1;
      const newest = secrets[name]?.[0];
      if (newest === undefined) throw new BrokerError('secret_missing');
      return newest;
    },
    async secretVersion(name, version) {
      return secrets[name]?.find((secret) => secret.version === version);
    },
    async versions(name) {
      return (secrets[name] ?? []).map(({ version }) => ({ id: version, enabled: true }));
    },
  };
}

/** A root key for tests, and the version it goes by. */
export const testRoot = {
  version: '0123456789abcdef0123456789abcdef',
  value: Buffer.alloc(32, 7).toString('base64url'),
} as const;

/** An answer of a handler, as it stands before it leaves. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly cookies: readonly { readonly name: string; readonly value: string; readonly path?: string }[];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire says, whatever its shape
  readonly body: any;
}

export interface Sent {
  readonly method?: string;
  /** Below /api, with the query. */
  readonly path?: string;
  readonly params?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | object;
  /** The part that answers is made up for the test, and so is what it answers. */
  readonly isMadeUp?: boolean;
}

/** Calls a handler as the worker does: a real request in, the answer out. */
export async function send(handler: HttpHandler, sent: Sent = {}): Promise<Answered> {
  const { body } = sent;
  const request = new HttpRequest({
    method: sent.method ?? 'GET',
    url: `http://localhost:7071/api/${sent.path ?? ''}`,
    headers: sent.headers ?? {},
    ...(sent.params === undefined ? {} : { params: sent.params }),
    ...(body === undefined
      ? {}
      : {
          body:
            body instanceof Uint8Array
              ? { bytes: body }
              : { string: typeof body === 'string' ? body : JSON.stringify(body) },
        }),
  });
  const answer = await handler(request, new InvocationContext({ invocationId: 'req-1', functionName: 'test' }));
  const headers = new Headers(answer.headers);
  const text = String(answer.body ?? '');
  const contentType = headers.get('content-type') ?? '';
  const read = contentType.includes('json') ? JSON.parse(text) : text;
  const status = answer.status ?? 200;
  if (sent.isMadeUp !== true)
    checkAnswer({ method: request.method, path: sent.path ?? '', status, contentType, body: read });
  return { status, headers, cookies: answer.cookies ?? [], text, body: read };
}
