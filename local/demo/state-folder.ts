import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '../stack.ts';

/** The folder for everything that a run writes cannot be used; the message is one sentence. */
export class StateFolderFault extends Error {
  override readonly name = 'StateFolderFault';
}

/** @throws StateFolderFault */
export function makeStateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw fault(folder, error);
  }
}

/** Writes stack.json for whoever wants to know where everything is. It holds the admin key of the local world. */
export function writeStack(folder: string, stack: Stack): void {
  try {
    writeFileSync(join(folder, 'stack.json'), `${JSON.stringify(stack, undefined, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw fault(folder, error);
  }
}

function fault(folder: string, error: unknown): StateFolderFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new StateFolderFault(`Nothing can be written to ${folder} (${code}); make that folder writable.`, {
    cause: error,
  });
}
