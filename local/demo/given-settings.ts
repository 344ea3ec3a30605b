import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const file = z.object({ Values: z.record(z.string(), z.string()).default({}) });

/**
 * The settings that a person wrote into local.settings.json: each replaces a stand-in. Empty ones count as absent.
 * @throws Error with one sentence, if the file is not what Core Tools take
 */
export function readGivenSettings(root: string): Readonly<Record<string, string>> {
  const path = join(root, 'local.settings.json');
  if (!existsSync(path)) return {};
  let values: Record<string, string>;
  try {
    values = file.parse(JSON.parse(readFileSync(path, 'utf8'))).Values;
  } catch (error) {
    throw new Error('local.settings.json is not JSON with an object "Values" of texts; compare it with the example.', {
      cause: error,
    });
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}
