import { describe, expect, it } from 'vitest';
import type { DeployOptions } from '../cli/deploy/options.ts';
import { StepBlocked } from '../cli/deploy/run-steps.ts';
import { type Job, rotateRoot, rotateSecret, upgrade } from '../cli/rotate/jobs.ts';
import { type JobEnd, work } from '../cli/rotate/work.ts';
import { essence } from './support/azure/essence.ts';
import type { Fault } from './support/azure/model.ts';
import { DeployWorld, type Ran } from './support/azure/world.ts';

// Rotations and upgrades of a broker that was deployed to the model of Azure (test/support/azure).

const day = 86_400_000;
const hour = 3_600_000;

/** A deployed broker, half a year later. */
async function deployed(options: Partial<DeployOptions> = {}): Promise<DeployWorld> {
  const world = new DeployWorld();
  const { error } = await world.run(options);
  if (error !== undefined) throw error;
  const { app, root } = inside(world);
  app.sealed.set(root[0]?.version ?? '', 2500);
  world.clock.advance(120 * day);
  return world;
}

function inside({ model }: DeployWorld) {
  const [[name, app] = []] = [...model.apps];
  const [vault] = [...model.vaults.values()];
  const [application] = [...model.applications.values()];
  if (name === undefined || app === undefined || vault === undefined || application === undefined) {
    throw new Error('Nothing is deployed.');
  }
  const { secrets } = vault;
  return { name, app, application, root: secrets.get('broker-root') ?? [], stored: secrets.get('client-secret') ?? [] };
}

const does = (world: DeployWorld, job: Job, given: Partial<DeployOptions> = {}, signal?: AbortSignal) =>
  world.through({ location: undefined, ...given }, signal, (deploying) => work(deploying, job));

function expectEnd({ error, end }: Ran<JobEnd>, world: DeployWorld, how: JobEnd['how']): void {
  expect(error).toBeUndefined();
  expect(end?.how).toBe(how);
  expect(world.model.unknown).toEqual([]);
  expectNobodyInside(world);
}

function expectNobodyInside({ model }: DeployWorld): void {
  const mine = [...model.assignments.values()].filter((one) => one.principalId === model.caller.objectId);
  expect(mine).toEqual([]);
}

/** No row lies under a version that is disabled: it would open no more. */
function expectNothingLost(world: DeployWorld): void {
  const { app, root } = inside(world);
  const readable = new Set(root.filter(({ enabled }) => enabled).map(({ version }) => version));
  const rows = [...app.sealed].filter(([, count]) => count > 0);
  expect(rows.filter(([version]) => !readable.has(version))).toEqual([]);
  expect(rows.reduce((sum, [, count]) => sum + count, 0)).toBe(2500);
}

const ways: readonly Omit<Fault, 'write'>[] = [
  { when: 'before', how: 'once' },
  { when: 'after', how: 'once' },
  { when: 'before', how: 'dies' },
  { when: 'after', how: 'dies' },
];

const root = rotateRoot({ again: false, endLinks: false });
const secret = rotateSecret({ again: false });

describe('broker rotate-root', () => {
  it('makes a version, has the app move everything, and disables the old one in a later run', async () => {
    const world = await deployed();
    const first = await does(world, root);
    expectEnd(first, world, 'later');
    expect(first.end?.sentence).toContain('Run this command again after 2027-03-20 ');
    expect(first.lines.join('\n')).toContain('1500 rows left');
    expect(inside(world).root.map(({ enabled }) => enabled)).toEqual([true, true]);
    expectNothingLost(world);

    world.clock.advance(2 * hour);
    const links = await does(world, root);
    expectEnd(links, world, 'later');
    expect(links.end?.sentence).toContain('links of attachments');

    world.clock.advance(26 * hour);
    const last = await does(world, root);
    expectEnd(last, world, 'done');
    expect(inside(world).root.map(({ enabled }) => enabled)).toEqual([false, true]);
    expectNothingLost(world);
    expect(last.writes).not.toContain('PUT secret broker-root');
  });

  it('waits for links that people hold, and not where they may end', async () => {
    const world = await deployed();
    await does(world, root);
    world.clock.advance(26 * hour);
    world.model.behaviour.links = { count: 3, until: world.clock.now() + 2 * day };
    const waits = await does(world, root);
    expectEnd(waits, world, 'later');
    expect(waits.end?.sentence).toContain('3 links');
    expectEnd(await does(world, rotateRoot({ again: false, endLinks: true })), world, 'done');
    expect(inside(world).root.map(({ enabled }) => enabled)).toEqual([false, true]);
  });

  it('begins no second rotation where one just ended, unless it is asked for', async () => {
    const world = await deployed();
    await does(world, root);
    world.clock.advance(2 * day);
    expectEnd(await does(world, root), world, 'done');
    expectEnd(await does(world, root), world, 'done');
    expect(inside(world).root).toHaveLength(2);
    expectEnd(await does(world, rotateRoot({ again: true, endLinks: false })), world, 'later');
    expect(inside(world).root).toHaveLength(3);
  });

  it('disables nothing while rows stay under an old version, and says so', async () => {
    const world = await deployed();
    world.model.behaviour.rowsAGo = 0;
    const ran = await does(world, root);
    expect(ran.error).toMatchObject({ code: 'reseal_stuck', message: expect.stringContaining('2500 rows stay') });
    expect(inside(world).root.map(({ enabled }) => enabled)).toEqual([true, true]);
    expectNobodyInside(world);
  });

  it('needs an admin key on this machine, and a broker', async () => {
    const world = await deployed();
    world.profiles.all.clear();
    const keyless = await does(world, root);
    expect(keyless.error).toMatchObject({ step: 'admin-key', remedy: expect.stringContaining('--new-key') });
    expect(keyless.writes).toEqual([]);
    const nowhere = await does(new DeployWorld(), root);
    expect(nowhere.error).toBeInstanceOf(StepBlocked);
    expect(nowhere.error).toMatchObject({ step: 'broker' });
  });

  it('ends at Ctrl-C while it waits, without access left to the vault, and continues', async () => {
    const world = await deployed();
    const interrupted = new AbortController();
    const { clock } = world;
    const { sleep } = clock;
    clock.sleep = async (ms, signal) => {
      if (inside(world).app.reseal !== undefined) interrupted.abort();
      await sleep(ms, signal);
    };
    expect((await does(world, root, {}, interrupted.signal)).error).toBeDefined();
    expectNobodyInside(world);
    clock.sleep = sleep;
    expectEnd(await does(world, root), world, 'later');
    expect(inside(world).root).toHaveLength(2);
  });
});

