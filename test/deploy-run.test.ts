import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordedRun } from './support/azure/recorded-run.ts';

it('docs/deploy-run.md shows what the deploy does now (node test/support/azure/recorded-run.ts writes it)', async () => {
  expect(readFileSync(join(import.meta.dirname, '../docs/deploy-run.md'), 'utf8')).toBe(await recordedRun());
});
