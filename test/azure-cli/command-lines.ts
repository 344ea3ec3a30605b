import type { DeployOptions } from '../../cli/deploy/options.ts';
import { lookAtAzure } from '../../cli/doctor/look-at-azure.ts';
import { rotateRoot, rotateSecret, upgrade } from '../../cli/rotate/jobs.ts';
import { work } from '../../cli/rotate/work.ts';
import { DeployWorld } from '../support/azure/world.ts';

const dayMs = 86_400_000;

/** What the deploy ran and told in the model's runs: nothing here is written by hand. */
export interface Recorded {
  /** Arguments as they were given to az. */
  readonly calls: readonly (readonly string[])[];
  /** Lines as --what-if prints them, for bash. */
  readonly lines: readonly string[];
}

/** Runs the deploy in every way that leads to another command line. */
export async function record(): Promise<Recorded> {
  const calls: (readonly string[])[] = [];
  const lines: string[] = [];
  const ways: readonly { options: Partial<DeployOptions>; funcVersion: string | undefined }[] = [
    { options: {}, funcVersion: '4.2.2' },
    {
      options: {
        credential: 'secret',
        network: 'private',
        separateTables: true,
        alertEmail: 'ops@contoso.example',
        budget: 9,
        sendsByGraph: true,
        opensByItself: true,
      },
      funcVersion: undefined,
    },
    { options: { resourceGroup: 'Größe.(prod)', name: 'mail-contoso', memoryMb: 2048 }, funcVersion: '4.2.2' },
  ];
  for (const { options, funcVersion } of ways) {
    const world = new DeployWorld({ infraFolder: "/home/ada/o'brien & co/infra" });
    world.model.behaviour.funcVersion = funcVersion;
    lines.push(...(await world.run({ ...options, whatIf: true })).told);
    const keep = ({ error, told }: { readonly error: unknown; readonly told: readonly string[] }): void => {
      if (error !== undefined) throw error;
      lines.push(...told);
    };
    keep(await world.run(options));
    keep(await world.run(options));
    if (options.network === 'private') {
      world.model.behaviour.keepsIntegration = true;
      keep(await world.run({ ...options, network: 'none' }));
    }
    const doctor = await world.through(options, undefined, ({ options, ports }) =>
      lookAtAzure({
        run: { options, ports, facts: { warnings: [] }, whatIf: true, say: () => undefined },
        language: 'en',
      }),
    );
    keep(doctor);
    world.clock.advance(120 * dayMs);
    const jobs = [rotateRoot({ again: false, endLinks: true }), upgrade];
    if (options.credential === 'secret') jobs.push(rotateSecret({ again: false }));
    for (const job of jobs) keep(await world.through(options, undefined, (deploying) => work(deploying, job)));
    keep(await world.run({ ...options, destroy: true }));
    // A region that is not offered asks for the places of all.
    await world.run({ ...options, location: 'germanywestcentral' });
    calls.push(...world.model.azCalls);
  }
  return { calls: unique(calls, (call) => shape(call.join(' '))), lines: unique(lines, shape) };
}

/** Two lines that differ in an id are one. */
const shape = (line: string): string =>
  line.replace(/<[^>]+>|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|"exp":\d+/g, 'ID').replaceAll("'", '');

const unique = <Item>(items: readonly Item[], key: (item: Item) => string): Item[] => [
  ...new Map(items.map((item) => [key(item), item])).values(),
];

/**
 * Commands that are newer than Debian's az (2.45, February 2023), each with the release it came with, the time, and the
 * source. A newer az in Debian makes the row fail, and then it goes.
 */
export const newer = [
  {
    command: 'functionapp list-flexconsumption-locations',
    since: '2.59.0 or earlier',
    seen: 'April 2024',
    source: 'https://github.com/Azure/azure-cli/pull/28714 (corrects the list that it prints)',
  },
  {
    command: 'functionapp list-flexconsumption-runtimes',
    since: '2.60.0',
    seen: 'April 2024',
    source: 'https://github.com/Azure/azure-cli/pull/28795; src/azure-cli/HISTORY.rst',
  },
] as const;
