import { accessSync, constants, mkdirSync } from 'node:fs';

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

function fault(folder: string, error: unknown): StateFolderFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new StateFolderFault(`Nothing can be written to ${folder} (${code}); make that folder writable.`, {
    cause: error,
  });
}
