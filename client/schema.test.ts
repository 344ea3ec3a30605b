import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hashOf, headerOf, openApiFile, schemaFile } from './schema-file.ts';

it('the types of the client are made from the OpenAPI document as it is now', () => {
  const [first] = readFileSync(schemaFile, 'utf8').split(/\r?\n/, 1);
  expect(first, 'openapi.json has changed: run npm run api-types').toBe(headerOf(hashOf(readFileSync(openApiFile))));
});
