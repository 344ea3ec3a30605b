import { Buffer } from 'node:buffer';
import { known } from '../../facts.ts';
import { rootName } from '../../plan/vault-work.ts';
import { done, type Step, todo } from '../../step.ts';
import { undelete, vaultDoor } from '../../vault.ts';

/**
 * The root key, 32 random bytes. It is made once: one that is there, or that was deleted and can be recovered, is used
 * again, for without it nothing opens that was sealed under it.
 */
export const rootKey: Step = {
  name: 'root-key',
  title: `Root key (${rootName})`,
  async check(run) {
    if (!known(run.facts, 'vaultWork').makeRoot) return done('kept as it is');
    if (run.whatIf) return todo();
    return (await vaultDoor(run).exists(rootName)) ? done('made') : todo();
  },
  async apply(run) {
    const door = vaultDoor(run);
    if (await undelete(run, rootName)) return 'the deleted one, recovered';
    const value = Buffer.from(run.ports.random.bytes(32)).toString('base64url');
    await door.put({ name: rootName, value, told: '<32 random bytes in base64url>', tags: {} });
    return 'made';
  },
};
