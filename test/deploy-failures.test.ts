import { describe, expect, it } from 'vitest';
import type { DeployOptions } from '../cli/deploy/options.ts';
import { essence } from './support/azure/essence.ts';
import type { Fault } from './support/azure/model.ts';
import { DeployWorld } from './support/azure/world.ts';

// Every write of a deploy fails once: before it acted, and after it acted, so that its answer is lost; once because the
// connection breaks, and once because the process that deploys is gone. What is there in the end is always the same.

const variants: readonly (readonly [string, Partial<DeployOptions>])[] = [
  ['with the managed identity', { alertEmail: 'ops@contoso.example', budget: 9 }],
  ['with a client secret, in a private network', { credential: 'secret', network: 'private', separateTables: true }],
];

const ways: readonly Omit<Fault, 'write'>[] = [
  { when: 'before', how: 'once' },
  { when: 'after', how: 'once' },
  { when: 'before', how: 'dies' },
  { when: 'after', how: 'dies' },
];

/** What an uninterrupted run comes to, and by which writes. */
async function uninterrupted(options: Partial<DeployOptions>) {
  const world = new DeployWorld();
  const { error, writes } = await world.run(options);
  if (error !== undefined) throw error;
  return { essence: essence(world.model), writes };
}

const isOurs = ({ model }: DeployWorld) =>
  [...model.assignments.values()].some((one) => one.principalId === model.caller.objectId);

describe.each(variants)('a deploy %s', async (_title, options) => {
  const whole = await uninterrupted(options);
  const cases = whole.writes.flatMap((name, write) =>
    ways.map((way) => ({ name: name.replace(/ [0-9a-f-]{36}$/, ''), write, ...way })),
  );

  it.each(cases)('comes to the same where $name fails $when it acted ($how)', async ({ write, when, how, name }) => {
    const world = new DeployWorld();
    world.model.fault = { write, when, how };
    const first = await world.run(options);
    if (how === 'dies') expect(first.end).toBeUndefined();
    // A broken connection is handled within the run; if the outcome is unknown, the next run checks.
    if (first.end === undefined) {
      const second = await world.run(options);
      expect(second.error).toBeUndefined();
    }
    expect(world.model.unknown).toEqual([]);
    expect(isOurs(world)).toBe(false);
    const [vault] = [...world.model.vaults.values()];
    // The one thing that cannot be made again is made once.
    expect(vault?.secrets.get('broker-root')).toHaveLength(1);
    // There is one application, and none of its secrets is unknown.
    expect(world.model.applications.size).toBe(1);
    const [application] = [...world.model.applications.values()];
    expect(application?.secrets.size).toBe(options.credential === 'secret' ? 1 : 0);
    // A key that was made for a dead process gives no access: its text is stored nowhere.
    const [app] = [...world.model.apps.values()];
    const isLostKey = name === 'POST broker keys' && when === 'after' && how === 'dies';
    expect(app?.keys).toHaveLength(isLostKey ? 2 : 1);
    if (isLostKey) app?.keys.shift();
    expect(essence(world.model)).toBe(whole.essence);
  });
});

describe('a network that breaks off every call once', () => {
  it('is met within one run', async () => {
    const world = new DeployWorld();
    const calm = await uninterrupted({});
    world.model.behaviour.stumbles = 1;
    let runs = 0;
    for (let ended = false; !ended && runs < 12; runs += 1) ended = (await world.run()).end !== undefined;
    // az is asked in processes of its own, and a lost answer of a read of it ends the run: the next one continues.
    expect(runs).toBeLessThan(12);
    expect(essence(world.model)).toBe(calm.essence);
  });
});

describe('Ctrl-C', () => {
  it('ends the run at the next wait, and takes back what was for the run only', async () => {
    const world = new DeployWorld();
    const interrupted = new AbortController();
    const { clock } = world;
    const { sleep } = clock;
    clock.sleep = async (ms, signal) => {
      if (isOurs(world)) interrupted.abort();
      await sleep(ms, signal);
    };
    const ran = await world.run({}, interrupted.signal);
    expect(ran.error).toBeDefined();
    expect(ran.end).toBeUndefined();
    expect(isOurs(world)).toBe(false);
    clock.sleep = sleep;
    const again = await world.run();
    expect(again.error).toBeUndefined();
    expect(essence(world.model)).toBe((await uninterrupted({})).essence);
  });
});
