import type { EntraApp } from '../entra-app/interface.ts';
import { known } from './facts.ts';
import type { Run } from './run.ts';

/** The Entra application of this run, over Graph in the tenants that the choices name. */
export function entraOf(run: Run): EntraApp {
  const { azure, clock, entra } = run.ports;
  const { homeTenant } = known(run.facts, 'credential');
  const { mailboxTenant } = known(run.facts, 'choices');
  const graph = azure.graph(homeTenant);
  return entra({
    graph,
    mailboxGraph: mailboxTenant === homeTenant ? graph : azure.graph(mailboxTenant),
    ...{ clock, report: run.say, whatIf: run.whatIf },
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
}
