import { z } from 'zod';
import { everyItem } from '../../src/lib/store/table/every-item.ts';
import type { Profile } from '../profile/profiles.ts';
import { type BrokerAnswer, createBrokerApi, parseBody, refusalOf } from './broker-api.ts';
import { ApiProblem } from './refusal.ts';

/** A broker over its HTTP interface, as the commands use it. Answers are what the interface documents, unread. */
export interface Client {
  /** Where it is, without /api. */
  readonly url: string;
  /** @throws ApiProblem for anything but success */
  call(method: Method, path: string, body?: unknown): Promise<unknown>;
  /** The answer as it comes, for what is neither sent nor answered as JSON. @throws ApiProblem for anything but success */
  request(method: Method, path: string, given: RequestParts): Promise<Response>;
  /** All items of a list, page by page. @throws ApiProblem */
  all(path: string, query?: Readonly<Record<string, string | undefined>>): AsyncGenerator<unknown>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A body of text is JSON. */
export interface RequestParts {
  readonly body?: string | FormData;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

const page = z.looseObject({ items: z.array(z.unknown()), cursor: z.string().nullish() });
const faults = z.looseObject({ fields: z.array(z.object({ field: z.string(), message: z.string() })) });

export function createClient({ url, key }: Profile, fetch: typeof globalThis.fetch): Client {
  const api = createBrokerApi(url, fetch);

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

  const call: Client['call'] = async (method, path, body) => {
    const answer = await reached(api.call(method, path, { key, body }));
    return answer.status < 300 ? answer.body : refuse(answer);
  };

  return {
    url,
    call,
    async request(method, path, { body, headers = [] }) {
      const own = new Headers([...headers].map(([name, value]) => [name, value]));
      own.set('Authorization', `Bearer ${key}`);
      if (typeof body === 'string') own.set('Content-Type', 'application/json');
      const init = { method, headers: own, redirect: 'error', ...(body === undefined ? {} : { body }) } as const;
      const answer = await reached(fetch(`${url}/api/${path}`, init));
      return answer.ok ? answer : refuse({ status: answer.status, body: parseBody(await answer.text()) });
    },
    all: (path, query = {}) =>
      everyItem(async (cursor) => {
        const search = new URLSearchParams({ limit: '200' });
        for (const [name, value] of Object.entries({ ...query, cursor })) {
          if (value !== undefined) search.set(name, value);
        }
        const { items, cursor: next } = page.parse(await call('GET', `${path}?${search}`));
        return { items, cursor: next ?? undefined };
      }),
  };
}
