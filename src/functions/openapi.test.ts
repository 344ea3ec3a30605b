import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { registered } from '../../test/support/without-host.ts';
import { operations } from '../lib/http/answers/answers.ts';
import { type Endpoint, objectIn, openApiDocument } from '../lib/http/openapi/document.ts';
import { surfaceOf } from '../lib/http/openapi/surface.ts';
import type { MethodSchemas } from '../lib/http/resource.ts';

vi.mock('@azure/functions', async (original) =>
  (await import('../../test/support/without-host.ts')).withoutHost(original),
);
await import('./index.ts');

/** Pages and redirects for browsers, what Microsoft Graph alone calls, and what answers where nothing else does. */
const notForCallers = [
  'connect',
  'oauth/callback',
  'tenant-consent',
  'dashboard',
  'dashboard/callback',
  'bell',
  'docs',
  '{*path}',
];

const found = [...registered.values()].flatMap(({ route = '', handler }) => {
  const scopes: Readonly<Record<string, string>> = Object.assign({}, Reflect.get(handler, 'scopes'));
  const schemas: Readonly<Record<string, MethodSchemas>> = Object.assign({}, Reflect.get(handler, 'schemas'));
  return Object.entries(scopes).flatMap(([method, scope]) => {
    const taken = schemas[method];
    if (taken === undefined || notForCallers.includes(route)) return [];
    return [{ name: `${method} ${route}`, route, method, scope, ...taken }];
  });
});

const order = Object.keys(operations);
const endpoints = found
  .toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name))
  .flatMap((each): Endpoint[] => {
    const operation = operations[each.name];
    return operation === undefined ? [] : [{ ...each, operation }];
  });
const document = openApiDocument(endpoints);
const surfaceFile = join(import.meta.dirname, 'openapi.surface');

describe('the OpenAPI document', () => {
  it('describes every address for callers of the API, and no other', () => {
    expect(found.map(({ name }) => name).toSorted()).toEqual(order.toSorted());
  });

  it('is the one that is served', async () => {
    await expect(`${JSON.stringify(document, undefined, 1)}\n`).toMatchFileSnapshot('operations/openapi.json');
  });

  it('takes nothing away that callers rely on, not even when it is recorded anew', async () => {
    const surface = surfaceOf(document);
    const before = existsSync(surfaceFile) ? readFileSync(surfaceFile, 'utf8').trim().split('\n') : [];
    expect(before.filter((line) => !surface.includes(line))).toEqual([]);
    await expect(`${surface.join('\n')}\n`).toMatchFileSnapshot('openapi.surface');
  });

  it('points nowhere in vain, and names no operation twice', () => {
    const text = JSON.stringify(document);
    const known = Object.keys(objectIn(objectIn(document.components).schemas));
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) expect(known).toContain(name);
    expect(text).not.toContain('#/$defs');
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(order.length);
  });

  it('notices a field, a parameter and an address that are missing', () => {
    const whole = surfaceOf(document);
    for (const line of [
      'GET /mailboxes 200.items[].address',
      'GET /mailboxes query state',
      'DELETE /keys/{id}',
      'POST /keys request.scopes',
    ]) {
      expect(whole).toContain(line);
    }
    const fewer = surfaceOf(openApiDocument(endpoints.filter(({ route }) => route !== 'keys')));
    expect(whole.filter((line) => !fewer.includes(line)).every((line) => / \/keys( |$)/.test(line))).toBe(true);
  });
});
