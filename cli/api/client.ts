import { z } from 'zod';
import { everyItem } from '../../src/lib/store/table/every-item.ts';
import type { Profile } from '../profile/profiles.ts';
import { type BrokerAnswer, createBrokerApi, refusalOf } from './broker-api.ts';
import { ApiProblem } from './refusal.ts';

/** A broker over its HTTP interface, as the commands use it. Answers are what the interface documents, unread. */
export interface Client {
  /** Where it is, without /api. */
  readonly url: string;
  /** @throws ApiProblem for anything but success */
  call(method: Method, path: string, body?: unknown): Promise<unknown>;
  /** All items of a list, page by page. @throws ApiProblem */
  all(path: string, query?: Readonly<Record<string, string | undefined>>): AsyncGenerator<unknown>;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const page = z.looseObject({ items: z.array(z.unknown()), cursor: z.string().nullish() });
const faults = z.looseObject({ fields: z.array(z.object({ field: z.string(), message: z.string() })) });

export function createClient({ url, key }: Profile, fetch: typeof globalThis.fetch): Client {
  const api = createBrokerApi(url, fetch);

  const call: Client['call'] = async (method, path, body) => {
    let answer: BrokerAnswer;
    try {
      answer = await api.call(method, path, { key, body });
    } catch (cause) {
      const sentence = `No broker answers at ${url}.`;
      throw new ApiProblem('unreachable', sentence, 'Check the address and your network; npm start runs a local one.', {
        cause,
      });
    }
    if (answer.status < 300) return answer.body;
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
  };

  return {
    url,
    call,
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
