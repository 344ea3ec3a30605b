import { z } from 'zod';
import { known } from '../facts.ts';
import { nearest, type Place, regionName } from '../plan/regions.ts';
import type { Run } from '../run.ts';
import { blocked, done, type Step } from '../step.ts';

const named = z.array(z.object({ name: z.string() }));
const located = z.array(
  z.object({
    name: z.string(),
    metadata: z.object({ latitude: z.string().nullish(), longitude: z.string().nullish() }).nullish(),
  }),
);

/** The region has Flex Consumption: ARM would take another one, and fail later (Azure-Functions#2666). */
export const region: Step = {
  name: 'region',
  title: 'The region has Flex Consumption',
  async check(run) {
    const { location } = known(run.facts, 'choices');
    const answer = named.parse(await run.ports.azure.az.read(['functionapp', 'list-flexconsumption-locations']));
    const offered = answer.map(({ name }) => regionName(name));
    if (offered.includes(location)) return done(location);
    const near = nearest(location, offered, await places(run));
    return blocked(
      `The region ${location} has no Flex Consumption.`,
      `The nearest that have it: ${near.join(', ')}. Give one with --location.`,
    );
  },
};

async function places({ ports }: Run): Promise<Place[]> {
  // Of the current subscription: it takes no --subscription, and regions are the same for all.
  const answer = await ports.azure.az.read(['account', 'list-locations']);
  return located.parse(answer).flatMap(({ name, metadata }) => {
    const [latitude, longitude] = [Number(metadata?.latitude ?? 'none'), Number(metadata?.longitude ?? 'none')];
    return Number.isNaN(latitude) || Number.isNaN(longitude) ? [] : [{ name, latitude, longitude }];
  });
}

const runtimes = z.array(
  z.object({
    version: z.union([z.string(), z.number()]).transform(String).optional(),
    sku: z
      .object({
        functionAppConfigProperties: z
          .object({ runtime: z.object({ version: z.union([z.string(), z.number()]).transform(String).optional() }) })
          .nullish(),
      })
      .nullish(),
  }),
);

/** What infra/modules/app.bicep asks for. */
export const nodeVersion = '24';

/** The region offers the runtime: it is not the same everywhere. */
export const runtime: Step = {
  name: 'runtime',
  title: `The region offers Node.js ${nodeVersion}`,
  async check({ ports, facts }) {
    const { location } = known(facts, 'choices');
    const answer = await ports.azure.az.read([
      ...['functionapp', 'list-flexconsumption-runtimes'],
      ...['--location', location, '--runtime', 'node'],
    ]);
    // What the template has to say is in the inner field; `version` is what the table shows.
    const versions = runtimes
      .parse(answer)
      .map(({ version, sku }) => sku?.functionAppConfigProperties?.runtime.version ?? version ?? '');
    if (versions.includes(nodeVersion)) return done();
    return blocked(
      `The region ${location} offers Node.js ${versions.join(', ') || 'in no version'}, and not ${nodeVersion}.`,
      'Choose another region with --location: az functionapp list-flexconsumption-runtimes tells what it offers.',
    );
  },
};
