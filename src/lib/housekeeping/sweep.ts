import { mapBounded } from '../domain/all-settled.ts';
import type { Clock } from '../domain/clock.ts';
import { dayMs } from '../domain/duration.ts';
import type { GrantKey } from '../domain/grant.ts';
import { shardKey } from '../domain/ids.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { grantKeyOf } from '../store/grants/grants.ts';
import type { AddressEntry, AddressIndex } from '../store/mailboxes/address-index.ts';
import type { StoredMailbox } from '../store/mailboxes/mailboxes.ts';
import { isOwn } from '../store/mailboxes/own-mailbox.ts';
import { addressKey, parseRowKey, personOfKey, rowsOf, rowsOfKind } from '../store/rows/keys.ts';
import { decodeMailbox, partitionOf } from '../store/rows/mailbox-row.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Directory } from '../store/shard/directory.ts';
import { isStoreError, type Store, type TableName } from '../store/table/table.ts';

/** What the sweep needs of the grants. Every call may be repeated. */
export interface SweptGrants {
  /** Grants whose list of mailboxes was last touched before `before`. */
  untouchedSince(before: Date): Promise<readonly { readonly key: GrantKey; readonly mailboxes: readonly string[] }[]>;
  eraseIfUnused(key: GrantKey): Promise<boolean>;
  removeMailbox(key: GrantKey, mailboxId: string): Promise<void>;
}

export interface SweepDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly index: AddressIndex;
  readonly directory: Directory;
  readonly grants: SweptGrants;
}

/** How many were removed of each. */
export interface Swept {
  addresses: number;
  tombstones: number;
  slots: number;
  grants: number;
  tickets: number;
  states: number;
}

/** Everything under way ends within minutes; a day leaves room for clock differences and repetitions. */
const keptForMs = dayMs;

/** Shards that are read at a time. */
const shardsAtOnce = 16;

const kindsOfMailbox = [...'bcdeoprx'];

/**
 * Removes what was begun and never finished, and what has run out: index rows without a mailbox, tombstones, unused
 * slots, grants without a mailbox, tickets and states. Nothing younger than a day is touched, and every deletion uses
 * an ETag that was read before its reason was checked, so a row that is used again meanwhile stays.
 * @throws StoreError `unreachable`; may be repeated
 */
export async function sweep(deps: SweepDeps): Promise<Swept> {
  const before = new Date(deps.clock.now() - keptForMs);
  // Read before the mailboxes are: an index row stands before its mailbox does, and a slot before its index row.
  const slots = await deps.directory.shards();
  const entries = await collect(deps.index.scan());
  const shards = slots.map(({ shard }) => shard);
  const mailboxes = await readMailboxes(deps, shards);

  const swept: Swept = { addresses: 0, tombstones: 0, slots: 0, grants: 0, tickets: 0, states: 0 };
  const named = new Set<string>();
  for (const entry of entries) {
    if (await sweepAddress(deps, entry, mailboxes, before)) swept.addresses++;
    else named.add(entry.mailboxId);
  }
  for (const [id, mailbox] of mailboxes) {
    if (mailbox !== 'broken' && (await sweepTombstone(deps, mailbox, before))) swept.tombstones++;
    else named.add(id);
  }
  for (const seen of slots) {
    const vain = seen.slots.filter((slot) => slot.since < before && !named.has(slot.mailboxId));
    const ids = new Set(vain.map(({ mailboxId }) => mailboxId));
    if (ids.size > 0 && (await unlessTouched(() => deps.directory.free(seen, ids)))) swept.slots += ids.size;
  }
  swept.tickets = await sweepExpired(deps.store, 'tickets', before);
  swept.states = await sweepExpired(deps.store, 'states', before);
  for (const grant of await deps.grants.untouchedSince(before)) {
    if (await sweepGrant(deps, grant, named, mailboxes)) swept.grants++;
  }
  return swept;
}

type Mailboxes = ReadonlyMap<string, StoredMailbox | 'broken'>;

