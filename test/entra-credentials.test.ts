import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WantedApplication } from '../cli/entra-app/interface.ts';
import { applicationDeveloper } from './support/azure/directory.ts';
import { EntraWorld } from './support/azure/entra-world.ts';

// What proves the application to Entra, and who may do what, against the model of Graph.

const day = 86_400_000;
const name = 'mail-broker-abcdefghijklm 2026-11-20';
let world: EntraWorld;
let clientId: string;

async function start(more: Partial<WantedApplication> = {}) {
  world = new EntraWorld();
  ({ clientId } = await world.app().ensure(world.wanted(more)));
  world.clock.advance(60_000);
}
beforeEach(() => start());
afterEach(() => expect(world.model.unknown).toEqual([]));

const daysLeft = (endsAt: number) => Math.round((endsAt - world.clock.now()) / day);
const names = () => [...world.application.secrets.values()].map(({ displayName }) => displayName);

describe('a client secret', () => {
  it('is made beside the others, and its value is nowhere but in the answer', async () => {
    await world.app().addSecret(clientId, 'older', 180);
    const app = world.app();
    const made = await app.addSecret(clientId, name, 180);
    expect(world.application.secrets.get(made.keyId)).toMatchObject({ value: made.value, displayName: name });
    expect(daysLeft(made.endsAt)).toBe(180);
    expect([...world.told, ...world.reports, ...world.model.seen].join('\n')).not.toContain(made.value);
    expect(await app.secrets(clientId)).toEqual([
      expect.objectContaining({ displayName: 'older' }),
      { keyId: made.keyId, displayName: name, endsAt: made.endsAt },
    ]);
  });

  it.each([
    [90, 90],
    [7, 7],
    [400, 180],
  ])('a secret in a tenant that allows %i days lives %i days', async (secretDays, days) => {
    world.model.directory.behaviour.secretDays = secretDays;
    const { endsAt } = await world.app().addSecret(clientId, name, 180);
    expect(daysLeft(endsAt)).toBe(days);
    // One request: the policy was read.
    expect(world.told).toHaveLength(1);
  });

  it.each([
    [100, 90],
    [10, 7],
  ])('a secret in a tenant with an unreadable policy of %i days lives %i days', async (secretDays, days) => {
    Object.assign(world.model.directory.behaviour, { secretDays, readsPolicies: false });
    const { endsAt } = await world.app().addSecret(clientId, name, 180);
    expect(daysLeft(endsAt)).toBe(days);
    expect(world.reports.join()).toContain('trying a shorter one');
    expect(names()).toEqual([name]);
  });

  it('is refused in a plain sentence if the policy allows less than a week', async () => {
    Object.assign(world.model.directory.behaviour, { secretDays: 3, readsPolicies: false });
    await expect(world.app().addSecret(clientId, name, 180)).rejects.toMatchObject({
      code: 'secret_lifetime',
      message: 'Your organisation does not allow client secrets with such a long lifetime.',
    });
  });

  it('is refused at once, in a plain sentence, if a policy forbids it', async () => {
    world.model.directory.behaviour.forbidsSecrets = true;
    await expect(world.app().addSecret(clientId, name, 180)).rejects.toMatchObject({
      code: 'secrets_forbidden',
      remedy: expect.stringContaining('--credential federated'),
    });
    expect(world.told).toHaveLength(1);
  });

  it('is refused if this person may not add it', async () => {
    world.model.directory.behaviour.mayAddSecrets = false;
    await expect(world.app().addSecret(clientId, name, 180)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('is waited for where the application is new', async () => {
    world = new EntraWorld();
    ({ clientId } = await world.app().ensure(world.wanted()));
    world.application.secrets.clear();
    // Another replica, which does not know it yet.
    Object.assign(world.application, { madeAt: world.clock.now() });
    expect((await world.app().addSecret(clientId, name, 30)).value).toMatch(/^secret-/);
  });

  it.each(['before', 'after'] as const)(
    'a secret whose answer is lost, %s it was made, is not made a second time',
    async (when) => {
      // The application and both policies are read before.
      await expect(
        world.app({ loss: { call: 3, when, how: 'once' } }).addSecret(clientId, name, 180),
      ).rejects.toMatchObject({ code: 'answer_lost' });
      expect(names()).toEqual(when === 'after' ? [name] : []);
    },
  );

  it('is removed once, however often that is asked', async () => {
    const { keyId } = await world.app().addSecret(clientId, name, 180);
    for (const when of ['after', 'before'] as const)
      await world.app({ loss: { call: 0, when, how: 'once' } }).removeSecret(clientId, keyId);
    expect(names()).toEqual([]);
    await world.app().removeSecret(clientId, keyId);
  });

  it('is reported as missing if its application is gone', async () => {
    await world.app().remove(clientId);
    expect(await world.app().secrets(clientId)).toEqual([]);
  });
});

describe('an application for personal accounts, which has two client secrets at most', () => {
  beforeEach(() => start({ audience: 'personal' }));

  it('loses the oldest of ours for a third', async () => {
    for (const [place, days] of [90, 120, 150].entries())
      await world.app().addSecret(clientId, `mail-broker ${place}`, days);
    expect(names()).toEqual(['mail-broker 1', 'mail-broker 2']);
  });

  it('keeps one that it did not add, and says so', async () => {
    for (const other of ['crm', 'erp']) await world.app().addSecret(clientId, other, 90);
    await expect(world.app().addSecret(clientId, name, 90)).rejects.toMatchObject({ code: 'secrets_full' });
    expect(names()).toEqual(['crm', 'erp']);
  });

  it('loses one that has ended, whosever it was', async () => {
    await world.app().addSecret(clientId, 'crm', 30);
    await world.app().addSecret(clientId, 'erp', 400);
    world.clock.advance(31 * day);
    await world.app().addSecret(clientId, name, 90);
    expect(names()).toEqual(['erp', name]);
  });
});

describe('a managed identity', () => {
  const federation = (principalId: string, app = 'mail-broker-x') => ({
    tenantId: world.tenant,
    principalId,
    name: app,
  });
  const id = (digit: number) => `bbbbbbbb-0000-4000-8000-00000000000${digit}`;
  const subjects = () => [...world.application.trusted.values()].map(({ subject }) => subject);

  it('is trusted once, however often that is asked', async () => {
    expect(await world.app().trusts(clientId, federation(id(1)))).toBe(false);
    await world.app().trust(clientId, federation(id(1)));
    expect(await world.app().trusts(clientId, federation(id(1)))).toBe(true);
    expect(await world.writesOf(() => world.app().trust(clientId, federation(id(1))))).toEqual([]);
    expect([...world.application.trusted.values()]).toEqual([
      {
        name: `mail-broker-x-${id(1)}`,
        issuer: `https://login.microsoftonline.com/${world.tenant}/v2.0`,
        subject: id(1),
        audiences: ['api://AzureADTokenExchange'],
      },
    ]);
  });

  it('made anew takes the place of the old one, and those of other apps stay', async () => {
    await world.app().trust(clientId, federation(id(1)));
    await world.app().trust(clientId, federation(id(2), 'mail-broker-x-2'));
    await world.app().trust(clientId, federation(id(3)));
    expect(subjects()).toEqual([id(2), id(3)]);
  });

  it.each([0, 1, 2, 3].flatMap((call) => (['before', 'after'] as const).map((when) => ({ call, when }))))(
    'is trusted though call $call is lost $when it acted',
    async ({ call, when }) => {
      await world.app().trust(clientId, federation(id(1)));
      await world.app({ loss: { call, when, how: 'once' } }).trust(clientId, federation(id(2)));
      expect(subjects()).toEqual([id(2)]);
    },
  );

  it('is not trusted where twenty others are', async () => {
    const { trusted } = world.application;
    for (let count = 0; count < 20; count += 1) {
      trusted.set(`other-${count}`, { name: `other-${count}`, issuer: 'i', subject: `s${count}`, audiences: [] });
    }
    await expect(world.app().trust(clientId, federation(id(1)))).rejects.toMatchObject({ code: 'federation_full' });
    expect(trusted.size).toBe(20);
  });
});

describe('the rights of whoever is logged in', () => {
  const rights = async (behaviour: object, isGuest = false) => {
    Object.assign(world.model.directory.behaviour, behaviour);
    world.model.behaviour.isGuest = isGuest;
    const { mayRegister, mayConsent } = await world.app().rights();
    return [mayRegister, mayConsent];
  };

  it.each([
    ['a Cloud Application Administrator', {}, [true, true]],
    ['anybody, in a tenant that lets them', { directoryRoles: [] }, [true, false]],
    ['anybody, in a tenant that does not', { directoryRoles: [], usersMayRegister: false }, [false, false]],
    ['an Application Developer', { directoryRoles: [applicationDeveloper], usersMayRegister: false }, [true, false]],
    [
      "whoever has a role of the tenant's own",
      { directoryRoles: [], usersMayRegister: false, customActions: ['microsoft.directory/applications/create'] },
      [true, false],
    ],
    [
      'anybody, where the policy cannot be read',
      { directoryRoles: [], usersMayRegister: false, readsPolicies: false },
      [undefined, false],
    ],
  ])('are seen: %s', async (_who, behaviour, seen) => {
    expect(await rights(behaviour)).toEqual(seen);
  });

  it('are unknown for a guest who may not read the directory', async () => {
    expect(await rights({}, true)).toEqual([undefined, undefined]);
  });

  it('are unknown for a service principal', async () => {
    world.model.caller = { ...world.model.caller, principalType: 'servicePrincipal' };
    expect(await rights({ usersMayRegister: false })).toEqual([undefined, undefined]);
  });

  it('are looked at only', async () => {
    expect(await world.writesOf(() => world.app().rights())).toEqual([]);
  });
});
