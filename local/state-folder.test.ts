import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimStateFolder, StateFolderFault } from './state-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is taken by the first run, and free again after it', () => {
  const first = claimStateFolder(folder, '7071');
  expect(first).toMatchObject({ path: folder, heldBy: undefined });
  first.release();
  first.release();
  expect(claimStateFolder(folder, '7071').heldBy).toBeUndefined();
});

it('leaves the state folder of a running instance alone and gives the second run its own subfolder', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(other, 'spawn');
  writeFileSync(join(folder, 'running.pid'), `${other.pid}\n`);
  const second = claimStateFolder(folder, '7085');
  expect(second).toMatchObject({ path: join(folder, '7085'), heldBy: other.pid });
  writeFileSync(join(second.path, 'stack.json'), '{}');
  second.release();
  expect(existsSync(second.path)).toBe(false);
  expect(existsSync(join(folder, 'running.pid'))).toBe(true);
  other.kill('SIGKILL');
  await once(other, 'exit');
  // What was killed leaves its file behind, which holds nobody up.
  expect(claimStateFolder(folder, '7085').heldBy).toBeUndefined();
});

it('reports an unwritable state folder in one sentence', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => claimStateFolder(join(folder, 'file'), 'x')).toThrow(StateFolderFault);
});
