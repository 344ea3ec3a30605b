import { z } from 'zod';
import type { Clock, Random } from '../../domain/clock.ts';
import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { isBrokerError } from '../../errors.ts';
import { columns, instant, json, readColumns, text } from '../table/columns.ts';
import { modify, reachingStore } from '../table/modify.ts';
import type { Store } from '../table/table.ts';

/** A subscription of ours at Microsoft Graph. */
export interface Subscription {
  readonly folderId: string;
  readonly id: string;
  readonly expiresAt: Date;
  /** The root key that its clientState stands under. */
  readonly kid: string;
}

/** What is known of the subscriptions of a mailbox: the row of table `subscriptions`. */
export interface MailboxSubscriptions {
  readonly subscriptions: readonly Subscription[];
  /** Why not all of them could be made: an error code. '' if nothing is in the way. */
  readonly code: string;
  /** Graph is not asked before: it was asked just now, or has refused. */
  readonly tryAfter: Date;
}

/**
 * Subscriptions by mailbox, written by `lib/bells` in the queue function and in housekeeping, by ETag.
 * @throws BrokerError `storage_unreachable` | `conflict` | `row_broken`
 */
export interface SubscriptionRows {
  read(mailboxId: string): Promise<MailboxSubscriptions | undefined>;
  change(
    mailboxId: string,
    decide: (known: MailboxSubscriptions | undefined) => MailboxSubscriptions | 'keep' | 'delete',
  ): Promise<void>;
  /** By mailbox, of one shard; a row that cannot be read counts as `broken`. */
  ofShard(shard: number): Promise<ReadonlyMap<string, MailboxSubscriptions | 'broken'>>;
  /** Every mailbox that has a row. */
  all(): Promise<ReadonlyMap<string, MailboxSubscriptions>>;
}

const form = z.object({
  items: json(z.array(z.tuple([z.string(), z.string(), z.number(), z.string()]))),
  code: text.default(''),
  tryAfter: instant,
});

function decode(row: Parameters<typeof readColumns>[0]): MailboxSubscriptions {
  const { items, code, tryAfter } = readColumns(row, form);
  const subscriptions = items.map(([folderId, id, expires, kid]) => ({
    ...{ folderId, id, kid },
    expiresAt: new Date(expires),
  }));
  return { subscriptions, code, tryAfter };
}

function decodeUnlessBroken(row: Parameters<typeof readColumns>[0]): MailboxSubscriptions | 'broken' {
  try {
    return decode(row);
  } catch (error) {
    if (!isBrokerError(error, 'row_broken', 'row_newer')) throw error;
    return 'broken';
  }
}

export function createSubscriptionRows(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): SubscriptionRows {
  const table = deps.store.table('subscriptions');
  const keyOf = (mailboxId: string) => ({
    partitionKey: shardKey(shardOfMailbox(mailboxId) ?? 0),
    rowKey: mailboxId,
  });
  return {
    read: (mailboxId) =>
      reachingStore(async () => {
        const { partitionKey, rowKey } = keyOf(mailboxId);
        const row = await table.get(partitionKey, rowKey);
        return row === undefined ? undefined : decode(row);
      }),
    change: (mailboxId, decide) =>
      modify<void>(deps, table, keyOf(mailboxId), (row) => {
        const next = decide(row === undefined ? undefined : decode(row));
        if (next === 'keep' || next === 'delete') return { kind: next, result: undefined };
        const items = next.subscriptions.map((one) => [one.folderId, one.id, one.expiresAt.getTime(), one.kid]);
        return {
          kind: 'write',
          values: columns({
            items: JSON.stringify(items),
            code: next.code === '' ? undefined : next.code,
            tryAfter: next.tryAfter,
          }),
          result: undefined,
        };
      }),
    ofShard: (shard) =>
      reachingStore(async () => {
        const stored = await table.list(shardKey(shard));
        return new Map(stored.map((row) => [row.rowKey, decodeUnlessBroken(row)]));
      }),
    all: () =>
      reachingStore(async () => {
        const found = new Map<string, MailboxSubscriptions>();
        for await (const row of table.scan()) found.set(row.rowKey, decode(row));
        return found;
      }),
  };
}
