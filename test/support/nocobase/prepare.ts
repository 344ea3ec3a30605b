import { existsSync } from 'node:fs';
import { nocobaseFolder } from './install.ts';
import { prepareTemplate } from './template.ts';

/** Before any suite: what takes minutes, once for a machine. Without PostgreSQL the run ends here, and says so. */
export async function setup(): Promise<void> {
  const folder = nocobaseFolder();
  if (!existsSync(folder)) console.log(`Installing NocoBase into ${folder}; this takes minutes, once.`);
  await prepareTemplate();
}
