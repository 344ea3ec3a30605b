import type { Clock, Random } from '../../domain/clock.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import { grantKeyOf } from '../grants/grant-row.ts';
import { addressKey } from '../rows/keys.ts';
import type { Directory } from '../shard/directory.ts';
import { untilSettled } from '../table/modify.ts';
import { isStoreError, type Store, StoreError } from '../table/table.ts';
import type { AddressEntry, AddressIndex } from './address-index.ts';
import type { StoredMailbox } from './mailboxes.ts';
import { readMailbox, replaceMailbox } from './mailboxes.ts';
import { newMailbox } from './new-mailbox.ts';
import { createOwnMailboxes, isOwn, sameGrant } from './own-mailbox.ts';
import { type GrantMailboxes, MailboxTaken, type UpsertedMailbox, type UpsertInput } from './registry.ts';

export interface UpsertDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly grants: GrantMailboxes;
  readonly index: AddressIndex;
  readonly directory: Directory;
}

// Between the index row and the mailbox that it names lie seconds, and the host ends a function after 5 minutes. An index
// row that has led to no mailbox, or to one of another address, for longer than this, is what someone left behind.
const settlingMs = 10 * 60_000;

/**
 * Connects or reconnects a mailbox. It writes to the tables index, directory, grants and mail. If it stops at any step,
 * the next attempt continues from what is there, and the sweep deletes after a day what is not continued. The insert of
 * the index row decides between two attempts for one address, that of the person's row (own-mailbox.ts) between two
 * addresses of one person, and the insert of `a!` between all that complete the same id.
 */
