import { z } from 'zod';
import { AzureProblem, isProblem } from '../../../azure/problem.ts';
import { known } from '../../facts.ts';
import { paths } from '../../paths.ts';
import { hasWork } from '../../plan/vault-work.ts';
import { type Run, waitUntil } from '../../run.ts';
import { done, type Step, skip, todo } from '../../step.ts';
import { vaultDoor } from '../../vault.ts';

const wait = { forMs: 10 * 60_000, everyMs: 5_000, saying: "Waiting until the vault's firewall lets this machine in" };

const form = z.object({ properties: z.object({ publicNetworkAccess: z.string().nullish() }) });

async function change(run: Run, addresses: readonly string[], isOpen: boolean): Promise<void> {
  const scope = known(run.facts, 'scope');
  const { path, query } = paths.vault(scope, known(run.facts, 'choices').names.vault);
  const networkAcls = { defaultAction: 'Deny', bypass: 'None', ipRules: addresses.map((value) => ({ value })) };
  const body = { properties: { publicNetworkAccess: isOpen ? 'Enabled' : 'Disabled', networkAcls } };
  await run.ports.azure.arm(scope.subscription).send('PATCH', path, { query, body });
}

/** What the firewall says of us: nothing where it lets us in, else its sentence, which names our address. */
async function refusal(run: Run): Promise<string | undefined> {
  try {
    await vaultDoor(run).knock();
    return undefined;
  } catch (error) {
    if (isProblem(error, 'vault_firewall')) return error.facts.said ?? '';
    if (isProblem(error, 'role_not_yet', 'forbidden')) return undefined;
    throw error;
  }
}

/**
 * With network `private` the vault is reachable from its virtual network only. For as long as secrets are written, one
 * address is let in: the one that the vault itself sees us come from.
 */
export const vaultDoorOpened: Step = {
  name: 'vault-door',
  title: "A door in the vault's firewall, for as long as this takes",
  async check(run) {
    if (known(run.facts, 'choices').network !== 'private') return skip();
    if (!hasWork(known(run.facts, 'vaultWork'))) return skip('nothing to write');
    if (run.whatIf) return todo();
    return (await refusal(run)) === undefined ? done() : todo();
  },
  async apply(run) {
    run.facts.hasOpenedDoor = true;
    // First closed to all addresses: while public access is off, the vault does not say which address it sees.
    await change(run, [], true);
    if (run.whatIf) {
      await change(run, ['<public address of this machine>'], true);
      return undefined;
    }
    const address = await waitUntil(run, wait, async () => {
      const said = await refusal(run);
      return said === undefined ? '' : /Client address: (\d+\.\d+\.\d+\.\d+)/.exec(said)?.[1];
    });
    if (address === '') return undefined;
    if (address === undefined) throw closed();
    await change(run, [address], true);
    const isIn = await waitUntil(run, wait, async () => ((await refusal(run)) === undefined ? true : undefined));
    if (isIn !== true) throw closed();
    return address;
  },
};

const closed = (): AzureProblem =>
  new AzureProblem(
    'vault_firewall',
    'The firewall of the vault does not let this machine in.',
    'Run this command from a machine with a public IPv4 address, or from one inside the virtual network.',
  );

/** Closes the firewall again in any case. */
export const vaultDoorClosed: Step = {
  name: 'vault-door-closed',
  title: "The door in the vault's firewall closed",
  cleanup: true,
  async check(run) {
    if (run.facts.choices?.network !== 'private') return skip();
    if (run.whatIf) return run.facts.hasOpenedDoor === true ? todo() : skip();
    const scope = known(run.facts, 'scope');
    const { path, query } = paths.vault(scope, run.facts.choices.names.vault);
    const body = await run.ports.azure.arm(scope.subscription).get(path, { query });
    return body === undefined || form.parse(body).properties.publicNetworkAccess === 'Disabled' ? done() : todo();
  },
  async apply(run) {
    await change(run, [], false);
    return undefined;
  },
};
