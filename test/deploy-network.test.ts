import { describe, expect, it } from 'vitest';
import type { Network } from '../cli/deploy/options.ts';
import { DeployWorld } from './support/azure/world.ts';

// From one --network to another. What costs money by the hour goes; the app, the vault and what is in it stay.

const ofNetwork = ({ model }: DeployWorld): string[] =>
  [...model.resources.values()]
    .filter(({ type }) => type.startsWith('Microsoft.Network/'))
    .map(({ type }) => type.replace('Microsoft.Network/', ''));

async function deployed(network: Network): Promise<DeployWorld> {
  const world = new DeployWorld();
  const { error } = await world.run({ network });
  if (error !== undefined) throw error;
  return world;
}

describe('a narrower network', () => {
  it.each([
    ['private', 'none', []],
    ['nat', 'none', []],
    ['private', 'nat', ['publicIPAddresses', 'natGateways', 'virtualNetworks']],
  ] as const)('a change from %s to %s leaves nothing unneeded behind', async (from, to, rest) => {
    const world = await deployed(from);
    const { error, end } = await world.run({ network: to });
    expect(error).toBeUndefined();
    expect(end?.how).toBe('deployed');
    expect(ofNetwork(world)).toEqual(rest);
    expect(world.model.unknown).toEqual([]);
    // Where all is there, nothing more is written.
    expect((await world.run()).writes).toHaveLength(2);
  });

  it('says before the question what goes, and that the address is lost for good', async () => {
    const world = await deployed('nat');
    world.answers = ['n'];
    const { lines, writes } = await world.run({ network: 'none', yes: false });
    expect(writes).toEqual([]);
    expect(lines.join('\n')).toContain(
      '--network none removes the NAT gateway, the static address, the virtual network.',
    );
    expect(lines.join('\n')).toContain('The address 198.51.100.9 is then lost for good');
  });

  it('shows each removal in a what-if run, and removes nothing', async () => {
    const world = await deployed('private');
    const before = ofNetwork(world);
    const { told, writes } = await world.run({ network: 'none', whatIf: true });
    expect(writes).toEqual([]);
    expect(ofNetwork(world)).toEqual(before);
    const does = await world.run({ network: 'none' });
    const removals = (lines: readonly string[]) =>
      lines.filter((line) => /^az resource delete|subnets\/app/.test(line));
    expect(removals(told)).toEqual(removals(does.told));
    expect(removals(told)).toHaveLength(16);
  });

  it('takes an app out of its subnet that a deployment left in it', async () => {
    const world = await deployed('nat');
    world.model.behaviour.keepsIntegration = true;
    const { error, writes } = await world.run({ network: 'none' });
    expect(error).toBeUndefined();
    expect(writes.some((write) => write.startsWith('az functionapp vnet-integration remove'))).toBe(true);
    expect(ofNetwork(world)).toEqual([]);
  });

  it('ends all the same where Azure calls the subnet "in use", with the command for later, and removes it then', async () => {
    const world = await deployed('nat');
    world.model.behaviour.subnetInUseUntil = world.clock.now() + 48 * 3_600_000;
    const { error, end } = await world.run({ network: 'none' });
    expect(error).toBeUndefined();
    // What costs is gone.
    expect(ofNetwork(world)).toEqual(['virtualNetworks']);
    const warning = end?.facts.warnings.join('\n') ?? '';
    expect(warning).toContain('Azure did not let go of the virtual network. It costs nothing;');
    expect(warning).toMatch(/az resource delete --ids \S+\/virtualNetworks\/\S+/);
    world.clock.advance(72 * 3_600_000);
    expect((await world.run()).error).toBeUndefined();
    expect(ofNetwork(world)).toEqual([]);
  });

  it('says that it costs money where a right is missing to remove it', async () => {
    const world = await deployed('nat');
    world.model.behaviour.notActions = ['Microsoft.Network/natGateways/delete'];
    const { error, end } = await world.run({ network: 'none' });
    expect(error).toBeUndefined();
    expect(end?.facts.warnings.join('\n')).toContain('It costs money until it is gone');
  });

  it('comes to the same where any of its writes fails', async () => {
    const whole = await deployed('private');
    const { writes } = await whole.run({ network: 'none' });
    const removals = writes.flatMap((write, place) => (/resource delete|subnets/i.test(write) ? [place] : []));
    expect(removals.length).toBeGreaterThan(15);
    for (const write of removals) {
      for (const when of ['before', 'after'] as const) {
        for (const how of ['once', 'dies'] as const) {
          const world = await deployed('private');
          world.model.fault = { write: world.model.writes.length + write, when, how };
          const first = await world.run({ network: 'none' });
          if (first.end === undefined) expect((await world.run({ network: 'none' })).error).toBeUndefined();
          expect(ofNetwork(world), `${writes[write]} ${when} ${how}`).toEqual([]);
        }
      }
    }
  });
});
