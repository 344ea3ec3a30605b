import { describe, expect, it } from 'vitest';
import { essence } from './support/azure/essence.ts';
import { DeployWorld } from './support/azure/world.ts';

const group = 'mail-broker';

async function deployed(options = {}) {
  const world = new DeployWorld();
  const { error } = await world.run(options);
  if (error !== undefined) throw error;
  return world;
}

describe('--destroy', () => {
  it('removes the lock first, then the application, the group and the profile', async () => {
    const world = await deployed();
    const { error, end, writes } = await world.run({ destroy: true });
    expect(error).toBeUndefined();
    expect(end?.how).toBe('destroyed');
    expect(writes.map((write) => write.split(' ').slice(0, 3).join(' '))).toEqual([
      'DELETE Microsoft.Authorization/locks/delete mail-broker-keep',
      'DELETE Microsoft.Authorization/locks/delete mail-broker-keep',
      'DELETE graph applications',
      'az group delete',
    ]);
    expect([world.model.groups.size, world.model.resources.size, world.model.applications.size]).toEqual([0, 0, 0]);
    expect(world.profiles.all.size).toBe(0);
    expect(world.model.unknown).toEqual([]);
  });

  it('asks first, names what goes for ever, and takes nothing but the name of the group for a yes', async () => {
    const world = await deployed();
    const before = essence(world.model);
    for (const answer of ['', 'y', 'yes', 'MAIL-BROKER']) {
      world.answers = [answer];
      const { end, lines } = await world.run({ destroy: true, yes: false });
      expect(end?.how).toBe('declined');
      expect(lines.join('\n')).toMatch(/For ever:\n.*every sealed sign-in.*\n.*broker-root/s);
      expect(essence(world.model)).toBe(before);
    }
    world.answers = [group];
    expect((await world.run({ destroy: true, yes: false })).end?.how).toBe('destroyed');
  });

  it('lists each removal with --what-if, and removes nothing', async () => {
    const world = await deployed();
    const before = essence(world.model);
    const { told, writes } = await world.run({ destroy: true, whatIf: true });
    expect(writes).toEqual([]);
    expect(essence(world.model)).toBe(before);
    expect(told.join('\n')).toContain(`az group delete --name ${group} --yes`);
  });

  it('leaves a group alone that holds anything else', async () => {
    const world = await deployed();
    const id = `/subscriptions/${world.model.subscription.id}/resourceGroups/${group}/providers/Microsoft.Sql/servers/erp`;
    world.model.resources.set(id.toLowerCase(), {
      id,
      type: 'Microsoft.Sql/servers',
      name: 'erp',
      location: 'westeurope',
      tags: {},
      properties: {},
    });
    const { error, writes } = await world.run({ destroy: true });
    expect(error).toMatchObject({ message: expect.stringContaining('erp (Microsoft.Sql/servers)') });
    expect(writes).toEqual([]);
  });

  it('stops at a lock that it did not create', async () => {
    const world = await deployed();
    const id = `/subscriptions/${world.model.subscription.id}/resourceGroups/${group}/providers/Microsoft.Authorization/locks/finance`;
    world.model.locks.set(id.toLowerCase(), { id, name: 'finance' });
    const { error, writes } = await world.run({ destroy: true });
    expect(error).toMatchObject({ message: expect.stringContaining('finance') });
    expect(writes).toEqual([]);
  });

  it('leaves an application that someone else registered', async () => {
    const world = new DeployWorld();
    const clientId = world.model.newId();
    world.model.directory.put({ clientId, tenant: world.model.subscription.tenant });
    expect((await world.run({ clientId })).error).toBeUndefined();
    expect((await world.run({ destroy: true })).error).toBeUndefined();
    expect(world.model.applications.has(clientId)).toBe(true);
  });

  it('continues where it was interrupted', async () => {
    for (const write of [0, 1, 2, 3]) {
      for (const when of ['before', 'after'] as const) {
        const world = await deployed();
        world.model.fault = { write: world.model.writes.length + write, when, how: 'dies' };
        await world.run({ destroy: true });
        const second = await world.run({ destroy: true });
        // The last thing was done, and only its answer lost: there is nothing left to destroy.
        const isGone = write === 3 && when === 'after';
        if (isGone)
          expect(second.error).toMatchObject({ message: expect.stringContaining('There is no resource group') });
        else expect(second.error).toBeUndefined();
        expect(world.model.groups.size).toBe(0);
      }
    }
  });

  it('says so where there is nothing', async () => {
    const { error } = await new DeployWorld().run({ destroy: true });
    expect(error).toMatchObject({ message: `There is no resource group ${group}.` });
  });
});

