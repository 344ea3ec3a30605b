import { z } from 'zod';
import { shardKey, shardOfMailbox, shardSize } from '../../domain/ids.ts';
import { sendVias } from '../../domain/submission.ts';
import { brokenRow, columns, instant, int64, json, readColumns, text } from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { folderRole } from './folder-role.ts';
import { mailboxRowKey, parseRowKey } from './keys.ts';
import type { MailboxRow, WatchedFolder } from './rows.ts';

const folders = z
  .array(z.tuple([z.string(), z.string(), folderRole.nullable()]))
  .transform((list): WatchedFolder[] => list.map(([id, path, role]) => ({ id, path, role: role ?? undefined })));

const form = z.object({
  address: text,
  login: text.optional(),
  tid: text,
  oid: text.optional(),
  shared: z.boolean().default(false),
  slot: z
    .int32()
    .min(0)
    .max(shardSize - 1),
  folders: json(folders),
  destination: text,
  label: text.optional(),
  owner: json(z.union([z.string(), z.number()])).optional(),
  syncFrom: instant.optional(),
  paused: z.boolean().default(false),
  deletedAt: instant.optional(),
  createdAt: instant,
  asked: int64,
  filter: int64.optional(),
  sendVia: z.enum(sendVias).optional(),
});

/** PartitionKey of a mailbox's rows. @throws RangeError if `mailboxId` is none, which is a fault of ours */
export function partitionOf(mailboxId: string): string {
  const shard = shardOfMailbox(mailboxId);
  if (shard === undefined) throw new RangeError('not a mailbox id');
  return shardKey(shard);
}

/** What is as usual is left out: a log-in name equal to the address, `shared` and `paused` that are false. */
export function encodeMailbox(row: MailboxRow): Row {
  return {
    partitionKey: partitionOf(row.id),
    rowKey: mailboxRowKey(row.id),
    values: columns({
      address: row.address,
      login: row.login === row.address ? undefined : row.login,
      tid: row.grant.tid,
      oid: row.grant.kind === 'user' ? row.grant.oid : undefined,
      shared: row.shared ? true : undefined,
      slot: row.slot,
      folders: JSON.stringify(row.folders.map((folder) => [folder.id, folder.path, folder.role ?? null])),
      destination: row.destinationId,
      label: row.label,
      owner: row.ownerRef === undefined ? undefined : JSON.stringify(row.ownerRef),
      syncFrom: row.syncFrom,
      paused: row.paused ? true : undefined,
      deletedAt: row.deletedAt,
      createdAt: row.createdAt,
      asked: BigInt(row.asked),
      filter: row.filterRevision === undefined ? undefined : BigInt(row.filterRevision),
      sendVia: row.sendVia === 'auto' ? undefined : row.sendVia,
    }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeMailbox(row: StoredRow): MailboxRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'mailbox') throw brokenRow(row, 'its key is not that of a mailbox');
  const read = readColumns(row, form);
  return {
    id: key.mailboxId,
    address: read.address,
    login: read.login ?? read.address,
    grant: read.oid === undefined ? { kind: 'app', tid: read.tid } : { kind: 'user', tid: read.tid, oid: read.oid },
    shared: read.shared,
    slot: read.slot,
    folders: read.folders,
    destinationId: read.destination,
    label: read.label,
    ownerRef: read.owner,
    syncFrom: read.syncFrom,
    paused: read.paused,
    deletedAt: read.deletedAt,
    createdAt: read.createdAt,
    asked: read.asked,
    filterRevision: read.filter,
    sendVia: read.sendVia,
  };
}
