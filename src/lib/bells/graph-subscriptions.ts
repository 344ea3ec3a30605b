import { z } from 'zod';
import { retryAfterMs } from '../outbound/retry-after.ts';

/** What became of a request to Graph. `gone`: there is no such subscription (any more). */
export type GraphResult =
  | { readonly kind: 'done'; readonly id: string; readonly expiresAt: Date }
  | { readonly kind: 'gone' | 'exists' | 'token' }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'later'; readonly afterMs: number | undefined };

export interface NewSubscription {
  readonly resource: string;
  readonly clientState: string;
  readonly expiresAt: Date;
}

/** Subscriptions at Graph, each call with the token of whose mailbox it is. https://learn.microsoft.com/graph/api/resources/subscription */
export interface GraphSubscriptions {
  create(token: string, wanted: NewSubscription): Promise<GraphResult>;
  renew(token: string, id: string, expiresAt: Date): Promise<GraphResult>;
  delete(token: string, id: string): Promise<GraphResult>;
  /** Those of ours that watch `resource`. */
  find(token: string, resource: string): Promise<readonly string[]>;
}

// Graph asks us for an answer of our own (validation) before it answers a creation, and gives us 10 s for that.
const requestMs = 20_000;

const made = z.object({ id: z.string().min(1).max(200), expirationDateTime: z.iso.datetime({ offset: true }) });
// A list of all that the app has made in a tenant may be long; what is not found on so many pages is left to expire.
const mostPages = 100;

const listed = z.object({
  '@odata.nextLink': z.string().optional(),
  value: z.array(z.object({ id: z.string(), resource: z.string(), notificationUrl: z.string().nullish() })),
});

/** @param options.notifyAt where notifications go */
export function createGraphSubscriptions(
  options: { readonly url: string; readonly notifyAt: string },
  ports: { readonly fetch: typeof fetch; readonly now: () => number },
): GraphSubscriptions {
  const base = `${options.url}/v1.0/subscriptions`;

  async function ask(token: string, method: string, url: string, body?: object): Promise<Response | undefined> {
    try {
      return await ports.fetch(url, {
        method,
        redirect: 'error',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        signal: AbortSignal.timeout(requestMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      return undefined;
    }
  }

  async function resultOf(
    response: Response | undefined,
    asked: { id: string; expiresAt: Date },
  ): Promise<GraphResult> {
    if (response === undefined) return { kind: 'later', afterMs: undefined };
    const text = await response.text().catch(() => '');
    const { status } = response;
    if (status >= 200 && status < 300) {
      const parsed = made.safeParse(jsonOf(text));
      if (!parsed.success) return { kind: 'done', ...asked };
      return { kind: 'done', id: parsed.data.id, expiresAt: new Date(parsed.data.expirationDateTime) };
    }
    if (status === 404) return { kind: 'gone' };
    if (status === 409) return { kind: 'exists' };
    if (status === 401) return { kind: 'token' };
    if (status === 429 || status >= 500) {
      const wait = retryAfterMs(response.headers.get('retry-after') ?? undefined, ports.now());
      return { kind: 'later', afterMs: wait };
    }
    return { kind: 'refused', status };
  }

  return {
    async create(token, { resource, clientState, expiresAt }) {
      const body = {
        changeType: 'created',
        notificationUrl: options.notifyAt,
        lifecycleNotificationUrl: options.notifyAt,
        resource,
        clientState,
        expirationDateTime: expiresAt.toISOString(),
        latestSupportedTlsVersion: 'v1_2',
      };
      return resultOf(await ask(token, 'POST', base, body), { id: '', expiresAt });
    },
    async renew(token, id, expiresAt) {
      const url = `${base}/${encodeURIComponent(id)}`;
      const response = await ask(token, 'PATCH', url, { expirationDateTime: expiresAt.toISOString() });
      return resultOf(response, { id, expiresAt });
    },
    async delete(token, id) {
      return resultOf(await ask(token, 'DELETE', `${base}/${encodeURIComponent(id)}`), { id, expiresAt: new Date(0) });
    },
    async find(token, resource) {
      const found: string[] = [];
      let url = base;
      for (let pages = 0; pages < mostPages; pages++) {
        const response = await ask(token, 'GET', url);
        const parsed = listed.safeParse(jsonOf((await response?.text().catch(() => '')) ?? ''));
        if (!parsed.success) break;
        const { value, '@odata.nextLink': next = '' } = parsed.data;
        const own = value.filter((one) => one.resource === resource && one.notificationUrl === options.notifyAt);
        found.push(...own.map(({ id }) => id));
        // The token goes nowhere but to Graph.
        if (!next.startsWith(`${base}?`)) break;
        url = next;
      }
      return found;
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
