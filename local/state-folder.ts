import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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

/** Where one run writes what others read: stack.json, the CA, settings. */
export interface StateFolder {
  readonly path: string;
  /** The process that has the folder itself; then `path` lies below it. */
  readonly heldBy: number | undefined;
  /** May be called twice. */
  release(): void;
}

const ownerFile = 'running.pid';

/**
 * Takes a folder for this process. If a live process has it, a subfolder is made and deleted with this run: readers of
 * `stack.json` still find the first world.
 * @param name of the folder below; no two runs at a time may have the same
 * @throws StateFolderFault
 */
export function claimStateFolder(folder: string, name: string): StateFolder {
  makeStateFolder(folder);
  const owner = join(folder, ownerFile);
  const heldBy = livingOwner(owner);
  if (heldBy === undefined) {
    writeFileSync(owner, `${process.pid}\n`);
    return { path: folder, heldBy, release: () => rmSync(owner, { force: true }) };
  }
  const below = join(folder, name);
  makeStateFolder(below);
  return { path: below, heldBy, release: () => rmSync(below, { recursive: true, force: true }) };
}

/** The process that a file names, if it lives and is not this one. What was killed leaves its file behind. */
function livingOwner(file: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
  try {
    // Signal 0 is not delivered; it only shows whether the process exists.
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? pid : undefined;
  }
}

function fault(folder: string, error: unknown): StateFolderFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new StateFolderFault(`Nothing can be written to ${folder} (${code}); make that folder writable.`, {
    cause: error,
  });
}
