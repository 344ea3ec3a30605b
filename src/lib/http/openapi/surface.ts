import { type Json, objectIn } from './document.ts';

// A schema that holds itself ends here.
const deepest = 12;

/**
 * What callers of an OpenAPI document rely on, a line each: addresses, parameters, fields of requests and of answers. A
 * line may be added; one that goes breaks somebody.
 */
export function surfaceOf(document: Json): string[] {
  const lines = new Set<string>();
  const schemas = objectIn(objectIn(document.components).schemas);

  const walk = (at: string, given: unknown, depth: number): void => {
    if (depth > deepest) return;
    const schema = objectIn(given);
    if (typeof schema.$ref === 'string') {
      walk(at, schemas[schema.$ref.split('/').at(-1) ?? ''], depth + 1);
      return;
    }
    for (const each of [schema.anyOf, schema.oneOf, schema.allOf]) {
      for (const one of Array.isArray(each) ? each : []) walk(at, one, depth + 1);
    }
    if (schema.items !== undefined) walk(`${at}[]`, schema.items, depth + 1);
    for (const [name, inner] of Object.entries(objectIn(schema.properties))) {
      lines.add(`${at}.${name}`);
      walk(`${at}.${name}`, inner, depth + 1);
    }
  };
  const body = (at: string, given: unknown): void => {
    lines.add(at);
    for (const media of Object.values(objectIn(objectIn(given).content))) walk(at, objectIn(media).schema, 0);
  };

  for (const [path, methods] of Object.entries(objectIn(document.paths))) {
    for (const [method, given] of Object.entries(objectIn(methods))) {
      const at = `${method.toUpperCase()} ${path}`;
      const operation = objectIn(given);
      lines.add(at);
      for (const one of Array.isArray(operation.parameters) ? operation.parameters : []) {
        const { in: where, name } = objectIn(one);
        lines.add(`${at} ${String(where)} ${String(name)}`);
      }
      if (operation.requestBody !== undefined) body(`${at} request`, operation.requestBody);
      for (const [status, one] of Object.entries(objectIn(operation.responses))) body(`${at} ${status}`, one);
    }
  }
  return [...lines].sort();
}
