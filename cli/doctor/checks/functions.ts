import { z } from 'zod';
import { ok } from '../../../src/lib/doctor/checks/findings.ts';
import type { Finding } from '../../../src/lib/doctor/checks/types.ts';
import { known } from '../../deploy/facts.ts';
import { paths } from '../../deploy/paths.ts';
import type { Run } from '../../deploy/run.ts';

const item = z.object({ name: z.string() });

/**
 * Azure lists the functions of the package. A deployment may have "succeeded" and none be there (functions-host#11915), or
 * only `WarmUp` (functions-action#373).
 */
export async function lookAtFunctions(run: Run): Promise<readonly Finding[]> {
  const scope = known(run.facts, 'scope');
  const { path, query } = paths.functions(scope, known(run.facts, 'choices').names.app);
  const [items, packaged] = await Promise.all([
    run.ports.azure.arm(scope.subscription).list(path, { query }),
    // A clone that was not built has none to compare with.
    run.ports.package.functions().catch(() => undefined),
  ]);
  const listed = items.map((one) => item.parse(one).name.split('/').at(-1) ?? '');
  return [judgeFunctions(listed, packaged)];
}

/** @param packaged undefined where it is not known. Pure. */
export function judgeFunctions(listed: readonly string[], packaged: readonly string[] | undefined): Finding {
  const names = new Set(listed.map((name) => name.toLowerCase()));
  const missing = packaged?.filter((name) => !names.has(name.toLowerCase())) ?? [];
  if (listed.length > 0 && missing.length === 0) {
    return ok({ en: `Azure lists ${listed.length} functions.`, zh: `Azure 列出了 ${listed.length} 个函数。` });
  }
  const isNone = packaged === undefined || missing.length === packaged.length;
  return {
    status: isNone ? 'fail' : 'warn',
    sentence: isNone
      ? { en: 'Azure lists none of the functions of the broker.', zh: 'Azure 没有列出代理的任何函数。' }
      : {
          en: `Azure does not list ${missing.join(', ')}, which this folder has.`,
          zh: `Azure 没有列出此文件夹中的 ${missing.join('、')}。`,
        },
    remedy: isNone
      ? {
          en: 'Publish again: npm run broker -- upgrade. If they still do not appear, see the roles check: a missing role on the storage account causes no error.',
          zh: '请重新发布：npm run broker -- upgrade。如果仍未列出，请查看角色检查：存储帐户上缺少角色时不会有提示。',
        }
      : {
          en: 'An older version runs: npm run broker -- upgrade publishes this folder.',
          zh: '正在运行旧版本：可用 npm run broker -- upgrade 发布此文件夹。',
        },
    who: 'deployment owner',
  };
}
