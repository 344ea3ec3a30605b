import { z } from 'zod';
import { appOid, type GrantKey, type GrantStatus } from '../../domain/grant.ts';
import type { GrantRef } from '../rows/rows.ts';
import { count, instant, json, readColumns, text, columns as writeColumns } from '../table/columns.ts';
import type { StoredRow, Values } from '../table/table.ts';

/**
 * One person's consent, as its row in the table `grants` holds it (PartitionKey tid, RowKey oid); or the app's own
 * permission in a tenant (RowKey `app`), which has no cache: its tokens need nothing that would have to be kept.
 */
export interface Grant {
  readonly key: GrantKey;
  readonly status: GrantStatus;
  /** The error code behind a status other than `ok` or behind `retryAt`; '' when all is well. */
  readonly code: string;
  /** Since when it has this status. */
  readonly since: Date;
  /** Ids of the mailboxes that are read through it. */
  readonly mailboxes: readonly string[];
  /** When its tokens were last renewed. */
  readonly lastUsed: Date;
  /** Not to be used before: Microsoft asked for rest. */
  readonly retryAt: Date | undefined;
  /** Since when Microsoft has been refusing it without a reason that we know. */
  readonly doubtSince: Date | undefined;
  /** What Microsoft wants to hear in the next sign-in (the `claims` of its refusal), for the person who reconnects. */
  readonly claims: string | undefined;
  /**
   * Until then a connect is under way that will add its mailbox: an empty list does not mean that the grant is unused.
   */
  readonly connectingUntil: Date | undefined;
  /** Rises with every new cache, so that one can tell whether someone else has renewed or reconnected it meanwhile. */
  readonly generation: number;
}

/** The key of the grant that a mailbox names. */
export const grantKeyOf = (ref: GrantRef): GrantKey => ({ tid: ref.tid, oid: ref.kind === 'app' ? appOid : ref.oid });

/** Column of the sealed cache. */
export const cacheColumn = 'cache';
/** A binary property holds at most 64 KiB (Table service data model). */
const chunkBytes = 64 * 1024;

const statuses = ['ok', 'reconnect_required', 'consent_required', 'revoked'] as const satisfies readonly GrantStatus[];

const schema = z.object({
  status: z.enum(statuses),
  code: text,
  since: instant,
  mailboxes: json(z.array(text)),
  lastUsed: instant,
  touched: instant,
  retryAt: instant.optional(),
  doubtSince: instant.optional(),
  claims: text.optional(),
  connectingUntil: instant.optional(),
  generation: count,
});

export type GrantColumns = z.output<typeof schema>;

/** A row taken apart: its columns, and the sealed cache as it lies there (empty where the app has none). */
export interface GrantParts {
  readonly columns: GrantColumns;
  readonly sealed: Uint8Array;
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function readGrantRow(row: StoredRow): GrantParts {
  const chunks: Uint8Array[] = [];
  for (let index = 0; ; index++) {
    const chunk = row.values[`${cacheColumn}${index}`];
    if (!(chunk instanceof Uint8Array)) break;
    chunks.push(chunk);
  }
  return { columns: readColumns(row, schema), sealed: new Uint8Array(Buffer.concat(chunks)) };
}

export function grantValues({ columns, sealed }: GrantParts): Values {
  const values: Record<string, Values[string]> = { ...columns, mailboxes: JSON.stringify(columns.mailboxes) };
  for (let at = 0, index = 0; at < sealed.length; at += chunkBytes, index++) {
    values[`${cacheColumn}${index}`] = sealed.subarray(at, at + chunkBytes);
  }
  return writeColumns(values);
}

export const keyOfRow = (row: StoredRow): GrantKey => ({ tid: row.partitionKey, oid: row.rowKey });

export const toGrant = (row: StoredRow): Grant => grantOf(keyOfRow(row), readGrantRow(row).columns);

export function grantOf(key: GrantKey, columns: GrantColumns): Grant {
  const { touched: _touched, retryAt, doubtSince, claims, connectingUntil, ...rest } = columns;
  return { key, ...rest, retryAt, doubtSince, claims, connectingUntil };
}