describe('broker rotate-secret', () => {
  it('puts the new secret beside the old one, waits the caches out, and removes the old one', async () => {
    const world = await deployed({ credential: 'secret' });
    const before = inside(world).stored[0];
    const began = world.clock.now();
    const ran = await does(world, secret);
    expectEnd(ran, world, 'done');
    const { stored, application } = inside(world);
    expect(stored).toHaveLength(2);
    expect([...application.secrets.keys()]).toEqual([stored[1]?.tags['key-id']]);
    expect(stored[1]?.exp).toBeGreaterThan(world.clock.now() / 1000 + 179 * 86_400);
    expect(world.clock.now() - began).toBeGreaterThanOrEqual(10 * 60_000);
    const said = [...world.model.seen, ...ran.told, ...ran.lines].join('\n');
    for (const { value } of [...stored, before ?? { value: 'none' }]) expect(said).not.toContain(value);
    // The vault is closed before the wait begins.
    const access = ran.writes.findIndex((write) => write.startsWith('DELETE Microsoft.Authorization'));
    expect(access).toBeLessThan(ran.writes.length - 1);
  });

  it('keeps the old one where Entra rejects the new one, and continues later without another', async () => {
    const world = await deployed({ credential: 'secret' });
    world.model.behaviour.credentialDelayMs = 12 * hour;
    const refused = await does(world, secret);
    expect(refused.error).toMatchObject({
      step: 'new-secret-accepted',
      remedy: expect.stringContaining('old one is still valid'),
    });
    expect(inside(world).application.secrets.size).toBe(2);
    world.clock.advance(12 * hour);
    expectEnd(await does(world, secret), world, 'done');
    expect(inside(world).application.secrets.size).toBe(1);
    expect(inside(world).stored).toHaveLength(2);
  });

  it('continues after Ctrl-C in the wait, and creates no third secret', async () => {
    const world = await deployed({ credential: 'secret' });
    const interrupted = new AbortController();
    const { clock } = world;
    const { sleep } = clock;
    clock.sleep = async (ms, signal) => {
      if (ms === 15_000) interrupted.abort();
      await sleep(ms, signal);
    };
    expect((await does(world, secret, {}, interrupted.signal)).error).toBeDefined();
    expectNobodyInside(world);
    expect(inside(world).application.secrets.size).toBe(2);
    clock.sleep = sleep;
    expectEnd(await does(world, secret), world, 'done');
    expect(inside(world).stored).toHaveLength(2);
  });

  it('says that there is none where the managed identity proves the app', async () => {
    const world = await deployed();
    const ran = await does(world, secret);
    expectEnd(ran, world, 'nothing');
    expect(ran.end?.sentence).toContain('managed identity');
    expect(ran.writes).toEqual([]);
  });

  it('makes no other on the day of the last one, unless it is asked for', async () => {
    const world = await deployed({ credential: 'secret' });
    await does(world, secret);
    expectEnd(await does(world, secret), world, 'done');
    expect(inside(world).stored).toHaveLength(2);
    expectEnd(await does(world, rotateSecret({ again: true })), world, 'done');
    expect(inside(world).stored).toHaveLength(3);
    expect(inside(world).application.secrets.size).toBe(1);
  });
});

