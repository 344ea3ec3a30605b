import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.d.ts';

/** The API of a broker, typed: `client.GET('/mailboxes/{id}', { params: { path: { id } } })`. */
export type BrokerClient = Client<paths>;

/** A named schema of the document, such as `Mailbox`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** The parameters in the query of `GET` at a path. */
export type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } }
  ? NonNullable<Query>
  : never;

/** The JSON body of `POST` at a path. */
export type BodyOf<Path extends keyof paths> = paths[Path] extends {
  post: { requestBody: { content: { 'application/json': infer Body } } };
}
  ? Body
  : never;

export interface BrokerConnection {
  /** PUBLIC_URL of the broker, without /api. */
  readonly url: string;
  /** An API key. */
  readonly key: string;
  /** Sends a request; the default is the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/**
 * A client of the interface that openapi.json describes. This file and schema.d.ts need nothing else of the project, so
 * that a plugin can take them along.
 *
 * A refusal of the broker is in `error` of the answer (RFC 9457, with `code` and `remedy`), not thrown; what `fetch`
 * throws is passed on. Answers are typed and not checked: ignore fields and values that you do not know. Redirects are
 * refused, since the broker makes none for callers and the key must not reach another host.
 * @see https://openapi-ts.dev/openapi-fetch/
 */
export const createBrokerClient = ({ url, key, fetch }: BrokerConnection): BrokerClient =>
  createFetchClient<paths>({
    baseUrl: `${url}/api`,
    headers: { Accept: 'application/json', Authorization: `Bearer ${key}` },
    redirect: 'error',
    ...(fetch === undefined ? {} : { fetch }),
  });
