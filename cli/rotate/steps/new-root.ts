import { Buffer } from 'node:buffer';
import { known } from '../../deploy/facts.ts';
import { rootName } from '../../deploy/plan/vault-work.ts';
import { blocked, done, type Step, todo } from '../../deploy/step.ts';
import { vaultDoor } from '../../deploy/vault.ts';
import { planRoot } from '../plan/root.ts';

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

/** A new version beside the older ones, which still open what they sealed. */
export const newRoot = (again: boolean): Step => ({
  name: 'new-root',
  title: `New version of the root key (${rootName})`,
  async check(run) {
    if (run.whatIf) return todo();
    const plan = planRoot(await vaultDoor(run).versions(rootName), again, run.ports.clock.now());
    if (plan.state === 'make') return todo();
    if (plan.state === 'none') {
      return blocked(
        `${rootName} has no version that is enabled.`,
        'Enable its newest one (az keyvault secret set-attributes --enabled true): without it nothing opens that is stored.',
      );
    }
    run.facts.newestVersion = plan.newest;
    if (plan.state === 'go-on') return done(`that of ${day(plan.newest.createdAt)}; older ones are enabled beside it`);
    return done(`that of ${day(plan.newest.createdAt)} is the only one; --again makes another all the same`);
  },
  async apply(run) {
    const value = Buffer.from(run.ports.random.bytes(32)).toString('base64url');
    await vaultDoor(run).put({ name: rootName, value, told: '<32 random bytes in base64url>', tags: {} });
    return undefined;
  },
});

/** Disables what nothing needs any more; a version that is disabled can be enabled again. */
export const olderRoots: Step = {
  name: 'older-roots',
  title: `Older versions of ${rootName} disabled`,
  async check(run) {
    if (run.whatIf) return todo();
    if (run.facts.later !== undefined) return { state: 'skip', note: 'not yet' };
    return (await olderEnabled(run)).length === 0 ? done() : todo();
  },
  async apply(run) {
    const door = vaultDoor(run);
    if (run.whatIf) await door.disable(rootName, '<older version>');
    else for (const { version } of await olderEnabled(run)) await door.disable(rootName, version);
    return undefined;
  },
};

async function olderEnabled(run: Parameters<Step['check']>[0]) {
  const { version: newest } = known(run.facts, 'newestVersion');
  const versions = await vaultDoor(run).versions(rootName);
  return versions.filter(({ enabled, version }) => enabled && version !== newest);
}
