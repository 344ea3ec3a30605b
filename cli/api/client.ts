import { z } from 'zod';
import { type BrokerClient, createBrokerClient } from '../../client/broker-client.ts';
import { everyItem } from '../../src/lib/store/table/every-item.ts';
import type { Profile } from '../profile/profiles.ts';
import { type BrokerAnswer, parseBody, refusalOf } from './broker-api.ts';
import { ApiProblem } from './refusal.ts';

/** A broker over its HTTP interface, as the commands use it. */
export interface Client {
  /** Where it is, without /api. */
  readonly url: string;
  /** The documented interface, typed, as far as it answers JSON. Every call throws ApiProblem for anything but success. */
  readonly api: BrokerClient;
  /** All items of a list of `api`, page by page. @throws ApiProblem */
  pages<T>(read: (page: PageQuery) => Promise<{ readonly data?: PageOf<T> }>): AsyncGenerator<T>;
  /** Any request, its answer as it comes. @throws ApiProblem for anything but success */
  request(method: Method, path: string, given: RequestParts): Promise<Response>;
  /** All items of any list, unread, page by page. @throws ApiProblem */
  all(path: string, query?: Readonly<Record<string, string | undefined>>): AsyncGenerator<unknown>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A body of text is JSON. */
export interface RequestParts {
  readonly body?: string | FormData;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Which page of a list. */
interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

interface PageOf<T> {
  readonly items: readonly T[];
  readonly cursor?: string | null;
}

const pageSize = 200;
const timeoutMs = 60_000;
const page = z.looseObject({ items: z.array(z.unknown()), cursor: z.string().nullish() });
const faults = z.looseObject({ fields: z.array(z.object({ field: z.string(), message: z.string() })) });

export function createClient({ url, key }: Profile, fetch: typeof globalThis.fetch): Client {
  /** @throws ApiProblem where no answer comes */
  const reached = <T>(sending: Promise<T>): Promise<T> =>
    sending.catch((cause: unknown) => {
      const sentence = `No broker answers at ${url}.`;
      throw new ApiProblem('unreachable', sentence, 'Check the address and your network; npm start runs a local one.', {
        cause,
      });
    });

  function refuse(answer: BrokerAnswer): never {
    const refusal = refusalOf(answer);
    if (refusal === undefined) {
      throw new ApiProblem(
        'not_a_broker',
        `${url} answered ${answer.status}, and not as a broker does.`,
        'Check that the address is that of the Function App, and that the app runs: its /api/health answers {"status":"ok"}.',
      );
    }
    const named = faults.safeParse(answer.body);
    throw new ApiProblem(refusal.code, refusal.detail, refusal.remedy, {
      fields: named.success ? named.data.fields : [],
    });
  }

  /** The whole answer of a success, in JSON or empty. @throws ApiProblem */
  const jsonAnswer = async (request: Request): Promise<Response> => {
    const [answer, text] = await reached(
      fetch(request, { signal: AbortSignal.timeout(timeoutMs) }).then(
        async (response) => [response, await response.text()] as const,
      ),
    );
    const body = parseBody(text);
    // A page for people may answer where no broker is.
    if (!answer.ok || typeof body === 'string') refuse({ status: answer.status, body });
    return new Response(text === '' ? null : text, answer);
  };

  const request: Client['request'] = async (method, path, { body, headers = [] }) => {
    const own = new Headers([...headers].map(([name, value]) => [name, value]));
    own.set('Authorization', `Bearer ${key}`);
    if (typeof body === 'string') own.set('Content-Type', 'application/json');
    const init = { method, headers: own, redirect: 'error', ...(body === undefined ? {} : { body }) } as const;
    const answer = await reached(fetch(`${url}/api/${path}`, init));
    return answer.ok ? answer : refuse({ status: answer.status, body: parseBody(await answer.text()) });
  };

  return {
    url,
    api: createBrokerClient({ url, key, fetch: jsonAnswer }),
    request,
    pages: (read) =>
      everyItem(async (cursor) => {
        const { data } = await read({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) });
        if (data === undefined || !page.safeParse(data).success) return refuse({ status: 200, body: data });
        return { items: data.items, cursor: data.cursor ?? undefined };
      }),
    all: (path, query = {}) =>
      everyItem(async (cursor) => {
        const search = new URLSearchParams({ limit: String(pageSize) });
        for (const [name, value] of Object.entries({ ...query, cursor })) {
          if (value !== undefined) search.set(name, value);
        }
        const headers = { Accept: 'application/json', Authorization: `Bearer ${key}` };
        const asking = new Request(`${url}/api/${path}?${search}`, { headers, redirect: 'error' });
        const { items, cursor: next } = page.parse(await (await jsonAnswer(asking)).json());
        return { items, cursor: next ?? undefined };
      }),
  };
}
