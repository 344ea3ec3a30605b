import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { z } from 'zod';

const form = z.object({ Values: z.record(z.string(), z.string()).default({}) });

/**
 * Puts the Values of local.settings.json into the environment, where the file is there; a variable that is set already
 * wins, as it does with `func start`. A CA that the file names is trusted from now on, beside those of
 * the environment.
 * @throws Error with one sentence, if the file is not what Core Tools take
 */
export async function loadLocalSettings(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const path = join(folder, 'local.settings.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return;
  let values: Readonly<Record<string, string>>;
  try {
    values = form.parse(JSON.parse(text)).Values;
  } catch (error) {
    throw new Error(`${path} is not JSON with an object "Values" of texts; compare it with the example.`, {
      cause: error,
    });
  }
  const given = { ...environment };
  for (const [name, value] of Object.entries(values)) {
    if ((given[name] ?? '') === '') environment[name] = value;
  }
  const ca = values.NODE_EXTRA_CA_CERTS ?? '';
  // Node read its own variable when it started: what the file names comes on top of it.
  if (ca !== '' && ca !== given.NODE_EXTRA_CA_CERTS) {
    setDefaultCACertificates([...getCACertificates('default'), await readFile(ca, 'utf8')]);
  }
}