export function createUpsertMailbox(deps: UpsertDeps): (input: UpsertInput) => Promise<UpsertedMailbox> {
  const { store, clock, random, grants, index, directory } = deps;
  const mail = store.table('mail');
  const persons = createOwnMailboxes({ mail, grants, index });

  const reconnect = async (found: StoredMailbox, input: UpsertInput): Promise<UpsertedMailbox> => {
    await grants.addMailbox(grantKeyOf(input.grant), found.row.id);
    // A link to one destination sets no label or owner of a mailbox of another.
    const isNamed = input.namesOnlyAt === undefined || input.namesOnlyAt === found.row.destinationId;
    const mailbox = await replaceMailbox(mail, found, {
      ...found.row,
      address: input.address,
      login: input.login,
      label: (isNamed ? input.label : undefined) ?? found.row.label,
      ownerRef: (isNamed ? input.ownerRef : undefined) ?? found.row.ownerRef,
      asked: found.row.asked + 1,
    });
    await persons.confirm(mailbox);
    return { outcome: 'reconnected', mailbox };
  };

  /**
   * A shared mailbox continues under another grant from its current position. The new grant lists it before `a!` names
   * that grant, and the old one until after that: the list of a needed grant is never empty.
   */
  const regrant = async (found: StoredMailbox, input: UpsertInput): Promise<UpsertedMailbox> => {
    const { grant, shared } = input;
    const { mailbox } = await reconnect({ ...found, row: { ...found.row, grant, shared } }, input);
    await grants.removeMailbox(grantKeyOf(found.row.grant), mailbox.id);
    return { outcome: 'moved', mailbox };
  };

  /**
   * The person's own mailbox under another address: the new index row stands before `a!` changes, the old one goes after it.
   * `entry` is the index row of the new address where there is one already.
   */
  const rename = async (
    found: StoredMailbox,
    input: UpsertInput,
    entry: AddressEntry | undefined,
  ): Promise<UpsertedMailbox> => {
    const { tid } = input.grant;
    const { id, address } = found.row;
    await (entry === undefined ? index.insert(tid, input.address, id) : index.point(entry, id));
    const placed = await reconnect(found, input);
    // Only the index row was lost.
    if (addressKey(address) === addressKey(input.address)) return placed;
    await index.deleteIfNames(tid, address, id);
    return { ...placed, outcome: 'renamed' };
  };

  /** Inserts all rows of the mailbox `id`. @throws StoreError `exists` if another process has done so meanwhile */
  const insertRows = async (id: string, slot: number, input: UpsertInput): Promise<UpsertedMailbox> => {
    // Listed before it is there: a mailbox whose grant does not know it would lose that grant.
    await grants.addMailbox(grantKeyOf(input.grant), id);
    const { row, inserts } = newMailbox(input, { id, slot }, new Date(clock.now()), random);
    const [first] = inserts;
    if (first?.kind !== 'insert') throw new RangeError('a mailbox begins with its own row');
    await mail.batch(first.row.partitionKey, inserts);
    return { outcome: 'connected', mailbox: row };
  };

  /** A new mailbox, or one in place of a removed one. */
  const begin = async (
    input: UpsertInput,
    replaced: AddressEntry | undefined,
    claim: AddressEntry | undefined,
  ): Promise<UpsertedMailbox> => {
    if (input.mailboxId !== undefined) throw new BrokerError('mailbox_mismatch');
    // Looked at before anything is taken: a grant that is full leaves nothing half done.
    await grants.expectRoom(grantKeyOf(input.grant));
    const { mailboxId, slot } = await directory.take();
    let claimed: AddressEntry | undefined;
    try {
      claimed = isOwn(input) ? await persons.claim(input.grant, claim, mailboxId) : undefined;
      await (replaced === undefined
        ? index.insert(input.grant.tid, input.address, mailboxId)
        : index.point(replaced, mailboxId));
    } catch (error) {
      // Someone else was faster. After a lost answer the row may name us all the same, so then nothing is given back.
      if (isStoreError(error, 'exists', 'conflict', 'missing')) await giveBack(mailboxId, claimed);
      throw error;
    }
    return insertRows(mailboxId, slot, input);
  };

  /** Best effort: a slot that stays taken without a mailbox is swept after a day. */
  const giveBack = async (mailboxId: string, claimed: AddressEntry | undefined): Promise<void> => {
    try {
      // By the ETag of our own write: another attempt of the same person that took the id up has touched it, and needs the slot.
      if (claimed !== undefined) await index.delete(claimed);
      // The id is not used elsewhere; only another slot of the shard was taken or given back at this moment.
      await untilSettled(deps, () => directory.giveBack(mailboxId));
    } catch (error) {
      if (!isStoreError(error) && !isBrokerError(error, 'conflict', 'storage_unreachable')) throw error;
    }
  };

  /**
   * An id without its mailbox: an earlier attempt stopped there. Continues under the same id. Its rows in the index are
   * written first, so that the ETags are stale for a sweep that has seen them without the mailbox.
   */
  const complete = async (
    entry: AddressEntry,
    input: UpsertInput,
    claim: AddressEntry | undefined,
  ): Promise<UpsertedMailbox> => {
    const slot = await directory.confirm(entry.mailboxId);
    return slot === undefined ? begin(input, entry, claim) : insertRows(entry.mailboxId, slot, input);
  };

  const taken = async (found: StoredMailbox, input: UpsertInput): Promise<MailboxTaken> => {
    const { id, address, login } = found.row;
    const key = grantKeyOf(input.grant);
    // An attempt of ours that lost to that person's may have listed it.
    if ((await grants.mailboxesOf(key)).includes(id)) await grants.removeMailbox(key, id);
    return new MailboxTaken({ mailboxId: id, address, heldBy: login, askedBy: input.login, isOwn: isOwn(found.row) });
  };

  /** A person's own mailbox at an address for which the index has nothing of that person. */
  const placeOwn = async (
    input: UpsertInput,
    entry: AddressEntry | undefined,
    at: { readonly isEmpty: boolean; readonly isPending: boolean },
  ): Promise<UpsertedMailbox> => {
    const { claim, own, isUnborn } = await persons.of(input.grant);
    if (own !== undefined) {
      expectMailbox(input, own.row.id);
      // Someone is just connecting a mailbox under this address. It may be this very one, a moment ago: look again.
      if (at.isPending) throw new StoreError('conflict', { table: 'index' });
      return rename(own, input, entry);
    }
    if (claim !== undefined && isUnborn) {
      // The id that every attempt of this person uses, regardless of the address.
      const id = claim.mailboxId;
      expectMailbox(input, id);
      if (at.isPending && entry?.mailboxId !== id) throw new StoreError('conflict', { table: 'index' });
      const touched = await persons.claim(input.grant, claim, id);
      const named = await (entry === undefined
        ? index.insert(input.grant.tid, input.address, id)
        : index.point(entry, id));
      return complete(named, input, touched);
    }
    if (entry !== undefined && at.isEmpty) {
      expectMailbox(input, entry.mailboxId);
      const touched = await persons.claim(input.grant, claim, entry.mailboxId);
      return complete(await index.point(entry, entry.mailboxId), input, touched);
    }
    // A tombstone is never completed, since the worker is erasing under it: the address goes to a new mailbox.
    return begin(input, entry, claim);
  };

  const attempt = async (input: UpsertInput): Promise<UpsertedMailbox> => {
    const entry = await index.read(input.grant.tid, input.address);
    const found = entry === undefined ? undefined : await readMailbox(mail, entry.mailboxId);
    const untouched = entry !== undefined && clock.now() - entry.touchedAt.getTime() > settlingMs;
    if (entry !== undefined && found !== undefined && isLive(found)) {
      const sameAddress = addressKey(found.row.address) === entry.key;
      const isSame = sameGrant(found.row.grant, input.grant);
      if (isSame && (sameAddress || (isOwn(found.row) && isOwn(input)))) {
        expectMailbox(input, found.row.id);
        return sameAddress ? reconnect(found, input) : rename(found, input, entry);
      }
      if (sameAddress && !isOwn(found.row) && !isOwn(input)) return regrant(found, input);
      // Else an old address of that person's, which has been given to this one.
      if (sameAddress || !untouched) throw await taken(found, input);
    }
    const isEmpty = entry !== undefined && found === undefined;
    if (isOwn(input)) return placeOwn(input, entry, { isEmpty, isPending: isEmpty && !untouched });
    if (!isEmpty) return begin(input, entry, undefined);
    expectMailbox(input, entry.mailboxId);
    return complete(await index.point(entry, entry.mailboxId), input, undefined);
  };

  return (input) => untilSettled(deps, () => attempt(input));
}

const isLive = ({ row }: StoredMailbox): boolean => row.deletedAt === undefined;

function expectMailbox(input: UpsertInput, id: string): void {
  if (input.mailboxId !== undefined && input.mailboxId !== id) throw new BrokerError('mailbox_mismatch');
}
