import { createHash } from 'node:crypto';
import { join } from 'node:path';

export const openApiFile = join(import.meta.dirname, '../src/functions/operations/openapi.json');
export const schemaFile = join(import.meta.dirname, 'schema.d.ts');

/** SHA-256 in hex, whatever the ends of lines are in this checkout. */
export const hashOf = (document: Buffer): string =>
  createHash('sha256').update(document.toString('utf8').replaceAll('\r\n', '\n')).digest('hex');

/** First line of schema.d.ts: which document it was made from. */
export const headerOf = (hash: string): string => `// Made by npm run api-types from openapi.json, SHA-256 ${hash}.`;
