import { z } from 'zod';
import { ok } from '../../../src/lib/doctor/checks/findings.ts';
import type { Finding } from '../../../src/lib/doctor/checks/types.ts';
import { known } from '../../deploy/facts.ts';
import { paths, vaultId } from '../../deploy/paths.ts';
import type { Run } from '../../deploy/run.ts';
import { deployAgain } from '../problem-finding.ts';

const form = z.object({ name: z.string() });

/** What cannot be made again, the vault and the account of the tables, is kept from being deleted. */
export async function lookAtLock(run: Run): Promise<readonly Finding[]> {
  const scope = known(run.facts, 'scope');
  const { vaultName, tablesName } = known(run.facts, 'outputs');
  const arm = run.ports.azure.arm(scope.subscription);
  const locked = [
    { name: vaultName, id: vaultId(scope, vaultName) },
    { name: tablesName, id: paths.storageAccount(scope, tablesName).path },
  ];
  const looks = locked.map(async ({ name, id }) => {
    const { path, query } = paths.locks(id);
    const locks = (await arm.list(path, { query })).map((lock) => form.parse(lock).name);
    return judgeLock(name, locks);
  });
  return [...(await Promise.all(looks)), judgePurge(vaultName, known(run.facts, 'existing').vault?.purgeProtection)];
}

/** A lock with any name will do, also one on the group. Pure. */
export function judgeLock(subject: string, locks: readonly string[]): Finding {
  if (locks.length > 0) return ok({ en: 'It is locked against deletion.', zh: '有锁防止它被删除。' }, subject);
  return {
    status: 'warn',
    subject,
    sentence: {
      en: 'It is not locked against deletion, and without it every mailbox has to be connected again.',
      zh: '没有锁防止它被删除；一旦删除，所有邮箱都必须重新连接。',
    },
    remedy: {
      en: `${deployAgain.en} Locking requires the role Owner or User Access Administrator.`,
      zh: `${deployAgain.zh} 加锁需要“所有者”或“用户访问管理员”角色。`,
    },
    who: 'deployment owner',
  };
}

/** @param isProtected undefined where there is no vault. Pure. */
export function judgePurge(subject: string, isProtected: boolean | undefined): Finding {
  if (isProtected === true) {
    return ok(
      { en: 'A deleted vault cannot be purged for 90 days.', zh: '已删除的保管库在 90 天内无法清除。' },
      subject,
    );
  }
  return {
    status: 'warn',
    subject,
    sentence:
      isProtected === undefined
        ? { en: 'The Key Vault is not there.', zh: 'Key Vault 不存在。' }
        : {
            en: 'Purge protection is off: a deleted vault can be purged.',
            zh: '清除保护已关闭：已删除的保管库可能被清除。',
          },
    remedy:
      isProtected === undefined
        ? {
            en: 'If it was deleted, npm run deploy brings it back with its secrets.',
            zh: '如果它被删除，npm run deploy 会连同机密一起恢复。',
          }
        : {
            en: 'az keyvault update --name VAULT --enable-purge-protection true; it cannot be switched off again.',
            zh: 'az keyvault update --name 保管库 --enable-purge-protection true；启用后无法关闭。',
          },
    who: 'deployment owner',
  };
}
