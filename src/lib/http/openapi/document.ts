import { z } from 'zod';
import type { AnswerShape, Operation } from '../answers/answers.ts';
import { problem } from '../answers/parts.ts';
import { apiVersion } from '../api-version.ts';

/** An address as it is registered. */
export interface Endpoint {
  readonly route: string;
  readonly method: string;
  /** `none`: no key is asked for. */
  readonly scope: string;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  /** A form with files may come in place of JSON. */
  readonly takesForm: boolean;
  readonly operation: Operation;
}

export type Json = Readonly<Record<string, unknown>>;

/** The object in `value`; an empty one for anything else. */
export const objectIn = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};

/**
 * The OpenAPI 3.1 document of the API. Pure; the same endpoints make the same document.
 * https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(endpoints: readonly Endpoint[]): Json {
  const components = new Map<string, Json>();
  const schemaOf = (schema: z.ZodType): Json => shared(jsonSchema(schema), components);
  const failure = {
    description: 'What is wrong, how to fix it and who can (RFC 9457)',
    content: { 'application/problem+json': { schema: schemaOf(problem) } },
  };
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints) {
    const { route, method, operation } = endpoint;
    const path = paths[`/${route}`] ?? {};
    paths[`/${route}`] = path;
    const answers = Object.entries(operation.answers).map(([status, shape]) => [status, answer(shape, schemaOf)]);
    path[method.toLowerCase()] = {
      operationId: `${method.toLowerCase()}${route.replace(/(^|[^A-Za-z]+)([a-z])?/g, (_, _s, letter: string = '') => letter.toUpperCase())}`,
      tags: [tagOf(route)],
      summary: operation.summary,
      ...(endpoint.scope === 'none'
        ? { security: [] }
        : { description: `Needs a key with the scope \`${endpoint.scope}\`.` }),
      parameters: [...pathParameters(route), ...(endpoint.query === undefined ? [] : queryParameters(endpoint.query))],
      ...(endpoint.body === undefined ? {} : { requestBody: requestBody(endpoint.body, endpoint) }),
      responses: { ...Object.fromEntries(answers), default: failure },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'NocoBase Mail Broker',
      version: apiVersion,
      description:
        'Additive only: fields, values, addresses and optional parameters may be added; ignore what you do not know. Every answer names this version in the header Api-Version.',
    },
    servers: [{ url: '/api' }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key of the broker, nmb_…' } },
      schemas: Object.fromEntries([...components].sort(([one], [other]) => (one < other ? -1 : 1))),
    },
  };
}

/** What an address is about, for people who look for one. The first that fits. */
const tags: readonly (readonly [RegExp, string])[] = [
  [/^mailboxes\/\{id\}\/(folders|messages|changes)/, 'Messages'],
  [/^mailboxes\/\{id\}\/(drafts|uploads)/, 'Drafts'],
  [/^(mailboxes\/\{id\}\/(send|bulk|submissions|suppressions)|submissions)/, 'Sending'],
  [/^(mailboxes|connect-links|tenant-consent-links)/, 'Mailboxes'],
  [/^(deliveries|destinations|attachments)/, 'Delivery'],
];

const tagOf = (route: string): string => tags.find(([pattern]) => pattern.test(route))?.[1] ?? 'Operations';

/** Requests as they are written, before they are read; answers have no transforms. */
const jsonSchema = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-2020-12' });

/** Schemas with an id of their own become components. */
function shared({ $schema, $defs, ...schema }: Json, components: Map<string, Json>): Json {
  for (const [name, definition] of Object.entries(objectIn($defs))) {
    const { id: _, ...rest } = objectIn(definition);
    components.set(name, pointing(rest));
  }
  const { id, ...rest } = schema;
  if (typeof id !== 'string') return pointing(rest);
  components.set(id, pointing(rest));
  return { $ref: `#/components/schemas/${id}` };
}

const pointing = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));

function answer(shape: AnswerShape, schemaOf: (schema: z.ZodType) => Json): Json {
  switch (shape) {
    case 'nothing':
      return { description: 'Done' };
    case 'file':
      return { description: 'The bytes', content: { 'application/octet-stream': {} } };
    case 'text':
      return { description: 'Text', content: { 'text/plain': { schema: { type: 'string' } } } };
    case 'openapi':
      return { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } };
    default:
      return { description: 'Done', content: { 'application/json': { schema: schemaOf(shape) } } };
  }
}

const pathParameters = (route: string): Json[] =>
  [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true },
    schema: { type: 'string' },
  }));

function queryParameters(query: z.ZodType): Json[] {
  const { properties, required } = jsonSchema(query);
  const names = Array.isArray(required) ? required : [];
  return Object.entries(objectIn(properties)).map(([name, schema]) => ({
    ...{ name, in: 'query', required: names.includes(name) && objectIn(schema).default === undefined },
    schema,
  }));
}

function requestBody(body: z.ZodType, { takesForm, operation }: Endpoint): Json {
  const { $schema: _, ...schema } = jsonSchema(body);
  const example = operation.example?.body;
  return {
    required: true,
    content: {
      'application/json': { schema, ...(example === undefined ? {} : { example }) },
      ...(takesForm ? { 'multipart/form-data': { schema: { type: 'object' } } } : {}),
    },
  };
}
