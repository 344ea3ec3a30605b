import { join } from 'node:path';
import { z } from 'zod';
import { known } from './facts.ts';
import { asArguments, asFile, type Parameters } from './plan/parameters.ts';
import type { Run } from './run.ts';

const form = z.object({
  properties: z.object({
    outputs: z.record(z.string(), z.object({ value: z.unknown() })).nullish(),
  }),
});

/**
 * Deploys one file of infra/ at the resource group. Parameters go over standard input: the settings that an admin added may
 * be secrets, and stand in no argument and in no file.
 * @returns the outputs by their names; in a what-if run `instead`
 */
export async function deployTemplate(
  run: Run,
  file: string,
  parameters: Parameters,
  instead: Readonly<Record<string, unknown>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { subscription, group } = known(run.facts, 'scope');
  const fixed = [
    ...['deployment', 'group', 'create', '--name', `mail-broker-${file.replace('.bicep', '')}`],
    ...['--resource-group', group, '--subscription', subscription],
  ];
  const template = (folder: string): string[] => ['--template-file', folder];
  const args = [...fixed, ...template(join(run.ports.infraFolder, file)), '--parameters', '@-', '--no-prompt', 'true'];
  const answer = await run.ports.azure.az.write(args, {
    input: asFile(parameters),
    told: [...fixed, ...template(`infra/${file}`), '--parameters', ...asArguments(parameters)],
    instead: {
      properties: { outputs: Object.fromEntries(Object.entries(instead).map(([name, value]) => [name, { value }])) },
    },
  });
  const outputs = form.parse(answer).properties.outputs ?? {};
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}
