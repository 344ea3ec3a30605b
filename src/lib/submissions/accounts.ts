import type { GrantKey } from '../domain/grant.ts';
import type { SendingAccount } from '../send/way.ts';
import { isOwn } from '../store/mailboxes/own-mailbox.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { laneOf, parseLane } from '../store/submissions/submission-keys.ts';

export interface AccountsParts {
  /** A mailbox as it is now; undefined if it was removed. */
  readonly mailbox: (id: string) => Promise<MailboxRow | undefined>;
  readonly grants: { mailboxesOf(key: GrantKey): Promise<readonly string[]> };
}

/** Who signs in to send, and where the copies of what was sent may lie. */
export interface Accounts {
  /** The mailboxes that send through a lane; those that were removed are left out. */
  mailboxesOf(lane: string): Promise<readonly MailboxRow[]>;
  /** Exchange takes the log-in of the person who opens a shared mailbox; From is the shared address. */
  of(mailbox: MailboxRow): Promise<SendingAccount>;
  /** Besides its own Sent: that of the person, for a shared mailbox. */
  copiesAlsoIn(mailbox: MailboxRow): Promise<readonly MailboxRow[]>;
}

export function createAccounts({ mailbox, grants }: AccountsParts): Accounts {
  const rowsOf = async (ids: readonly string[]): Promise<readonly MailboxRow[]> =>
    (await Promise.all(ids.map(mailbox))).filter((row) => row !== undefined);
  /** The own mailboxes of the person through whom a shared one is opened; empty for any other. */
  const ofPersonBehind = async (row: MailboxRow): Promise<readonly MailboxRow[]> =>
    row.grant.kind === 'app' || isOwn(row) ? [] : (await rowsOf(await grants.mailboxesOf(row.grant))).filter(isOwn);

  return {
    async mailboxesOf(lane) {
      const account = parseLane(lane);
      if (account === undefined) return [];
      const rows = await rowsOf('mailboxId' in account ? [account.mailboxId] : await grants.mailboxesOf(account));
      // The list of a grant may hold a mailbox that has moved to another one: its lane is a different one now.
      return rows.filter((row) => laneOf(row) === lane);
    },
    of: async (row) => ({ mailbox: row, login: ((await ofPersonBehind(row))[0] ?? row).login }),
    copiesAlsoIn: ofPersonBehind,
  };
}
