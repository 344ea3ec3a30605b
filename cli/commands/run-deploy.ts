import { join } from 'node:path';
import type { Clock } from '../../src/lib/domain/clock.ts';
import { systemClock, systemRandom } from '../../src/lib/domain/system.ts';
import { createBrokerApi } from '../api/broker-api.ts';
import { createAzure } from '../azure/azure.ts';
import { locateAz, locateFunc, locateNpm, type Machine, thisMachine } from '../azure/locate.ts';
import { AzureProblem } from '../azure/problem.ts';
import { createProgram, type Executable, type Program } from '../azure/program.ts';
import type { Writes } from '../azure/writes.ts';
import type { CommandIo, ExitCode } from '../command.ts';
import { type Deploying, deploy, Unattended } from '../deploy/deploy.ts';
import { destroy } from '../deploy/destroy.ts';
import { problemLines } from '../deploy/login-again.ts';
import type { DeployOptions } from '../deploy/options.ts';
import { type Package, packageOf } from '../deploy/package/package.ts';
import { reportOf } from '../deploy/report.ts';
import type { DeployPorts } from '../deploy/run.ts';
import { StepBlocked } from '../deploy/run-steps.ts';
import type { Terminal } from '../deploy/terminal.ts';
import type { CreateEntraApp } from '../entra-app/interface.ts';
import { configFolder, fileProfiles } from '../profile/profiles.ts';
import { jsonObserver, lineObserver } from '../show/observers.ts';
import { taskListObserver } from '../show/task-list.ts';

const root = join(import.meta.dirname, '../..');

const missingAz: Program = async () => {
  throw new AzureProblem(
    'az_missing',
    'The Azure CLI is not installed, or is not on PATH.',
    "Install it (https://learn.microsoft.com/cli/azure/install-azure-cli), or use Azure's Cloud Shell, which has it.",
  );
};

/** What the ports are made of; the real things, or in tests others. */
export interface PortParts {
  readonly environment: NodeJS.ProcessEnv;
  readonly entra: CreateEntraApp;
  readonly writes: Writes;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly package: Package;
}

/** The ports of the deploy: programs found on PATH, requests by `fetch`, the profile in the person's config folder. */
export function portsOf(parts: PortParts): DeployPorts {
  const { environment, entra, writes, fetch, clock, machine } = parts;
  const program = (found: Executable | undefined): Program | undefined =>
    found === undefined ? undefined : createProgram(found, environment);
  return {
    azure: createAzure({ program: program(locateAz(machine)) ?? missingAz, fetch, clock, writes }),
    npm: program(locateNpm(machine)),
    findFunc: () => program(locateFunc(machine)),
    entra,
    broker: (publicUrl) => createBrokerApi(publicUrl, fetch),
    profiles: fileProfiles(configFolder(environment, machine.platform)),
    package: parts.package,
    infraFolder: join(root, 'infra'),
    clock,
    random: systemRandom,
    writes,
  };
}

/** What a person, a pipeline or a program is shown of a run. */
export function terminalOf(io: CommandIo, options: DeployOptions): Terminal {
  const { json } = options;
  return {
    observer: (steps) =>
      json ? jsonObserver(io.out) : io.attended ? taskListObserver(steps) : lineObserver((line) => io.err(line)),
    line: (text) => (json ? undefined : io.err(text)),
    attended: io.attended && !json,
    ask: io.ask,
  };
}

/** The real Azure, from this machine. */
export function realParts({ environment }: CommandIo, entra: CreateEntraApp): Omit<PortParts, 'writes'> {
  const machine = { ...thisMachine, environment };
  return { environment, entra, fetch, clock: systemClock, machine, package: packageOf(root) };
}

/** Runs `broker deploy` against the real Azure. */
export async function runDeploy(options: DeployOptions, io: CommandIo, entra: CreateEntraApp): Promise<ExitCode> {
  return runWith(options, io, realParts(io, entra));
}

/** Runs it with other parts. The result is what a what-if run would do; a real run reports only here. */
export async function runWith(
  options: DeployOptions,
  io: CommandIo,
  parts: Omit<PortParts, 'writes'>,
): Promise<ExitCode> {
  const { deploying, calls } = prepare(options, io, parts);
  return finish(deploying, io, calls);
}

/** What a run of steps takes, and what it would have changed, told in a what-if run alone. */
export function prepare(
  options: DeployOptions,
  io: CommandIo,
  parts: Omit<PortParts, 'writes'>,
): { readonly deploying: Deploying; readonly calls: () => readonly string[] } {
  const calls: string[] = [];
  const writes: Writes = { whatIf: options.whatIf, told: (line) => void calls.push(line) };
  const deploying = {
    options,
    ports: portsOf({ ...parts, writes }),
    terminal: terminalOf(io, options),
    signal: io.signal,
  };
  return { deploying, calls: () => (options.whatIf ? calls : []) };
}

/** Runs it to its end, and tells how that was. */
export async function finish(deploying: Deploying, io: CommandIo, calls: () => readonly string[]): Promise<ExitCode> {
  const { options, ports } = deploying;
  const { json } = options;
  const tell = (value: object): void => io.out(JSON.stringify(value));
  try {
    const end = await (options.destroy ? destroy(deploying) : deploy(deploying));
    const report = await reportOf(end, ports, options.showKey);
    if (json) {
      tell({ state: end.how, calls: calls(), warnings: end.facts.warnings, url: end.facts.outputs?.publicUrl });
    } else {
      for (const call of calls()) io.out(call);
      for (const line of report) io.err(line);
    }
    return end.how === 'declined' ? 1 : 0;
  } catch (error) {
    return stopped(error, json, io);
  }
}

const interrupted = {
  code: 'interrupted',
  lines: [
    'Interrupted. Temporary access of this run is removed.',
    'Run this command again: it continues where it stopped.',
  ],
  remedy: 'Run this command again: it continues where it stopped.',
};

/** Prints why it stopped, and what to do. Rethrows unexpected errors. */
export function stopped(error: unknown, json: boolean, io: CommandIo): ExitCode {
  const { code, lines, remedy } = io.signal.aborted ? interrupted : describe(error);
  if (json) io.out(JSON.stringify({ state: 'stopped', code, sentence: lines[0], remedy }));
  else for (const line of ['', ...lines]) io.err(line);
  return error instanceof Unattended ? 2 : 1;
}

function describe(error: unknown): { code: string; lines: readonly string[]; remedy: string | undefined } {
  if (error instanceof StepBlocked) {
    const { message, remedy, paper } = error;
    return { code: error.step, lines: [message, remedy, ...(paper === undefined ? [] : ['', paper])], remedy };
  }
  if (error instanceof AzureProblem) {
    return { code: error.code, lines: problemLines(error, undefined), remedy: error.remedy };
  }
  if (error instanceof Unattended) return { code: 'unattended', lines: [error.message], remedy: undefined };
  throw error;
}
