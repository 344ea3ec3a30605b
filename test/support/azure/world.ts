import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBrokerApi } from '../../../cli/api/broker-api.ts';
import { createAzure } from '../../../cli/azure/azure.ts';
import { AzureProblem } from '../../../cli/azure/problem.ts';
import type { Program } from '../../../cli/azure/program.ts';
import { type DeployEnd, type Deploying, deploy } from '../../../cli/deploy/deploy.ts';
import { destroy } from '../../../cli/deploy/destroy.ts';
import type { DeployOptions } from '../../../cli/deploy/options.ts';
import type { Package } from '../../../cli/deploy/package/package.ts';
import type { DeployPorts } from '../../../cli/deploy/run.ts';
import { createEntraApp } from '../../../cli/entra-app/entra-app.ts';
import type { Profile, Profiles } from '../../../cli/profile/profiles.ts';
import { lineObserver } from '../../../cli/show/observers.ts';
import type { Clock } from '../../../src/lib/domain/clock.ts';
import type { Answer, Request } from './answers.ts';
import { answerArm } from './arm.ts';
import { runAz } from './az.ts';
import { answerBroker } from './broker-app.ts';
import { runFunc } from './func.ts';
import { answerGraph } from './graph.ts';
import { answerVault } from './key-vault.ts';
import { AzureModel } from './model.ts';
import { plainOptions } from './plain-options.ts';

/** Waiting costs nothing; a process that is gone waits no more. */
export function modelClock(start: number, alive: () => void): Clock & { advance(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    async sleep(ms, signal) {
      alive();
      signal?.throwIfAborted();
      now += ms;
    },
    caughtUp: async () => undefined,
    advance(ms) {
      now += ms;
    },
  };
}

/** Answers as the host of the address would. */
export function answer(model: AzureModel, request: Request): Answer {
  const { hostname } = request.url;
  if (hostname === 'management.azure.com') return answerArm(model, request);
  if (hostname === 'graph.microsoft.com') return answerGraph(model, request);
  const [name = '', ...domain] = hostname.split('.');
  if (domain.join('.') === 'vault.azure.net') return answerVault(model, name, request);
  return answerBroker(model, name, request);
}

/** `fetch` of a machine that reaches the model, and nothing else. */
export const modelFetch =
  (model: AzureModel): typeof fetch =>
  async (input, init) => {
    const url = new URL(String(input));
    const given = new Headers(init?.headers);
    const token = (given.get('authorization') ?? '').replace('Bearer ', '');
    const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
    const request = { method: init?.method ?? 'GET', url, token, headers: given, body };
    const { status, body: answered, headers } = answer(model, request);
    return new Response(answered === undefined || status === 204 ? null : JSON.stringify(answered), {
      status,
      headers: { ...headers },
    });
  };

/** Profiles in memory. */
export function memoryProfiles(): Profiles & { readonly all: Map<string, Profile> } {
  const all = new Map<string, Profile>();
  return {
    all,
    path: '~/.config/nocobase-mail-broker/profiles.json',
    names: async () => [...all.keys()].sort(),
    get: async (name) => all.get(name),
    put: async (name, profile) => void all.set(name, profile),
    remove: async (name) => void all.delete(name),
  };
}

/** A package of two files, in a folder of its own, with what must never be published beside it. */
function smallPackage(model: AzureModel): Package {
  const staged = (name: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'model-package-'));
    writeFileSync(join(folder, name), '{}');
    return { folder, files: [name], remove: () => rm(folder, { recursive: true, force: true }) };
  };
  return {
    build: async () => undefined,
    stage: async () => staged('host.json'),
    zip: async () => staged('package.zip'),
    functions: async () => model.packaged,
    version: async () => model.packagedVersion,
  };
}

export interface Ran<End = DeployEnd> {
  readonly end: End | undefined;
  readonly error: unknown;
  /** Lines that a person sees. */
  readonly lines: readonly string[];
  /** Commands and requests as they were told. */
  readonly told: readonly string[];
  /** What the model was changed by, in this run. */
  readonly writes: readonly string[];
}

/** Azure's model, and machines from which it is deployed to. */
export class DeployWorld {
  readonly model: AzureModel;
  readonly clock: ReturnType<typeof modelClock>;
  /** Of the machine that deploys; another machine has others. */
  profiles = memoryProfiles();
  /** Answers of the person at the terminal, in order; undefined: there is no terminal. */
  answers: string[] | undefined;
  readonly questions: string[] = [];
  readonly infraFolder: string;

  constructor({ start = '2026-11-20T12:00:00Z', infraFolder = '/home/ada/mail broker/infra' } = {}) {
    this.clock = modelClock(Date.parse(start), () => {
      if (this.model.isDead) throw new Error('The process is gone.');
    });
    this.model = new AzureModel(this.clock);
    this.infraFolder = infraFolder;
  }

  ports(told: string[], whatIf: boolean): DeployPorts {
    const { model, clock } = this;
    const az: Program = async (call) => {
      if (model.behaviour.azVersion === undefined)
        throw new AzureProblem('az_missing', 'az is missing.', 'Install it.');
      return runAz(model, call);
    };
    const writes = { whatIf, told: (line: string) => void told.push(line) };
    const fetch = modelFetch(model);
    let random = 0;
    return {
      azure: createAzure({ program: az, fetch, clock, writes }),
      npm: async () => {
        model.behaviour.funcVersion = '4.2.2';
        return { code: 0, stdout: '', stderr: '' };
      },
      findFunc: () => (model.behaviour.funcVersion === undefined ? undefined : async (call) => runFunc(model, call)),
      entra: createEntraApp,
      broker: (publicUrl) => createBrokerApi(publicUrl, fetch),
      profiles: this.profiles,
      package: smallPackage(model),
      infraFolder: this.infraFolder,
      clock,
      random: {
        bytes(count) {
          random += 1;
          return new Uint8Array(count).fill(random);
        },
      },
      writes,
    };
  }

  /** Runs the deploy (or --destroy) from its beginning, as a new process. */
  async run(given: Partial<DeployOptions> = {}, signal?: AbortSignal): Promise<Ran> {
    return this.through(given, signal, (deploying) =>
      deploying.options.destroy ? destroy(deploying) : deploy(deploying),
    );
  }

  /** Runs something with the ports of this world, as a new process. */
  async through<End>(
    given: Partial<DeployOptions>,
    signal: AbortSignal | undefined,
    act: (deploying: Deploying) => Promise<End>,
  ): Promise<Ran<End>> {
    const options: DeployOptions = { ...plainOptions, ...given };
    const [lines, told]: [string[], string[]] = [[], []];
    const before = this.model.writes.length;
    this.model.isDead = false;
    const { answers, questions } = this;
    const terminal = {
      observer: () => lineObserver((line) => void lines.push(line)),
      line: (text: string) => void lines.push(text),
      attended: answers !== undefined,
      async ask(question: string) {
        questions.push(question);
        return answers?.shift() ?? '';
      },
    };
    const deploying = {
      options,
      ports: this.ports(told, options.whatIf),
      terminal,
      ...(signal === undefined ? {} : { signal }),
    };
    let end: End | undefined;
    let error: unknown;
    try {
      end = await act(deploying);
    } catch (thrown) {
      error = thrown;
    }
    return { end, error, lines, told, writes: this.model.writes.slice(before) };
  }
}
