import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** A broker that this machine's user may speak to. */
export interface Profile {
  /** PUBLIC_URL. */
  readonly url: string;
  /** An API key. */
  readonly key: string;
}

/** The brokers that this user knows, by name. */
export interface Profiles {
  /** Where they are kept, for messages. */
  readonly path: string;
  /** In alphabetical order. */
  names(): Promise<readonly string[]>;
  get(name: string): Promise<Profile | undefined>;
  put(name: string, profile: Profile): Promise<void>;
  remove(name: string): Promise<void>;
}

const form = z.object({
  profiles: z.record(z.string(), z.object({ url: z.string(), key: z.string() })),
});

/** The folder that the system has for such files: XDG on Linux and macOS, Roaming on Windows. */
export function configFolder(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string = homedir(),
): string {
  const given = platform === 'win32' ? environment.APPDATA : environment.XDG_CONFIG_HOME;
  const usual = platform === 'win32' ? join(home, 'AppData', 'Roaming') : join(home, '.config');
  return join(given !== undefined && given !== '' ? given : usual, 'nocobase-mail-broker');
}

/**
 * Profiles in a file that only the user can read (mode 600, folder 700; on Windows the folder is the user's own). It is
 * replaced whole, so that a crash leaves the old one.
 */
export function fileProfiles(folder: string): Profiles {
  const path = join(folder, 'profiles.json');

  async function read(): Promise<z.infer<typeof form>> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return { profiles: {} };
    try {
      return form.parse(JSON.parse(text));
    } catch (error) {
      throw new Error(`${path} is not a file that this command wrote. Fix it, or move it.`, { cause: error });
    }
  }

  async function write(content: z.infer<typeof form>): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const next = `${path}.${randomUUID()}`;
    await writeFile(next, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(next, 0o600);
    await rename(next, path).catch(async (error: unknown) => {
      await rm(next, { force: true });
      throw error;
    });
  }

  return {
    path,
    names: async () => Object.keys((await read()).profiles).sort(),
    get: async (name) => {
      const { profiles } = await read();
      return Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    },
    async put(name, profile) {
      const { profiles } = await read();
      await write({ profiles: { ...profiles, [name]: profile } });
    },
    async remove(name) {
      const { [name]: gone, ...profiles } = (await read()).profiles;
      if (gone !== undefined) await write({ profiles });
    },
  };
}
