import { grantKeyOf } from '../grants/grant-row.ts';
import type { GrantRef, MailboxRow } from '../rows/rows.ts';
import type { Table } from '../table/table.ts';
import type { AddressEntry, AddressIndex } from './address-index.ts';
import { readMailbox, type StoredMailbox } from './mailboxes.ts';
import type { GrantMailboxes } from './registry.ts';

/** A person's own mailbox: not one that she may open besides, nor one that the app opens. */
export const isOwn = ({ grant, shared }: Pick<MailboxRow, 'grant' | 'shared'>): boolean =>
  grant.kind === 'user' && !shared;

export function sameGrant(a: GrantRef, b: GrantRef): boolean {
  const [one, other] = [grantKeyOf(a), grantKeyOf(b)];
  return a.kind === b.kind && one.tid === other.tid && one.oid === other.oid;
}

/** What is known of a person's own mailbox. */
export interface Own {
  /** The index row of the person. */
  readonly claim: AddressEntry | undefined;
  readonly own: StoredMailbox | undefined;
  /** The claim names an id that no mailbox has yet: someone is connecting her right now, or came no further. */
  readonly isUnborn: boolean;
}

/**
 * One own mailbox for each person, regardless of the address: a person has a row in the index, which is written before
 * that of the address. So two simultaneous connects under two addresses use the same id. If that row is lost, the
 * grant's list decides, and only two connects at the same moment would create two mailboxes.
 */
export function createOwnMailboxes(deps: {
  readonly mail: Table;
  readonly grants: Pick<GrantMailboxes, 'mailboxesOf'>;
  readonly index: Pick<AddressIndex, 'readPerson' | 'insertPerson' | 'point'>;
}) {
  const { mail, grants, index } = deps;

  const isOwnOf = (found: StoredMailbox | undefined, grant: GrantRef): found is StoredMailbox =>
    found !== undefined && found.row.deletedAt === undefined && isOwn(found.row) && sameGrant(found.row.grant, grant);

  const listed = async (grant: GrantRef): Promise<StoredMailbox | undefined> => {
    for (const id of await grants.mailboxesOf(grantKeyOf(grant))) {
      const found = await readMailbox(mail, id);
      if (isOwnOf(found, grant)) return found;
    }
    return undefined;
  };

  return {
    /** @throws StoreError */
    async of(grant: GrantRef): Promise<Own> {
      const claim = await index.readPerson(grantKeyOf(grant));
      const named = claim === undefined ? undefined : await readMailbox(mail, claim.mailboxId);
      if (isOwnOf(named, grant)) return { claim, own: named, isUnborn: false };
      return { claim, own: await listed(grant), isUnborn: claim !== undefined && named === undefined };
    },

    /** Makes `id` the person's, in the place of what `seen` names. @throws StoreError `exists` | `conflict` | `missing` */
    claim: (grant: GrantRef, seen: AddressEntry | undefined, id: string): Promise<AddressEntry> =>
      seen === undefined ? index.insertPerson(grantKeyOf(grant), id) : index.point(seen, id),

    /** Sees to it that the person's row names her mailbox. @throws StoreError */
    async confirm(row: MailboxRow): Promise<void> {
      if (!isOwn(row)) return;
      const key = grantKeyOf(row.grant);
      const seen = await index.readPerson(key);
      if (seen === undefined) await index.insertPerson(key, row.id);
      else if (seen.mailboxId !== row.id) await index.point(seen, row.id);
    },
  };
}
