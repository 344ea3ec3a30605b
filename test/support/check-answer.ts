import { isDeepStrictEqual } from 'node:util';
import { operations } from '../../src/lib/http/answers/answers.ts';
import { problem } from '../../src/lib/http/answers/parts.ts';

interface Seen {
  readonly method: string;
  /** Below /api, with or without a query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

const routes = Object.keys(operations).map((name) => {
  const [method = '', route = ''] = name.split(' ');
  return { name, method, parts: route.split('/') };
});

function operationOf(method: string, path: string) {
  const parts = path.replace(/^\//, '').replace(/\?.*$/, '').split('/');
  const found = routes.find(
    (one) =>
      one.method === (method === 'HEAD' ? 'GET' : method) &&
      one.parts.length === parts.length &&
      one.parts.every((part, at) => part.startsWith('{') || part === parts[at]),
  );
  return found && { name: found.name, ...operations[found.name] };
}

/**
 * Holds an answer of the API against its schema: every answer in a test matches the document, and has no additional
 * field. What is not of the API, such as a page, passes.
 * @throws Error with what is wrong
 */
export function checkAnswer({ method, path, status, contentType, body }: Seen): void {
  if (status >= 400) {
    if (contentType.includes('problem+json')) problem.parse(body);
    return;
  }
  const operation = operationOf(method, path);
  if (operation?.answers === undefined || method === 'HEAD') return;
  const shape = operation.answers[status];
  if (shape === undefined) throw new Error(`${operation.name} answers ${status}, of which the document says nothing.`);
  if (typeof shape === 'string') return;
  const parsed = shape.safeParse(body);
  if (!parsed.success) throw new Error(`${operation.name} ${status}: ${parsed.error.message}`);
  // Objects are read without what they are not known to have.
  const told = JSON.stringify(parsed.data);
  if (!isDeepStrictEqual(JSON.parse(told), body)) {
    throw new Error(
      `${operation.name} ${status} has fields that the document has not: ${JSON.stringify(body)} / ${told}`,
    );
  }
}
