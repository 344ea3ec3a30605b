import { z } from 'zod';
import { AzureProblem, isProblem } from '../../azure/problem.ts';
import { shellLine } from '../../azure/writes.ts';
import { known } from '../facts.ts';
import { paths } from '../paths.ts';
import { describeLeft, type Left, networkLeft, removalOf } from '../plan/network-left.ts';
import { type Run, waitUntil } from '../run.ts';
import { done, type Step, skip, todo } from '../step.ts';

const listed = z.object({
  name: z.string(),
  type: z.string(),
  tags: z
    .record(z.string(), z.string())
    .nullish()
    .transform((tags) => tags ?? {}),
});
const site = z.object({ properties: z.object({ virtualNetworkSubnetId: z.string().nullish() }) });
const address = z.object({ properties: z.object({ ipAddress: z.string().nullish() }) });
const subnet = z.object({ properties: z.looseObject({ natGateway: z.unknown().optional() }) });

async function findLeft(run: Run): Promise<readonly Left[]> {
  const scope = known(run.facts, 'scope');
  const { names, network } = known(run.facts, 'choices');
  const { path, query } = paths.groupResources(scope);
  const all = await run.ports.azure
    .arm(scope.subscription)
    .list(path, { query })
    // A first run: there is no resource group yet.
    .catch((error: unknown) => (isProblem(error, 'not_found') ? [] : Promise.reject(error)));
  return networkLeft(
    all.map((one) => listed.parse(one)),
    names.app,
    network,
  );
}

/** Says beforehand what a narrower --network takes away: a static address never comes back. */
export const networkThatGoes: Step = {
  name: 'network-that-goes',
  title: 'What is left of another network',
  async check(run) {
    const left = await findLeft(run);
    if (left.length === 0) return skip();
    const scope = known(run.facts, 'scope');
    const { names, network } = known(run.facts, 'choices');
    const { path, query } = paths.publicAddress(scope, names.app);
    const goes = left.some(({ kind }) => kind === 'address')
      ? address.safeParse(await run.ports.azure.arm(scope.subscription).get(path, { query })).data?.properties.ipAddress
      : undefined;
    const forEver =
      goes === undefined || goes === null
        ? ''
        : ` The address ${goes} is then lost for good: tell everyone who allows it.`;
    run.facts.warnings.push(`--network ${network} removes ${describeLeft(left)}.${forEver}`);
    return done(describeLeft(left));
  },
};

// The gateway may go when Azure has forgotten the subnet, which takes it some seconds.
const wait = { forMs: 2 * 60_000, everyMs: 10_000, saying: 'Waiting until Azure lets it go' };

/**
 * Removes what an earlier --network made and costs money by the hour. It stops nothing: what Azure keeps (a subnet of Flex
 * Consumption may stay "in use" for days, https://github.com/microsoft-foundry/foundry-samples/issues/153) is named with
 * the command that removes it later.
 */
export const networkRemoved: Step = {
  name: 'network-removed',
  title: 'What is left of another network, removed',
  everyRun: true,
  async check(run) {
    const left = await findLeft(run);
    return left.length === 0 ? skip() : todo(describeLeft(left));
  },
  async apply(run) {
    const left = await findLeft(run);
    await leaveNetwork(run, left);
    const kept: Left[] = [];
    for (const one of left) if (!(await remove(run, one))) kept.push(one);
    if (kept.length === 0) return describeLeft(left);
    const lines = kept.map((one) => shellLine('az', removalOf(one, known(run.facts, 'scope'))));
    const costs = kept.some(({ kind }) => kind !== 'network') ? 'It costs money until it is gone' : 'It costs nothing';
    run.facts.warnings.push(
      `Azure did not let go of ${describeLeft(kept)}. ${costs}; try again later: run this command, or ${lines.join('; ')}`,
    );
    return `${left.length - kept.length} of ${left.length}; see the warning`;
  },
};

/** The app out of its subnet, and the subnet off its gateway: nothing that is in use can be deleted. */
async function leaveNetwork(run: Run, left: readonly Left[]): Promise<void> {
  if (!left.some(({ kind }) => kind === 'nat')) return;
  const scope = known(run.facts, 'scope');
  const arm = run.ports.azure.arm(scope.subscription);
  const { names } = known(run.facts, 'choices');
  const at = paths.site(scope, names.app);
  const app = site.safeParse(await arm.get(at.path, { query: at.query })).data;
  // infra/main.bicep has just taken it out. Terraform's provider found that a request for it is needed on some plans.
  if (!run.whatIf && (app?.properties.virtualNetworkSubnetId ?? '') !== '') {
    await run.ports.azure.az.write([
      ...['functionapp', 'vnet-integration', 'remove', '--name', names.app],
      ...['--resource-group', scope.group, '--subscription', scope.subscription],
    ]);
  }
  const { path, query } = paths.appSubnet(scope, names.app);
  const found = await arm.get(path, { query });
  if (found === undefined) return;
  const { natGateway, ...properties } = subnet.parse(found).properties;
  if (natGateway !== undefined && natGateway !== null) await arm.send('PUT', path, { query, body: { properties } });
}

/** @returns whether it is gone */
async function remove(run: Run, one: Left): Promise<boolean> {
  const args = removalOf(one, known(run.facts, 'scope'));
  const gone = await waitUntil(run, wait, async () => {
    try {
      await run.ports.azure.az.write(args);
      return true;
    } catch (error) {
      if (isProblem(error, 'not_found')) return true;
      if (!(error instanceof AzureProblem)) throw error;
      if (isProblem(error, 'mfa_required', 'not_logged_in', 'answer_lost', 'unreachable', 'azure_down')) throw error;
      return undefined;
    }
  });
  return gone === true;
}
