import type { HttpHandler, HttpMethod, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import { anonymous, type Caller, type KeyVerifier, type Scope } from '../access/caller.ts';
import { BrokerError } from '../errors.ts';
import { consoleLog, correlated, type Log } from '../log.ts';
import { traced } from '../trace.ts';
import { apiVersion } from './api-version.ts';
import { type Intake, takeIn } from './intake.ts';
import type { FormFields, FormLimits, ReceivedFile } from './multipart.ts';
import { problem, toBrokerError } from './problem.ts';
import { validate } from './validate.ts';

/** What a resource needs of the composed broker; endpoints get the whole of it. */
export interface HttpParts {
  readonly log: Log;
  readonly apiKeys: KeyVerifier;
}

/** One request, checked: what an endpoint works with. */
export interface Call<B, Q, Y> {
  readonly broker: B;
  readonly request: HttpRequest;
  readonly requestId: string;
  /** {@link anonymous} where the endpoint has the scope `none`. */
  readonly caller: Caller;
  /** Route parameters, undecoded by any schema: an id of the wrong form is simply unknown. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: Y;
  /** Of a `multipart/form-data` body; they are gone once the request is answered. */
  readonly files: readonly ReceivedFile[];
}

/** One method of a resource. */
export interface Endpoint<B, Q, Y> {
  /** `none`: a browser's or a public endpoint, for which no key is looked at. */
  readonly scope: Scope | 'none';
  /** True where the first key of a deployment (see {@link Caller.bootstrap}) may be used. */
  readonly takesBootstrapKey?: boolean;
  readonly query?: z.ZodType<Q>;
  /** Without it the request's body is not read; one over the limit is refused all the same. */
  readonly body?: z.ZodType<Y>;
  /** How long the body may be, where 64 KiB are too little. The remedy of a longer one is for its `detail` to say. */
  readonly bodyLimitBytes?: number;
  /** How the body is written; JSON unless an HTML form posts here. */
  readonly bodyForm?: 'json' | 'form';
  /** Where bodies are so large that a process counts them. */
  readonly intake?: (broker: B) => Intake;
  /** How a `multipart/form-data` body is taken where it may come in place of JSON; needs `intake`. */
  readonly upload?: {
    readonly limits: FormLimits;
    /** What the texts of the form would be in JSON, for `body` to validate. */
    readonly toJson: (fields: FormFields) => unknown;
  };
  readonly handler: (call: Call<B, Q, Y>) => Promise<HttpResponseInit>;
  /** Shows a failure as a page, to a client that asks for HTML; undefined leaves it to problem+json. */
  readonly errorPage?: (
    error: BrokerError,
    request: HttpRequest,
    requestId: string,
  ) => Promise<HttpResponseInit> | undefined;
}

/** The handler of an address, with what each of its methods asks of a key; for the table that holds them all. */
export type ResourceHandler = HttpHandler & {
  readonly scopes: Readonly<Record<string, Scope | 'none'>>;
  /** What each method takes, for the document of the API. */
  readonly schemas: Readonly<Record<string, MethodSchemas>>;
};

export interface MethodSchemas {
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly takesForm: boolean;
}

/** Every method that can reach a function. A resource is registered with all, so that a wrong one gets our own 405. */
export const allMethods: HttpMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** On every answer: nothing of ours belongs in a cache, and nothing is what its bytes might look like. */
export const commonHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Api-Version': apiVersion,
};

/**
 * Makes the handler of one address from its methods. In this order: method, key and scope, body (limit, JSON), query
 * and body against their schemas, the endpoint. Every failure becomes problem+json with its code; one that is not a
 * BrokerError is logged and answers `internal_error`. Unknown `x-*` headers and the body of a GET are ignored.
 *
 *     app.http('things', {
 *       route: 'things', methods: allMethods, authLevel: 'anonymous',
 *       handler: resource(broker, { POST: { scope: 'admin', body: newThing, handler: async ({ broker, body }) => json(201, …) } }),
 *     });
 *
 * @param broker answers the composed parts, or throws `settings_broken`, which becomes a 503
 */
