import { AzureProblem } from '../azure/problem.ts';
import { type Facts, known } from './facts.ts';
import { loginAgain } from './login-again.ts';
import type { DeployOptions } from './options.ts';
import type { DeployPorts, Run } from './run.ts';
import { runSteps } from './run-steps.ts';
import { priceLines } from './steps/price.ts';
import { actSteps, lookSteps } from './steps.ts';
import type { Terminal } from './terminal.ts';

/** How a deploy ended, when nothing failed. */
export interface DeployEnd {
  /** `declined`: the person said no; `would`: a what-if run. */
  readonly how: 'deployed' | 'declined' | 'would' | 'destroyed';
  readonly facts: Facts;
}

/** There is no terminal to ask on, and no `--yes`. */
export class Unattended extends Error {
  override readonly name = 'Unattended';
}

export interface Deploying {
  readonly options: DeployOptions;
  readonly ports: DeployPorts;
  readonly terminal: Terminal;
  readonly signal?: AbortSignal;
}

// Logging in three times and being asked again is no way on.
const mostLogins = 3;

/**
 * Runs `once`, and again from its beginning after each log-in that Microsoft demanded in between: every run finds in Azure
 * what the one before has done.
 */
export async function withLogins<End>(
  { options, ports, terminal, signal }: Deploying,
  once: (run: Run) => Promise<End>,
): Promise<End> {
  let chosen = options;
  for (let logins = 0; ; logins += 1) {
    const facts: Facts = { warnings: [] };
    const terminalLine = (line: string): void => terminal.line(line);
    const run: Run = {
      options: chosen,
      ports,
      facts,
      whatIf: options.whatIf,
      say: terminalLine,
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      return await once(run);
    } catch (error) {
      const login = loginAgain(error, facts.azVersion);
      if (login === undefined || !terminal.attended || logins === mostLogins) throw error;
      // A log-in may make another subscription the current one.
      chosen = { ...chosen, ...(facts.account === undefined ? {} : { subscription: facts.account.subscription }) };
      terminal.line(error instanceof AzureProblem ? error.message : '');
      terminal.line('Log in again; this continues afterwards.');
      if (!(await ports.azure.az.talk(login))) throw error;
      ports.azure.forget();
    }
  }
}

/** From nothing, or from what an earlier run left, to a broker that answers. @throws StepBlocked, AzureProblem, Unattended */
export async function deploy(deploying: Deploying): Promise<DeployEnd> {
  const { options, terminal } = deploying;
  let agreed = options.yes || options.whatIf;
  return withLogins(deploying, async (run) => {
    await runSteps(lookSteps, ...watched(run, terminal, lookSteps));
    for (const line of summary(run)) terminal.line(line);
    if (!agreed) {
      if (!terminal.attended) throw new Unattended('This is not a terminal: add --yes, or --what-if to only look.');
      agreed = /^y(es)?$/i.test(await terminal.ask('Go on? [y/N] '));
      if (!agreed) return { how: 'declined', facts: run.facts };
    }
    await runSteps(actSteps, ...watched(run, terminal, actSteps));
    return { how: run.whatIf ? 'would' : 'deployed', facts: run.facts };
  });
}

/** The run and its observer, so that what a step says goes where the steps are shown. */
export function watched(run: Run, terminal: Terminal, steps: Parameters<Terminal['observer']>[0]) {
  const observer = terminal.observer(steps);
  return [{ ...run, say: observer.saying }, observer] as const;
}

/** What is about to be done, and what it costs. */
function summary({ facts, options }: Run): string[] {
  const account = known(facts, 'account');
  const choices = known(facts, 'choices');
  const { why } = known(facts, 'credential');
  return [
    '',
    `Subscription    ${account.subscriptionName} (${account.subscription}), as ${account.user}`,
    `Resource group  ${options.resourceGroup}, ${choices.location}`,
    `App             ${choices.publicUrl}, ${choices.memoryMb} MB, network ${choices.network}`,
    `Vault           ${choices.names.vault}`,
    `Mailboxes of    ${[facts.mailboxTenantName, choices.mailboxTenant].filter(Boolean).join(', ')}; the app proves itself with ${why}`,
    '',
    `A month for ${options.mailboxes} mailboxes:`,
    ...priceLines(known(facts, 'price')).map((line) => `  ${line}`),
    '',
    ...facts.warnings.map((warning) => `! ${warning}`),
  ];
}
