import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type CommandIo, UsageError } from '../command.ts';
import { configFolder, fileProfiles, type Profile, type Profiles } from '../profile/profiles.ts';

/** Which broker a person names on the command line. */
export interface ConnectionChoice {
  readonly profile?: string | undefined;
  readonly local?: boolean | undefined;
}

const stack = z.object({ broker: z.string(), adminKey: z.string() });

/**
 * The broker to speak to and the key for it, in this order: `--local` (the world that `npm start` runs in this folder),
 * `--profile`, the variables BROKER_URL and BROKER_KEY, the only profile there is.
 * @throws UsageError where none of them leads to one
 */
export async function connectionOf(choice: ConnectionChoice, io: CommandIo): Promise<Profile> {
  if (choice.local === true) return localBroker(io.folder);
  const profiles = fileProfiles(configFolder(io.environment, process.platform));
  if (choice.profile !== undefined) return profileNamed(choice.profile, profiles);
  const { BROKER_URL: url = '', BROKER_KEY: key = '' } = io.environment;
  if (url !== '' && key !== '') return { url: url.replace(/\/+$/, '').replace(/\/api$/, ''), key };
  const [only, ...others] = await profiles.names();
  const profile = only === undefined || others.length > 0 ? undefined : await profiles.get(only);
  if (profile !== undefined) return profile;
  throw new UsageError(
    others.length > 0
      ? `Name the broker: --profile NAME, one of ${[only, ...others].join(', ')}.`
      : 'Name the broker: --profile NAME, --local for the one of npm start, or BROKER_URL and BROKER_KEY in the environment.',
  );
}

/** @throws UsageError that names the ones there are */
export async function profileNamed(name: string, profiles: Pick<Profiles, 'get' | 'names'>): Promise<Profile> {
  const profile = await profiles.get(name);
  if (profile !== undefined) return profile;
  const known = await profiles.names();
  const list = known.length === 0 ? 'There is none yet; broker deploy creates one.' : `There are: ${known.join(', ')}.`;
  throw new UsageError(`There is no profile ${JSON.stringify(name)}. ${list}`);
}

async function localBroker(folder: string): Promise<Profile> {
  const path = join(folder, '.local/stack.json');
  try {
    const { broker, adminKey } = stack.parse(JSON.parse(await readFile(path, 'utf8')));
    return { url: broker.replace(/\/api$/, ''), key: adminKey };
  } catch {
    throw new UsageError(`${path} does not name a local broker: run npm start in this folder first.`);
  }
}
