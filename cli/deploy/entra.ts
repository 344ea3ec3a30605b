import type { EntraApp } from '../entra-app/interface.ts';
import { known } from './facts.ts';
import type { Run } from './run.ts';

/** The Entra application of this run, over Graph in the tenants that the choices name. */
export function entraOf(run: Run): EntraApp {
  const { azure, clock, entra } = run.ports;
  const { homeTenant } = known(run.facts, 'credential');
  const { mailboxTenant } = known(run.facts, 'choices');
  return entra({
    graph: azure.graph(homeTenant),
    mailboxGraph: azure.graph(mailboxTenant),
    clock,
    report: run.say,
  });
}