/** Every `a!` of these shards. One that cannot be read counts as there. */
async function readMailboxes({ store, log }: SweepDeps, shards: readonly number[]): Promise<Mailboxes> {
  const mailboxes = new Map<string, StoredMailbox | 'broken'>();
  const rows = await mapBounded(shards, shardsAtOnce, (shard) =>
    store.table('mail').list(shardKey(shard), rowsOfKind('a')),
  );
  for (const stored of rows.flat()) {
    const key = parseRowKey(stored.rowKey);
    if (key?.kind !== 'mailbox') continue;
    try {
      mailboxes.set(key.mailboxId, { row: decodeMailbox(stored), etag: stored.etag });
    } catch (error) {
      if (!isBrokerError(error, 'row_broken', 'row_newer')) throw error;
      log.error('mailbox.row_broken', error);
      mailboxes.set(key.mailboxId, 'broken');
    }
  }
  return mailboxes;
}

/** An index row goes when its mailbox never came to be, or has got another address. True if it went. */
async function sweepAddress(
  deps: SweepDeps,
  entry: AddressEntry,
  mailboxes: Mailboxes,
  before: Date,
): Promise<boolean> {
  if (entry.touchedAt >= before) return false;
  const mailbox = mailboxes.get(entry.mailboxId);
  if (mailbox === 'broken') return false;
  if (mailbox !== undefined && isNamed(entry, mailbox.row)) return false;
  return unlessTouched(() => deps.index.delete(entry));
}

/** Whether an index row says what is true of the mailbox that it names. */
function isNamed({ tid, key }: AddressEntry, mailbox: MailboxRow): boolean {
  const person = personOfKey(key);
  if (person === undefined) return addressKey(mailbox.address) === key;
  const grant = grantKeyOf(mailbox.grant);
  return isOwn(mailbox) && grant.tid === tid && grant.oid === person;
}

/**
 * A grant that lists no mailbox goes. Taken off its list first: what never came to be, and what another person has got.
 * An id that neither an index row nor `a!` names stays so for ever, because every mailbox begins with its index row.
 */
async function sweepGrant(
  { grants }: SweepDeps,
  { key, mailboxes: listed }: { readonly key: GrantKey; readonly mailboxes: readonly string[] },
  named: ReadonlySet<string>,
  mailboxes: Mailboxes,
): Promise<boolean> {
  const isOfOthers = (id: string): boolean => {
    const mailbox = mailboxes.get(id);
    if (mailbox === undefined || mailbox === 'broken') return false;
    const other = grantKeyOf(mailbox.row.grant);
    return other.tid !== key.tid || other.oid !== key.oid;
  };
  const vain = listed.filter((id) => !named.has(id) || isOfOthers(id));
  for (const id of vain) await grants.removeMailbox(key, id);
  return vain.length === listed.length && grants.eraseIfUnused(key);
}

/** The row of a removed mailbox goes after a day, when the worker has erased everything else. True if it went. */
async function sweepTombstone(deps: SweepDeps, { row, etag }: StoredMailbox, before: Date): Promise<boolean> {
  if (row.deletedAt === undefined || row.deletedAt >= before) return false;
  const mail = deps.store.table('mail');
  const partition = partitionOf(row.id);
  for (const kind of kindsOfMailbox) {
    if ((await mail.list(partition, rowsOf(kind, row.id))).length === 0) continue;
    // Only the worker deletes these, and it needs the tombstone to know that it must.
    deps.log.warn('sweep.tombstone_kept', { mailboxId: row.id, kind });
    return false;
  }
  return unlessTouched(() => mail.delete(partition, `a!${row.id}`, etag));
}

/** Rows whose column `expiresAt` is more than a day past. */
async function sweepExpired(store: Store, name: TableName, before: Date): Promise<number> {
  const table = store.table(name);
  let count = 0;
  for await (const { partitionKey, rowKey, values, etag } of table.scan()) {
    const { expiresAt } = values;
    if (!(expiresAt instanceof Date) || expiresAt >= before) continue;
    if (await unlessTouched(() => table.delete(partitionKey, rowKey, etag))) count++;
  }
  return count;
}

/** False if someone changed the row since it was read, so that it stays. */
async function unlessTouched(remove: () => Promise<void>): Promise<boolean> {
  try {
    await remove();
    return true;
  } catch (error) {
    if (isStoreError(error, 'conflict', 'missing')) return false;
    throw error;
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
