import type { Clock, Random } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';
import type { AddressEntry, AddressIndex } from './address-index.ts';
import type { Directory } from './directory.ts';
import { addressKey } from './keys.ts';
import type { StoredMailbox } from './mailboxes.ts';
import { readMailbox, replaceMailbox } from './mailboxes.ts';
import { untilSettled } from './modify.ts';
import { newMailbox } from './new-mailbox.ts';
import { type GrantMailboxes, MailboxTaken, type Placed, type PlaceInput } from './registry.ts';
import type { GrantRef } from './rows.ts';
import { isStoreError, type Store, StoreError } from './table.ts';

export interface PlaceDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly grants: GrantMailboxes;
  readonly index: AddressIndex;
  readonly directory: Directory;
}

// Between the index row and the mailbox that it names lie seconds, and the host ends a function after 5 minutes. An index
// row that has led to no mailbox, or to one of another address, for longer than this, is what somebody left behind.
const settlingMs = 10 * 60_000;

/**
 * Connects or reconnects a mailbox. It crosses the tables index, directory, grants and mail; whichever step is the last,
 * the next attempt, by whomever, goes on from what is there, and what nobody goes on with is swept after a day.
 * The insert of the index row decides between two at once for one address; the insert of `a!` between two who complete
 * the same index row.
 */
export function createPlacer(deps: PlaceDeps): (input: PlaceInput) => Promise<Placed> {
  const { store, clock, random, grants, index, directory } = deps;
  const mail = store.table('mail');

  /** The mailbox that is the person's own, whatever its address is now. */
  const ownMailbox = async (grant: PlaceInput['grant']): Promise<StoredMailbox | undefined> => {
    for (const id of await grants.mailboxesOf(grant)) {
      const found = await readMailbox(mail, id);
      if (found !== undefined && isLive(found) && !found.row.shared && sameGrant(found.row.grant, grant)) return found;
    }
    return undefined;
  };

  const reconnect = async (found: StoredMailbox, input: PlaceInput): Promise<Placed> => {
    await grants.addMailbox(input.grant, found.row.id);
    const mailbox = await replaceMailbox(mail, found, {
      ...found.row,
      address: input.address,
      login: input.login,
      label: input.label ?? found.row.label,
      ownerRef: input.ownerRef ?? found.row.ownerRef,
      asked: found.row.asked + 1,
    });
    return { outcome: 'reconnected', mailbox };
  };

  /**
   * The person's own mailbox under another address: the new index row stands before `a!` changes, the old one goes after it.
   * `entry` is the index row of the new address where there is one already.
   */
  const rename = async (found: StoredMailbox, input: PlaceInput, entry: AddressEntry | undefined): Promise<Placed> => {
    const { tid } = input.grant;
    const { id, address } = found.row;
    await (entry === undefined ? index.insert(tid, input.address, id) : index.point(entry, id));
    const placed = await reconnect(found, input);
    // Only the index row was lost.
    if (addressKey(address) === addressKey(input.address)) return placed;
    await index.deleteIfNames(tid, address, id);
    return { ...placed, outcome: 'renamed' };
  };

  /** Inserts whatever makes up the mailbox `id`. @throws StoreError `exists` if somebody else has done so meanwhile */
  const insertRows = async (id: string, slot: number, input: PlaceInput): Promise<Placed> => {
    // Listed before it is there: a mailbox whose grant does not know it would lose that grant.
    await grants.addMailbox(input.grant, id);
    const { row, inserts } = newMailbox(input, { id, slot }, new Date(clock.now()), random);
    const [first] = inserts;
    if (first?.kind !== 'insert') throw new RangeError('a mailbox begins with its own row');
    await mail.batch(first.row.partitionKey, inserts);
    return { outcome: 'connected', mailbox: row };
  };

  /** A mailbox that nobody has begun yet, or in place of a removed one. */
  const begin = async (input: PlaceInput, replaced: AddressEntry | undefined): Promise<Placed> => {
    if (input.mailboxId !== undefined) throw new BrokerError('mailbox_mismatch');
    const { mailboxId, slot } = await directory.take();
    try {
      await (replaced === undefined
        ? index.insert(input.grant.tid, input.address, mailboxId)
        : index.point(replaced, mailboxId));
    } catch (error) {
      // Somebody else was faster. After a lost answer the row may name us all the same, so then nothing is given back.
      if (isStoreError(error, 'exists', 'conflict', 'missing')) await giveBack(mailboxId);
      throw error;
    }
    return insertRows(mailboxId, slot, input);
  };

  /** Best effort: a slot that stays taken in vain is swept after a day. */
  const giveBack = async (mailboxId: string): Promise<void> => {
    try {
      await directory.giveBack(mailboxId);
    } catch (error) {
      if (!isStoreError(error)) throw error;
    }
  };

  /** An index row without its mailbox: whoever began it came no further. Goes on under the same id. */
  const complete = async (entry: AddressEntry, input: PlaceInput): Promise<Placed> => {
    if (input.mailboxId !== undefined && input.mailboxId !== entry.mailboxId) throw new BrokerError('mailbox_mismatch');
    // Touched first, so that the sweep, which may have seen it without its mailbox, no longer has its ETag.
    const touched = await index.point(entry, entry.mailboxId);
    const slot = await directory.confirm(entry.mailboxId);
    return slot === undefined ? begin(input, touched) : insertRows(entry.mailboxId, slot, input);
  };

  const taken = async (found: StoredMailbox, input: PlaceInput): Promise<MailboxTaken> => {
    const { id, address, login } = found.row;
    // An attempt of ours that lost to that person's may have listed it.
    if ((await grants.mailboxesOf(input.grant)).includes(id)) await grants.removeMailbox(input.grant, id);
    return new MailboxTaken({ mailboxId: id, address, heldBy: login, askedBy: input.login });
  };

  const attempt = async (input: PlaceInput): Promise<Placed> => {
    const entry = await index.read(input.grant.tid, input.address);
    const found = entry === undefined ? undefined : await readMailbox(mail, entry.mailboxId);
    const untouched = entry !== undefined && clock.now() - entry.touchedAt.getTime() > settlingMs;
    if (entry !== undefined && found !== undefined && isLive(found)) {
      const sameAddress = addressKey(found.row.address) === entry.key;
      if (sameGrant(found.row.grant, input.grant)) {
        expectMailbox(input, found.row.id);
        return sameAddress ? reconnect(found, input) : rename(found, input, entry);
      }
      // An old address of that person's, which has been given to this one.
      if (sameAddress || !untouched) throw await taken(found, input);
    }
    const own = input.shared ? undefined : await ownMailbox(input.grant);
    if (own !== undefined) {
      expectMailbox(input, own.row.id);
      // Somebody is just connecting a mailbox under this address. It may be this very one, a moment ago: look again.
      if (entry !== undefined && found === undefined && !untouched)
        throw new StoreError('conflict', { table: 'index' });
      return rename(own, input, entry);
    }
    if (entry !== undefined && found === undefined) return complete(entry, input);
    // A tombstone is never completed, since the worker is erasing under it: the address goes to a new mailbox.
    return begin(input, entry);
  };

  return (input) => untilSettled(deps, () => attempt(input));
}

const isLive = ({ row }: StoredMailbox): boolean => row.deletedAt === undefined;

const sameGrant = (a: GrantRef, b: PlaceInput['grant']): boolean =>
  a.kind === 'user' && a.tid === b.tid && a.oid === b.oid;

function expectMailbox(input: PlaceInput, id: string): void {
  if (input.mailboxId !== undefined && input.mailboxId !== id) throw new BrokerError('mailbox_mismatch');
}
