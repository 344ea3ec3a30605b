import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Store, tableNames } from '../../store/table/table.ts';
import { failure, ok } from './findings.ts';
import type { Check, Finding } from './types.ts';

const partitionKey = 'doctor';

/** Table Storage can be read and written. Writes one row of its own, and deletes it again. */
export function tablesCheck(store: Store): Check {
  return {
    name: 'tables',
    async run(report) {
      try {
        await Promise.all(tableNames.map((name) => store.table(name).get(partitionKey, 'none')));
        const table = store.table('destinations');
        const rowKey = randomUUID();
        const etag = await table.insert({ partitionKey, rowKey, values: {} });
        await table.delete(partitionKey, rowKey, etag);
        report(ok({ en: 'The tables can be read and written.', zh: '数据表可读写。' }));
      } catch (error) {
        report(isRefused(error) ? refused : failure(error));
      }
    },
  };
}

/** The table interface calls it unreachable, since all but a person with rights can only wait. */
const isRefused = (error: unknown): boolean =>
  z.object({ cause: z.object({ statusCode: z.union([z.literal(401), z.literal(403)]) }) }).safeParse(error).success;

const refused: Finding = {
  status: 'fail',
  code: 'storage_unreachable',
  sentence: {
    en: "Table Storage denies access to the app's identity.",
    zh: '表存储拒绝了应用的标识。',
  },
  remedy: {
    en: 'Give the identity the role Storage Table Data Contributor on the storage account, and let the app through its firewall; a new role takes up to ten minutes to take effect.',
    zh: '请在存储帐户上为该标识分配“存储表数据参与者”角色，并让防火墙放行应用；新角色最多需要十分钟生效。',
  },
  who: 'deployment owner',
};
