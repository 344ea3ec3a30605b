import { z } from 'zod';

/** What the broker answered; the body parsed, where it is JSON. */
export interface BrokerAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A refusal of the broker in its own words (RFC 9457). */
export interface BrokerRefusal {
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
}

/** A deployed broker, over its HTTP interface. It throws only where no answer came. */
export interface BrokerApi {
  /** @throws Error where no answer came: for a POST it may have acted */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    options?: { key?: string; body?: unknown },
  ): Promise<BrokerAnswer>;
}

const timeoutMs = 60_000;

/** @param publicUrl PUBLIC_URL, without /api */
export function createBrokerApi(publicUrl: string, fetch: typeof globalThis.fetch): BrokerApi {
  return {
    async call(method, path, { key, body } = {}) {
      const response = await fetch(`${publicUrl}/api/${path}`, {
        method,
        headers: {
          Accept: 'application/json',
          ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: parseBody(text) };
    },
  };
}

/** JSON where it is, else the text. */
export function parseBody(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

const problem = z.object({ code: z.string(), detail: z.string().optional(), remedy: z.string().optional() });

/** The refusal in an answer, or undefined where it is none of the broker's own (the platform answers, too). */
export function refusalOf({ status, body }: BrokerAnswer): BrokerRefusal | undefined {
  if (status < 400) return undefined;
  const read = problem.safeParse(body);
  return read.success
    ? { code: read.data.code, detail: read.data.detail ?? '', remedy: read.data.remedy ?? '' }
    : undefined;
}
