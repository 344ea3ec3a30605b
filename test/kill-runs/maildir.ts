import { chown, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** https://cr.yp.to/proto/maildir.html: written aside, and there at once when it is moved. */
export async function intoMaildir(maildir: string, name: string, raw: Uint8Array): Promise<void> {
  const { uid, gid } = await stat(maildir);
  for (const each of ['tmp', 'new']) {
    const made = await mkdir(join(maildir, each), { recursive: true });
    if (made !== undefined) await chown(made, uid, gid);
  }
  await writeFile(join(maildir, 'tmp', name), raw);
  await chown(join(maildir, 'tmp', name), uid, gid);
  await rename(join(maildir, 'tmp', name), join(maildir, 'new', name));
}