describe('broker upgrade', () => {
  it('publishes, and touches nothing else', async () => {
    const world = await deployed();
    world.model.packaged = [...world.model.packaged, 'newer'];
    const ran = await does(world, upgrade);
    expectEnd(ran, world, 'done');
    expect(ran.writes).toEqual([`func azure functionapp publish ${inside(world).name}`]);
    expect(inside(world).app.functions).toContain('newer');
  });

  it('names both versions before the question, and waits until the new one answers', async () => {
    const world = await deployed();
    world.model.packagedVersion = '0.2.0+90ab33ef';
    const ran = await does(world, upgrade);
    expectEnd(ran, world, 'done');
    expect(ran.lines.join('\n')).toContain('from 0.1.0+5f2a91c4 to 0.2.0+90ab33ef');
    expect(inside(world).app.version).toBe('0.2.0+90ab33ef');
    expect((await does(world, upgrade)).lines.join('\n')).toContain('0.2.0+90ab33ef, which runs already');
  });

  it('says so where Azure took the package and the older version still answers', async () => {
    const world = await deployed();
    world.model.packagedVersion = '0.2.0+90ab33ef';
    world.model.behaviour.keepsOldVersion = true;
    expect((await does(world, upgrade)).error).toMatchObject({
      code: 'old_version_runs',
      message: expect.stringContaining('0.1.0+5f2a91c4'),
    });
  });

  it('continues from a version that does not report itself yet', async () => {
    const world = await deployed();
    delete inside(world).app.version;
    const ran = await does(world, upgrade);
    expectEnd(ran, world, 'done');
    expect(ran.lines.join('\n')).toContain('from a version that does not tell itself to 0.1.0+5f2a91c4');
  });

  it('needs no admin key, and fails where the functions of the package do not come', async () => {
    const world = await deployed();
    world.profiles.all.clear();
    expectEnd(await does(world, upgrade), world, 'done');
    world.model.packaged = [...world.model.packaged, 'newer'];
    world.model.behaviour.syncMs = 2 * hour;
    expect((await does(world, upgrade)).error).toMatchObject({
      code: 'functions_not_listed',
      remedy: expect.stringContaining('SetBlobServiceProperties'),
    });
  });
});

describe('--what-if', () => {
  it.each([
    ['rotate-root', root, { network: 'private' }, ['secrets/broker-root', 'api/reseal', '"enabled":false']],
    ['rotate-secret', secret, { credential: 'secret' }, ['addPassword', 'secrets/client-secret', 'removePassword']],
    ['upgrade', upgrade, {}, ['functionapp publish']],
  ] as const)('a what-if of %s changes nothing, and tells what would be', async (_name, job, options, tells) => {
    const world = await deployed(options);
    const before = essence(world.model);
    const ran = await does(world, job, { whatIf: true });
    expectEnd(ran, world, 'would');
    expect(ran.writes).toEqual([]);
    expect(essence(world.model)).toBe(before);
    for (const told of tells) expect(ran.told.join('\n')).toContain(told);
  });
});

it('asks once, and changes nothing if the answer is no or there is no terminal', async () => {
  const world = await deployed();
  expect((await does(world, root, { yes: false })).error).toMatchObject({ name: 'Unattended' });
  world.answers = ['n'];
  const ran = await does(world, root, { yes: false });
  expectEnd(ran, world, 'declined');
  expect(ran.writes).toEqual([]);
  expect(world.questions).toHaveLength(1);
});

/** The rotation from its beginning to its end, in as many runs as it takes, with one fault in the first. */
async function whole(job: Job, options: Partial<DeployOptions>, fault?: Fault) {
  const world = await deployed(options);
  const first = world.model.writes.length;
  world.model.fault = fault;
  for (let runs = 0; runs < 6; runs += 1) {
    const { end } = await does(world, job);
    expectNothingLost(world);
    if (end?.how === 'done') return { world, writes: world.model.writes.slice(first) };
    world.model.fault = undefined;
    if (end?.how === 'later') world.clock.advance(26 * hour);
  }
  throw new Error('It does not come to an end.');
}

const rotations = [
  ['rotate-root in a private network', root, { network: 'private' }],
  ['rotate-secret', secret, { credential: 'secret' }],
] as const satisfies readonly (readonly [string, Job, Partial<DeployOptions>])[];

describe.each(rotations)('%s', async (_title, job, options) => {
  const calm = await whole(job, options);
  const cases = calm.writes.flatMap((name, write) => ways.map((way) => ({ name, write, ...way })));

  it.each(cases)('comes to the same where $name fails $when it acted ($how)', async ({ write, when, how }) => {
    const { world } = await whole(job, options, { write, when, how });
    expectNobodyInside(world);
    const { root: versions, application, stored } = inside(world);
    expect(versions.filter(({ enabled }) => enabled)).toHaveLength(1);
    // One secret, and its value is the one in the vault.
    expect([...application.secrets.values()].map(({ value }) => value)).toEqual(
      options === rotations[1][2] ? [stored.findLast(({ enabled }) => enabled)?.value] : [],
    );
    expect(essence(world.model)).toBe(essence(calm.world.model));
  });
});
