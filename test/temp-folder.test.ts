import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import setup from './support/temp-folder.ts';

it('puts this very run into a folder of its own', () => {
  expect(basename(tmpdir())).toMatch(/^nmb-/);
});

it('leaves nothing behind, and gives back what was before', async () => {
  const before = tmpdir();
  const end = setup();
  const folder = tmpdir();
  expect(dirname(folder)).toBe(before);
  writeFileSync(join(mkdtempSync(join(tmpdir(), 'left-behind-')), 'file'), '');
  await end();
  expect(existsSync(folder)).toBe(false);
  expect(tmpdir()).toBe(before);
});
