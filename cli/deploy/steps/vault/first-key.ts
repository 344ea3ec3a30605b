import { Buffer } from 'node:buffer';
import { z } from 'zod';
import type { Scope } from '../../../../src/lib/domain/scope.ts';
import { refusalOf } from '../../../api/broker-api.ts';
import { AzureProblem } from '../../../azure/problem.ts';
import { shellLine } from '../../../azure/writes.ts';
import { known } from '../../facts.ts';
import type { Run } from '../../run.ts';
import { done, type Step, skip, todo } from '../../step.ts';

/** What a NocoBase builder begins with; no scope implies another. */
const scopes: readonly Scope[] = ['admin', 'connect', 'read'];

const made = z.object({ id: z.string(), key: z.string() });
const listed = z.object({ items: z.array(z.object({ id: z.string(), label: z.string().nullish() })) });

/** The first admin key, into the profile of this machine's user. */
export const firstKey: Step = {
  name: 'first-key',
  title: 'Admin key in your profile',
  async check({ facts }) {
    if (facts.adminKey !== undefined && (facts.bootstrapKey === undefined || facts.hasMadeKey === true)) return done();
    if (facts.bootstrapKey !== undefined) return todo();
    return known(facts, 'vaultWork').makeBootstrap
      ? todo()
      : skip('there is one, on another machine; --new-key makes one for this one');
  },
  async apply(run) {
    const { profiles, broker: open, random, writes } = run.ports;
    const { publicUrl } = known(run.facts, 'outputs');
    const { names } = known(run.facts, 'choices');
    const data = JSON.stringify({ scopes });
    writes.told(
      shellLine('curl', [`${publicUrl}/api/keys`, '-H', 'Authorization: Bearer <bootstrap key>', '-d', data]),
    );
    if (run.whatIf) {
      run.facts.adminKey = '<a new key>';
      return undefined;
    }
    const bootstrap = known(run.facts, 'bootstrapKey');
    const broker = open(publicUrl);
    // A label of its own: after a lost answer the unknown key is found by it, and removed.
    const label = `administrator ${Buffer.from(random.bytes(3)).toString('hex')}`;
    const body = { scopes, label };
    const answer = await broker.call('POST', 'keys', { key: bootstrap, body }).catch(async (error: unknown) => {
      await removeKey(run, bootstrap, label);
      throw new AzureProblem('answer_lost', 'The answer of the broker was lost.', 'Run this command again.', {}, error);
    });
    if (answer.status !== 201) {
      const refusal = refusalOf(answer);
      throw new AzureProblem(
        'key_not_made',
        `The broker made no key: ${refusal?.code ?? `HTTP ${answer.status}`}.`,
        refusal?.remedy ?? 'Run this command again.',
      );
    }
    const { key } = made.parse(answer.body);
    await profiles.put(names.app, { url: publicUrl, key });
    run.facts.adminKey = key;
    run.facts.hasMadeKey = true;
    return profiles.path;
  },
};

async function removeKey(run: Run, bootstrap: string, label: string): Promise<void> {
  const broker = run.ports.broker(known(run.facts, 'outputs').publicUrl);
  const answer = await broker.call('GET', 'keys?limit=100', { key: bootstrap }).catch(() => undefined);
  const all = listed.safeParse(answer?.body);
  const orphans = all.success ? all.data.items.filter((one) => one.label === label) : [];
  for (const { id } of orphans) await broker.call('DELETE', `keys/${id}`, { key: bootstrap }).catch(() => undefined);
}
