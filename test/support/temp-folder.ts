import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What os.tmpdir() goes by, on POSIX and on Windows. */
const names = ['TMPDIR', 'TMP', 'TEMP'] as const;

/**
 * Before all suites: one folder for everything that a run puts into the folder for temporary files. Suites and the
 * processes that they start inherit it, and it is deleted with the run, including leftovers of failed or killed suites.
 */
export default function setup(): () => Promise<void> {
  const before = names.map((name) => [name, process.env[name]] as const);
  // Short: sockets lie below it, whose path has room for 108 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'nmb-'));
  // A Dovecot started by root switches to another user, who needs access to its folder in here.
  chmodSync(folder, 0o711);
  for (const name of names) process.env[name] = folder;
  return async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    // What just ends may still write into it.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
}
