import { describe, expect, it } from 'vitest';
import type { CommandIo, ExitCode } from '../cli/command.ts';
import { finish, terminalOf } from '../cli/commands/run-deploy.ts';
import { finishJob } from '../cli/commands/run-job.ts';
import type { Deploying } from '../cli/deploy/deploy.ts';
import type { DeployOptions } from '../cli/deploy/options.ts';
import { rotateRoot, rotateSecret, upgrade } from '../cli/rotate/jobs.ts';
import { DeployWorld } from './support/azure/world.ts';

// What commands that work on Azure tell programs, on the model of Azure (test/support/azure): one JSON object a line.

type Run = (deploying: Deploying, io: CommandIo, calls: () => readonly string[]) => Promise<ExitCode>;

/** Runs a command with --json, and reads each of its lines. */
async function lines(world: DeployWorld, run: Run, given: Partial<DeployOptions> = {}) {
  const out: string[] = [];
  const told: string[] = [];
  const io: CommandIo = {
    out: (line) => void out.push(line),
    err: (line) => void out.push(`to a person: ${line}`),
    environment: {},
    folder: '/',
    signal: new AbortController().signal,
    attended: true,
    ask: async () => '',
  };
  const { end: code, error } = await world.through({ json: true, ...given }, undefined, (deploying) =>
    run({ ...deploying, terminal: terminalOf(io, deploying.options) }, io, () => told),
  );
  if (error !== undefined) throw error;
  for (const line of out) expect(() => JSON.parse(line), line).not.toThrow();
  return { code, lines: out.join('\n') };
}

const deployed = async () => {
  const world = new DeployWorld();
  await lines(world, finish);
  world.clock.advance(120 * 86_400_000);
  return world;
};

describe('what programs read of commands that work on Azure', () => {
  it('is a line for every state of every step, and the end', async () => {
    const world = new DeployWorld();
    const first = await lines(world, finish);
    expect(first.code).toBe(0);
    expect(first.lines).toMatchSnapshot('deploy --json');
    const second = await lines(world, finish, { location: undefined });
    expect(second.lines).toMatchSnapshot('deploy --json, again');
    const gone = await lines(world, finish, { destroy: true });
    expect(gone.lines).toMatchSnapshot('deploy --destroy --json');
  });

  it('ends with what stopped it, and the remedy', async () => {
    const world = new DeployWorld();
    world.model.behaviour.azVersion = undefined;
    const { code, lines: told } = await lines(world, finish);
    expect(code).toBe(1);
    expect(told).toMatchSnapshot('deploy --json, without az');
  });

  it.each([
    ['rotate-secret --json', rotateSecret({ again: false }), 0],
    ['rotate-root --json', rotateRoot({ again: false, endLinks: false }), 3],
    ['upgrade --json', upgrade, 0],
  ] as const)('%s', async (name, job, code) => {
    const world = await deployed();
    const run: Run = (deploying, io, calls) => finishJob(job, deploying, io, calls);
    const told = await lines(world, run, { location: undefined });
    expect(told.code).toBe(code);
    expect(told.lines).toMatchSnapshot(name);
  });
});
