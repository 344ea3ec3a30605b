import { createAzure } from '../../../cli/azure/azure.ts';
import { createEntraApp } from '../../../cli/entra-app/entra-app.ts';
import type { EntraApp, WantedApplication } from '../../../cli/entra-app/interface.ts';
import { runAz } from './az.ts';
import { AzureModel } from './model.ts';
import { modelClock, modelFetch } from './world.ts';

/** A call that goes wrong, counted from 0 over all calls of a run, reads and writes alike. */
export interface Loss {
  readonly call: number;
  /** Whether the server acted before the connection broke. */
  readonly when: 'before' | 'after';
  /** `once`: the connection breaks. `dies`: nothing is called any more. */
  readonly how: 'once' | 'dies';
}

/** The Entra application over the model of Graph. */
export class EntraWorld {
  readonly clock = modelClock(Date.parse('2026-11-20T12:00:00Z'), () => {
    if (this.#isDead) throw new Error('The process is gone.');
  });
  readonly model = new AzureModel(this.clock);
  /** Lines for the person who waits. */
  readonly reports: string[] = [];
  /** Requests as they were told. */
  told: string[] = [];
  /** Calls of the run so far. */
  calls = 0;
  #isDead = false;

  get tenant(): string {
    return this.model.subscription.tenant;
  }

  wanted(more: Partial<WantedApplication> = {}): WantedApplication {
    return {
      clientId: undefined,
      foreign: false,
      deploymentId: 'mail-broker-abcdefghijklm',
      displayName: 'Mail broker',
      homeTenant: this.tenant,
      mailboxTenant: this.tenant,
      deployer: { objectId: this.model.caller.objectId, isPerson: true },
      redirectUris: ['https://mail.example/api/oauth/callback', 'https://mail.example/api/dashboard/callback'],
      audience: 'single',
      graphPermissions: [],
      opensByItself: false,
      consent: 'tenant',
      ...more,
    };
  }

  /** A new process, without state of the one before. */
  app({
    whatIf = false,
    loss,
    wanted = this.wanted(),
  }: {
    whatIf?: boolean;
    loss?: Loss;
    wanted?: WantedApplication;
  } = {}): EntraApp {
    this.#isDead = false;
    this.calls = 0;
    this.told = [];
    const { model, clock } = this;
    const send = modelFetch(model);
    const lossy: typeof fetch = async (input, init) => {
      if (this.#isDead) throw new TypeError('fetch failed');
      const isHere = loss?.call === this.calls;
      this.calls += 1;
      if (!isHere) return send(input, init);
      this.#isDead = loss.how === 'dies';
      if (loss.when === 'after') await send(input, init);
      throw new TypeError('fetch failed');
    };
    const writes = { whatIf, told: (line: string) => void this.told.push(line) };
    const azure = createAzure({ program: async (call) => runAz(model, call), fetch: lossy, clock, writes });
    const graph = azure.graph(wanted.homeTenant);
    const mailboxGraph = wanted.mailboxTenant === wanted.homeTenant ? graph : azure.graph(wanted.mailboxTenant);
    return createEntraApp({ graph, mailboxGraph, clock, report: (line) => void this.reports.push(line), whatIf });
  }

  /** The one application that there is. */
  get application() {
    const [application, ...more] = [...this.model.applications.values()];
    if (application === undefined || more.length > 0)
      throw new Error(`There are ${more.length + 1} applications, or none.`);
    return application;
  }

  /** What the model was changed by while `act` ran. */
  async writesOf(act: () => Promise<unknown>): Promise<readonly string[]> {
    const before = this.model.writes.length;
    await act();
    return this.model.writes.slice(before);
  }
}
