import { z } from 'zod';
import { base64url, purposeHash } from '../../domain/bytes.ts';
import { asciiAddress } from '../../domain/mail/mail-address.ts';
import { columns, instant, readColumns, text } from '../table/columns.ts';
import { asBrokerError, reachingStore } from '../table/modify.ts';
import { isStoreError, type Store } from '../table/table.ts';
import { parseSubmissionRowKey, submissionPartition, submissionRowKey, submissionRows } from './submission-keys.ts';

export const suppressionReasons = ['manual', 'hard_bounce'] as const;
export type SuppressionReason = (typeof suppressionReasons)[number];

/** An address to which a mailbox sends nothing. */
export interface Suppression {
  readonly address: string;
  readonly reason: SuppressionReason;
  readonly since: Date;
  /** The reason, in the words of the caller that added it. */
  readonly note: string | undefined;
  /** Of a bounce: the submission that came back. */
  readonly submissionId: string | undefined;
}

const maybe = text.optional().transform((value) => value);
const form = z.object({
  address: text,
  reason: z.enum(suppressionReasons),
  since: instant,
  note: maybe,
  submission: maybe,
});

/**
 * Rows `x!mbx!hash` of the table `submissions`: one for each address, however it is written.
 * @throws BrokerError `storage_unreachable` | `row_broken` | `row_newer`
 */
export interface SuppressionRows {
  /** In no order that means anything; `after` is the key of the last one of the page before. */
  page(
    mailboxId: string,
    after: string | undefined,
    most: number,
  ): Promise<readonly { readonly key: string; readonly suppression: Suppression }[]>;
  /** Those among the addresses that are on the list, in their order. */
  among(mailboxId: string, addresses: readonly string[]): Promise<readonly Suppression[]>;
  /** In place of what stood there for the address. */
  put(mailboxId: string, suppression: Suppression): Promise<void>;
  /** Unless it is there already: then what stands there stays. */
  add(mailboxId: string, suppression: Suppression): Promise<void>;
  /** @returns false if it was not there */
  remove(mailboxId: string, address: string): Promise<boolean>;
}

/** Up to so many addresses are asked for one by one; beyond, the list is read instead. */
const mostLookups = 20;
const pageSize = 1000;

export function createSuppressions({ store }: { readonly store: Store }): SuppressionRows {
  const table = store.table('submissions');
  const rowKeyOf = (mailboxId: string, key: string) => submissionRowKey('x', mailboxId, key);
  const rowOf = (mailboxId: string, { submissionId, ...suppression }: Suppression) => ({
    partitionKey: submissionPartition(mailboxId),
    rowKey: rowKeyOf(mailboxId, keyOf(suppression.address)),
    values: columns({ ...suppression, submission: submissionId }),
  });
  const decode = (row: Parameters<typeof readColumns>[0]): Suppression => {
    const { submission, ...read } = readColumns(row, form);
    return { ...read, submissionId: submission };
  };

  const page: SuppressionRows['page'] = (mailboxId, after, most) =>
    reachingStore(async () => {
      const { from, below } = submissionRows('x', mailboxId);
      // `!` sorts before every character of a key.
      const begin = after === undefined ? from : `${rowKeyOf(mailboxId, after)}!`;
      const rows = await table.list(submissionPartition(mailboxId), { from: begin, below, most });
      return rows.map((row) => ({ key: parseSubmissionRowKey(row.rowKey)?.key ?? '', suppression: decode(row) }));
    });

  async function all(mailboxId: string): Promise<ReadonlyMap<string, Suppression>> {
    const found = new Map<string, Suppression>();
    for (let after: string | undefined; ; ) {
      const rows = await page(mailboxId, after, pageSize);
      for (const { key, suppression } of rows) found.set(key, suppression);
      after = rows.at(-1)?.key;
      if (rows.length < pageSize) return found;
    }
  }

  return {
    page,
    among: (mailboxId, addresses) =>
      reachingStore(async () => {
        const keys = addresses.map(keyOf);
        if (keys.length > mostLookups) {
          const found = await all(mailboxId);
          return keys.flatMap((key) => found.get(key) ?? []);
        }
        const rows = await Promise.all(
          keys.map((key) => table.get(submissionPartition(mailboxId), rowKeyOf(mailboxId, key))),
        );
        return rows.flatMap((row) => (row === undefined ? [] : [decode(row)]));
      }),
    async put(mailboxId, suppression) {
      const row = rowOf(mailboxId, suppression);
      await reachingStore(() => table.batch(row.partitionKey, [{ kind: 'upsert', row }]));
    },
    async add(mailboxId, suppression) {
      try {
        await table.insert(rowOf(mailboxId, suppression));
      } catch (error) {
        if (!isStoreError(error, 'exists')) throw asBrokerError(error);
      }
    },
    remove: (mailboxId, address) =>
      reachingStore(async () => {
        const rowKey = rowKeyOf(mailboxId, keyOf(address));
        const row = await table.get(submissionPartition(mailboxId), rowKey);
        if (row === undefined) return false;
        await table.delete(row.partitionKey, rowKey, row.etag);
        return true;
      }),
  };
}

/** Upper and lower case are one address to Exchange, and a domain is one in either of its forms. */
const keyOf = (address: string): string =>
  base64url(purposeHash('suppression', asciiAddress(address).normalize('NFC').toLowerCase()).subarray(0, 18));