export function resource<B extends HttpParts, GQ, GY, PostQ, PostY, PutQ, PutY, PatchQ, PatchY, DelQ, DelY>(
  broker: () => Promise<B>,
  methods: {
    readonly GET?: Endpoint<B, GQ, GY>;
    readonly POST?: Endpoint<B, PostQ, PostY>;
    readonly PUT?: Endpoint<B, PutQ, PutY>;
    readonly PATCH?: Endpoint<B, PatchQ, PatchY>;
    readonly DELETE?: Endpoint<B, DelQ, DelY>;
  },
): ResourceHandler {
  const runners: Record<string, Runner<B> | undefined> = {
    GET: runner(methods.GET),
    HEAD: runner(methods.GET),
    POST: runner(methods.POST),
    PUT: runner(methods.PUT),
    PATCH: runner(methods.PATCH),
    DELETE: runner(methods.DELETE),
  };
  const allow = Object.keys(runners)
    .filter((method) => runners[method] !== undefined)
    .join(', ');

  const answer = async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const requestId = context.invocationId;
    const run = runners[request.method];
    if (run === undefined) {
      return withCommonHeaders(problem(new BrokerError('method_not_allowed'), requestId, { Allow: allow }));
    }
    let log = consoleLog;
    try {
      const parts = await broker();
      log = () => parts.log;
      return withCommonHeaders(await correlated({ requestId }, () => run.answer(parts, request, requestId)));
    } catch (caught) {
      const error = toBrokerError(caught);
      if (error.status >= 500 && error.code !== 'settings_broken') {
        log().error('http.failed', error.cause ?? error, {
          requestId,
          functionName: context.functionName,
          method: request.method,
          answeredCode: error.code,
        });
      }
      return withCommonHeaders((await run.errorPage?.(error, request, requestId)) ?? problem(error, requestId));
    }
  };
  const handler: HttpHandler = (request, context) => {
    const { functionName, invocationId } = context;
    const facts = {
      'faas.name': functionName,
      'http.request.method': request.method,
      'broker.request_id': invocationId,
    };
    return traced(`${request.method} ${functionName}`, 'server', facts, async (span) => {
      const answered = await answer(request, context);
      span.say({ 'http.response.status_code': Number(answered.status ?? 200) });
      if (Number(answered.status) >= 500) span.fail();
      return answered;
    });
  };
  const scopes = Object.entries(methods).map(([method, endpoint]) => [method, endpoint?.scope ?? 'none'] as const);
  const schemas = Object.entries(methods).map(([method, endpoint]): [string, MethodSchemas] => [
    method,
    { query: endpoint?.query, body: endpoint?.body, takesForm: endpoint?.upload !== undefined },
  ]);
  return Object.assign(handler, { scopes: Object.fromEntries(scopes), schemas: Object.fromEntries(schemas) });
}

interface Runner<B> {
  readonly answer: (broker: B, request: HttpRequest, requestId: string) => Promise<HttpResponseInit>;
  readonly errorPage: Endpoint<B, never, never>['errorPage'];
}

/** Binds an endpoint's own types, so that methods with different ones stand in one table. */
function runner<B extends HttpParts, Q, Y>(endpoint: Endpoint<B, Q, Y> | undefined): Runner<B> | undefined {
  if (endpoint === undefined) return undefined;
  return {
    errorPage: endpoint.errorPage,
    answer: async (broker, request, requestId) => {
      const caller = await authorise(broker.apiKeys, endpoint, request);
      const { body, files, release } = await takeIn(endpoint, broker, request);
      try {
        const query = parsed(endpoint.query, () => Object.fromEntries(request.query), 'query');
        return await endpoint.handler({
          broker,
          request,
          requestId,
          caller,
          params: request.params,
          query,
          body,
          files,
        });
      } finally {
        await release();
      }
    },
  };
}

async function authorise<B, Q, Y>(
  apiKeys: KeyVerifier,
  endpoint: Endpoint<B, Q, Y>,
  request: HttpRequest,
): Promise<Caller> {
  if (endpoint.scope === 'none') return anonymous;
  const caller = await apiKeys.verify(request.headers.get('authorization'));
  if (caller.bootstrap && endpoint.takesBootstrapKey !== true) {
    throw new BrokerError('scope_missing', {
      detail: "This is the deployment's first key, which may only create other keys.",
    });
  }
  if (!caller.scopes.includes(endpoint.scope)) {
    throw new BrokerError('scope_missing', {
      detail: `The API key does not have the scope ${endpoint.scope}, which this endpoint requires.`,
    });
  }
  return caller;
}

function parsed<T>(schema: z.ZodType<T> | undefined, input: () => unknown, within: string): T {
  // Without a schema nothing can be inferred for T but unknown, and the endpoint gets nothing to look at.
  return schema === undefined ? (undefined as T) : validate(schema, input(), within);
}

const commonNames = Object.entries(commonHeaders).map(([name, value]) => [name, name.toLowerCase(), value] as const);

function withCommonHeaders(answer: HttpResponseInit): HttpResponseInit {
  const own = answer.headers ?? {};
  if (Symbol.iterator in own) {
    const headers = new Headers(answer.headers);
    for (const [name, , value] of commonNames) if (!headers.has(name)) headers.set(name, value);
    return { ...answer, headers };
  }
  // Most answers name theirs in an object, which the library makes Headers of, once.
  const given = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const headers = { ...own };
  for (const [name, lowerCase, value] of commonNames) if (!given.has(lowerCase)) headers[name] = value;
  return { ...answer, headers };
}

/** A JSON answer. Instants become RFC 3339 UTC, absent values are left out. */
export const json = (status: number, body: unknown): HttpResponseInit => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

/** An answer without a body. */
export const noContent: HttpResponseInit = { status: 204 };
