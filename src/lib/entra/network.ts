import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import type { Clock } from '../domain/clock.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import { retryAfterMs } from '../outbound/retry-after.ts';

export interface NetworkDeps {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Awaited before every token request; throws where none may be sent. */
  readonly gate?: () => Promise<void>;
  /** 10 s unless set. */
  readonly timeoutMs?: number;
}

/** MSAL's way to the network, of one operation, with what it hides: why a request failed, and whether one was sent. */
export interface Network {
  readonly module: INetworkModule;
  /** The last failure of the network, which MSAL turns into an error of its own or passes over. */
  failure(): BrokerError | undefined;
  /** Token requests that were sent. */
  posts(): number;
  /** The `claims` of the last refusal, which MSAL drops with some of its errors. */
  claims(): string | undefined;
}

// MSAL itself waits for ever. Entra answers within a second or two.
const defaultTimeoutMs = 10_000;

/**
 * Requests of MSAL over `fetch`. What is not an answer of the token endpoint becomes a BrokerError: 429 `entra_throttled`;
 * 5xx, no answer in time and bodies that are not JSON `entra_unavailable`; both with Retry-After where it was sent.
 * (Left to itself MSAL takes some 5xx answers for success with an empty token.)
 */
export function createNetwork(deps: NetworkDeps): Network {
  const { timeoutMs = defaultTimeoutMs } = deps;
  let failure: BrokerError | undefined;
  let posts = 0;
  let claims: string | undefined;

  const send = async <T>(url: string, init: RequestInit): Promise<NetworkResponse<T>> => {
    let response: Response;
    let text: string;
    try {
      response = await deps.fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      text = await response.text();
    } catch (cause) {
      throw new BrokerError('entra_unavailable', { cause });
    }
    if (response.status === 429 || response.status >= 500) {
      const afterMs = retryAfterMs(response.headers.get('retry-after'), deps.clock.now());
      throw new BrokerError(response.status === 429 ? 'entra_throttled' : 'entra_unavailable', {
        cause: new Error(`HTTP ${response.status}`),
        ...(afterMs === undefined ? {} : { retry: { afterMs } }),
      });
    }
    const body = parse<T & object>(text);
    claims = 'claims' in body && typeof body.claims === 'string' ? body.claims : undefined;
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  };

  const noted = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      if (isBrokerError(error)) failure = error;
      throw error;
    }
  };

  const withOptions = (method: 'GET' | 'POST', options: NetworkRequestOptions = {}): RequestInit => ({
    method,
    headers: options.headers ?? {},
    ...(options.body === undefined ? {} : { body: options.body }),
  });

  return {
    module: {
      sendGetRequestAsync: (url, options) => noted(() => send(url, withOptions('GET', options))),
      sendPostRequestAsync: (url, options) =>
        noted(async () => {
          await deps.gate?.();
          posts++;
          return send(url, withOptions('POST', options));
        }),
    },
    failure: () => failure,
    posts: () => posts,
    claims: () => claims,
  };
}

function parse<T>(text: string): T {
  try {
    const body: unknown = JSON.parse(text);
    // MSAL reads fields of it without looking; what they hold it validates itself.
    if (typeof body === 'object' && body !== null) return body as T;
  } catch {
    // A gateway's page, told below.
  }
  throw new BrokerError('entra_unavailable', { cause: new Error('The answer is not a JSON object.') });
}
