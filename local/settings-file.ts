import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ServicePorts } from './world.ts';

/** Found at the top of a local.settings.json that `npm run services` wrote; without it the file is a person's own. */
export const mark = 'Written by npm run services, which overwrites it. Settings of your own: delete this line first.';

const form = z.looseObject({
  _written_by: z.string().optional(),
  _ports: z.record(z.string(), z.number()).optional(),
  Values: z.record(z.string(), z.string()).default({}),
});

export type SettingsFile =
  | { readonly kind: 'absent' }
  /** Ours to overwrite; the ports are those of its last run. */
  | { readonly kind: 'ours'; readonly ports: Partial<ServicePorts>; readonly brokerPort: number | undefined }
  | { readonly kind: 'theirs'; readonly values: Readonly<Record<string, string>> };

/** @throws Error with one sentence, if the file is not what Core Tools take */
export async function readSettingsFile(path: string): Promise<SettingsFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { kind: 'absent' };
  let parsed: z.infer<typeof form>;
  try {
    parsed = form.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is not JSON with an object "Values" of texts; compare it with the example.`, {
      cause: error,
    });
  }
  if (parsed._written_by !== mark) return { kind: 'theirs', values: parsed.Values };
  const { broker: brokerPort, ...ports } = parsed._ports ?? {};
  return { kind: 'ours', ports, brokerPort };
}

/** Writes the settings for `func start`. The caller has seen that the file is absent or ours. */
export async function writeSettingsFile(
  path: string,
  settings: Readonly<Record<string, string>>,
  ports: Partial<ServicePorts>,
  brokerPort: number,
): Promise<void> {
  const content = {
    _written_by: mark,
    _ports: { broker: brokerPort, ...ports },
    IsEncrypted: false,
    Values: settings,
    Host: { LocalHttpPort: brokerPort },
  };
  // It holds the key of the local emulator and the header of the identity: for its owner only, and never half-written.
  const next = `${path}.next`;
  await writeFile(next, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(next, path);
}