describe('a deploy after destroy, under purge protection', () => {
  it.each(['federated', 'secret'] as const)(
    'brings the vault back, and uses its broker-root again (%s)',
    async (credential) => {
      const world = await deployed({ credential });
      const vaultOf = () => [...world.model.vaults.values()][0];
      const root = vaultOf()?.secrets.get('broker-root')?.[0];
      await world.run({ destroy: true });
      expect(world.model.vaults.size).toBe(0);
      const again = await world.run({ credential });
      expect(again.error).toBeUndefined();
      expect(again.lines.join('\n')).toContain('is brought back, with its broker-root');
      expect(vaultOf()?.secrets.get('broker-root')).toEqual([root]);
      // The key of before opens nothing any more: its row went with the tables.
      expect([...world.model.apps.values()][0]?.keys).toHaveLength(1);
      expect(world.profiles.all.size).toBe(1);
      expect(
        vaultOf()
          ?.secrets.get('bootstrap-admin-key')
          ?.some(({ enabled }) => enabled),
      ).toBe(false);
      if (credential === 'secret') {
        const [application] = [...world.model.applications.values()];
        const values = [...(application?.secrets.values() ?? [])].map(({ value }) => value);
        expect(values).toEqual([vaultOf()?.secrets.get('client-secret')?.at(-1)?.value]);
      }
      expect((await world.run()).writes).toHaveLength(2);
    },
  );

  it('recovers a deleted broker-root, and never creates another', async () => {
    const world = await deployed();
    const [vault] = [...world.model.vaults.values()];
    const root = vault?.secrets.get('broker-root') ?? [];
    vault?.deletedSecrets.set('broker-root', root);
    vault?.secrets.delete('broker-root');
    const { error } = await world.run();
    expect(error).toBeUndefined();
    expect(vault?.secrets.get('broker-root')).toEqual(root);
  });

  it('takes a new bootstrap key and client secret where the old ones were deleted, and leaves no old key enabled', async () => {
    const world = await deployed({ credential: 'secret' });
    const [vault] = [...world.model.vaults.values()];
    for (const name of ['bootstrap-admin-key', 'client-secret']) {
      const versions = vault?.secrets.get(name) ?? [];
      for (const version of versions) version.enabled = true;
      vault?.deletedSecrets.set(name, versions);
      vault?.secrets.delete(name);
    }
    world.profiles.all.clear();
    const { error } = await world.run();
    expect(error).toBeUndefined();
    expect(vault?.secrets.get('bootstrap-admin-key')?.map(({ enabled }) => enabled)).toEqual([false, false]);
    expect(vault?.secrets.get('client-secret')).toHaveLength(2);
    expect(world.profiles.all.size).toBe(1);
  });

  it('stops at a disabled broker-root instead of making another', async () => {
    const world = await deployed();
    const [version] = [...world.model.vaults.values()][0]?.secrets.get('broker-root') ?? [];
    if (version !== undefined) version.enabled = false;
    expect((await world.run()).error).toMatchObject({ message: expect.stringContaining('broker-root is disabled') });
  });

  it('says where the deleted vault is, if it is asked for in another region', async () => {
    const world = await deployed();
    await world.run({ destroy: true });
    const { error } = await world.run({ location: 'northeurope' });
    expect(error).toMatchObject({
      message: expect.stringContaining('westeurope'),
      remedy: expect.stringContaining('--vault-name'),
    });
  });
});
