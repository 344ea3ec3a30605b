import { z } from 'zod';
import { AzureProblem } from '../../azure/problem.ts';
import { known } from '../facts.ts';
import { paths, providersFor } from '../paths.ts';
import { type Run, waitUntil } from '../run.ts';
import { done, type Step, todo } from '../step.ts';

const form = z.object({ registrationState: z.string() });

// Microsoft says "some minutes"; Microsoft.App took the longest in what people report.
const wait = { forMs: 15 * 60_000, everyMs: 10_000, saying: 'Azure registers the resource providers' };

/** A new subscription knows few resource providers, and ARM refuses what it does not know. */
export const providers: Step = {
  name: 'providers',
  title: 'Resource providers',
  async check(run) {
    const missing = await unregistered(run);
    return missing.length === 0 ? done() : todo(missing.join(', '));
  },
  async apply(run) {
    const { subscription } = known(run.facts, 'scope');
    const missing = await unregistered(run);
    // One that is being registered already, since an earlier run or by someone else, is only waited for.
    for (const namespace of await unregistered(run, ['Registered', 'Registering'])) {
      await run.ports.azure.az.write([
        ...['provider', 'register', '--namespace', namespace],
        ...['--subscription', subscription],
      ]);
    }
    if (run.whatIf) return missing.join(', ');
    const all = await waitUntil(run, wait, async () => ((await unregistered(run)).length === 0 ? true : undefined));
    if (all === true) return missing.join(', ');
    throw new AzureProblem(
      'provider_not_registered',
      'Azure is still registering a resource provider.',
      'Run this command again in some minutes. It continues where it stopped.',
      { said: (await unregistered(run)).join(', ') },
    );
  },
};

async function unregistered({ ports, facts }: Run, but: readonly string[] = ['Registered']): Promise<string[]> {
  const scope = known(facts, 'scope');
  const { network, alertEmail, budget } = known(facts, 'choices');
  const arm = ports.azure.arm(scope.subscription);
  const missing: string[] = [];
  for (const namespace of providersFor(network, alertEmail !== '', budget > 0)) {
    const { path, query } = paths.provider(scope, namespace);
    const body = await arm.get(path, { query });
    const state = body === undefined ? '' : form.parse(body).registrationState;
    if (!but.includes(state)) missing.push(namespace);
  }
  return missing;
}
