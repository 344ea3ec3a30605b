import { shardKey, shardOfMailbox } from '../../src/lib/domain/ids.ts';
import { grantKeyOf } from '../../src/lib/store/grants/grants.ts';
import { isOwn } from '../../src/lib/store/mailboxes/own-mailbox.ts';
import {
  addressKey,
  cursorRowKey,
  mailboxRowKey,
  parseRowKey,
  personKey,
  stateRowKey,
} from '../../src/lib/store/rows/keys.ts';
import { decodeMailbox } from '../../src/lib/store/rows/mailbox-row.ts';
import { decodeOutbox } from '../../src/lib/store/rows/outbox-row.ts';
import type { MailboxRow } from '../../src/lib/store/rows/rows.ts';
import { decodeSlots } from '../../src/lib/store/shard/directory.ts';
import type { Store, StoredRow } from '../../src/lib/store/table/table.ts';
import { rowsOfTable } from './tables.ts';

/**
 * Everything in the tables that is half: a mailbox without one of its rows, its address, its slot or its grant, and
 * leftovers of a removed one. Empty where every mailbox is there whole or not at all.
 */
export async function halves(store: Store): Promise<string[]> {
  // What is made last is read first, so that a mailbox in the making is not taken for a broken one.
  const mail = await rowsOfTable(store, 'mail');
  const grants = await rowsOfTable(store, 'grants');
  const addresses = await rowsOfTable(store, 'index');
  const slots = (await rowsOfTable(store, 'directory')).flatMap((row) => decodeSlots(row).slots);
  const mailboxes = mail.filter((row) => row.rowKey.startsWith('a!')).map(decodeMailbox);
  const live = new Map(mailboxes.filter(({ deletedAt }) => deletedAt === undefined).map((row) => [row.id, row]));
  const buried = new Set(mailboxes.filter(({ id }) => !live.has(id)).map(({ id }) => id));
  return [
    ...[...live.values()].flatMap((mailbox) => missingOf(mailbox, { mail, grants, addresses })),
    ...addresses
      .filter((row) => !live.has(text(row, 'mailboxId')))
      .map((row) => `the address ${row.rowKey} leads to ${text(row, 'mailboxId')}, which is gone`),
    ...[...live.keys(), ...buried]
      .filter((id) => slots.filter((slot) => slot.mailboxId === id).length !== 1)
      .map((id) => `${id} does not have one slot`),
    ...slots
      .filter(({ mailboxId }) => !live.has(mailboxId) && !buried.has(mailboxId))
      .map(({ slot, mailboxId }) => `slot ${slot} is taken for ${mailboxId}, which is not there`),
    ...grants.flatMap((row) => {
      const listed = listOf(row);
      if (listed.length === 0) return [`the grant ${row.rowKey} carries no mailbox`];
      return listed.filter((id) => !live.has(id)).map((id) => `the grant ${row.rowKey} lists ${id}, which is gone`);
    }),
    ...mail.filter((row) => isLeftOver(row, live)).map((row) => `${row.rowKey} is left over`),
  ];
}

interface Tables {
  readonly mail: readonly StoredRow[];
  readonly grants: readonly StoredRow[];
  readonly addresses: readonly StoredRow[];
}

function missingOf(mailbox: MailboxRow, { mail, grants, addresses }: Tables): string[] {
  const { id, grant } = mailbox;
  const key = grantKeyOf(grant);
  const partition = shardKey(shardOfMailbox(id) ?? -1);
  const wanted = [
    mailboxRowKey(id),
    stateRowKey(id),
    ...mailbox.folders.map((folder) => cursorRowKey(id, folder.id)),
  ].filter((key) => !mail.some((row) => row.partitionKey === partition && row.rowKey === key));
  const isFound = addresses.some(
    (row) =>
      row.partitionKey === grant.tid && row.rowKey === addressKey(mailbox.address) && text(row, 'mailboxId') === id,
  );
  const isCarried = grants.some(
    (row) => row.partitionKey === key.tid && row.rowKey === key.oid && listOf(row).includes(id),
  );
  const isClaimed = addresses.some(
    (row) => row.partitionKey === key.tid && row.rowKey === personKey(key.oid) && text(row, 'mailboxId') === id,
  );
  return [
    ...wanted.map((key) => `${id} has no row ${key}`),
    ...(isFound ? [] : [`the address of ${id} does not lead to it`]),
    ...(isClaimed || !isOwn(mailbox) ? [] : [`the person of ${id} does not lead to it`]),
    ...(isCarried ? [] : [`no grant carries ${id}`]),
  ];
}

/** A row of a mailbox that is gone; its farewell stays until NocoBase has taken it, its tombstone for a day. */
function isLeftOver(row: StoredRow, live: ReadonlyMap<string, MailboxRow>): boolean {
  const key = parseRowKey(row.rowKey);
  if (key === undefined) return true;
  if (key.kind === 'shard' || key.kind === 'mailbox' || live.has(key.mailboxId)) return false;
  return key.kind !== 'outbox' || decodeOutbox(row).type !== 'mailbox.removed';
}

const text = (row: StoredRow, column: string): string => String(row.values[column] ?? '');

function listOf(row: StoredRow): string[] {
  const listed: unknown = JSON.parse(text(row, 'mailboxes'));
  return Array.isArray(listed) ? listed.map(String) : [];
}
