import { bootstrapKeyId, formatApiKey, newApiKey } from '../../../../src/lib/access/api-key.ts';
import { known } from '../../facts.ts';
import { bootstrapName, secretTags } from '../../plan/vault-work.ts';
import type { Run } from '../../run.ts';
import { done, type Step, skip, todo } from '../../step.ts';
import { undelete, vaultDoor } from '../../vault.ts';

/** Disables every enabled version: the broker takes the newest one that is enabled, which an older one would become. */
async function disableAll(run: Run): Promise<void> {
  const door = vaultDoor(run);
  for (const { version, enabled } of await door.versions(bootstrapName)) {
    if (enabled) await door.disable(bootstrapName, version);
  }
}

/** The key that makes the first real key, and nothing else. Needed only where no admin key is. */
export const bootstrapKey: Step = {
  name: 'bootstrap-key',
  title: `Bootstrap key (${bootstrapName})`,
  async check({ facts }) {
    if (!known(facts, 'vaultWork').makeBootstrap) return skip('there is an admin key');
    return facts.bootstrapKey === undefined ? todo() : done();
  },
  async apply(run) {
    await undelete(run, bootstrapName);
    if (!run.whatIf) await disableAll(run);
    const value = formatApiKey({ ...newApiKey(run.ports.random), id: bootstrapKeyId });
    await vaultDoor(run).put({
      name: bootstrapName,
      value,
      told: '<a new key, as broker bootstrap-key prints it>',
      tags: { [secretTags.identity]: known(run.facts, 'outputs').identityPrincipalId },
    });
    run.facts.bootstrapKey = value;
    return undefined;
  },
};

/** Once there is a real key, the bootstrap key opens nothing any more. */
export const bootstrapKeyDisabled: Step = {
  name: 'bootstrap-key-disabled',
  title: 'Bootstrap key disabled',
  async check(run) {
    const { makeBootstrap, disableBootstrap } = known(run.facts, 'vaultWork');
    if (!makeBootstrap && !disableBootstrap) return done();
    if (run.facts.adminKey === undefined) return skip('there is no admin key yet');
    if (run.whatIf) return todo();
    const versions = await vaultDoor(run).versions(bootstrapName);
    return versions.some(({ enabled }) => enabled) ? todo() : done();
  },
  async apply(run) {
    if (run.whatIf) await vaultDoor(run).disable(bootstrapName, '<version>');
    else await disableAll(run);
    return undefined;
  },
};
