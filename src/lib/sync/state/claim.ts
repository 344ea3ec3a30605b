import { sameBytes } from '../../domain/bytes.ts';
import { isBrokerError } from '../../errors.ts';
import type { ImapSession } from '../../mailbox/session/session.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';
import type { FolderPoll } from './folder-poll.ts';
import type { FolderRecord } from './folder-record.ts';
import type { MailboxRecord } from './mailbox-record.ts';

/** What a new UID turns out to be, by its hash. */
export type Claim =
  /** Never seen in this mailbox. */
  | { readonly kind: 'new' }
  /** The same mail is still elsewhere, too. */
  | { readonly kind: 'copy' }
  /** The mail that `entry` stood for is no longer in its place: it moved here. */
  | { readonly kind: 'move'; readonly from: FolderRecord; readonly entry: RecentMessage };

/** What I send to myself, or a list sends back to me, lies in Sent and in the inbox, and neither is a copy of the other. */
const takesPart = (record: FolderRecord): boolean => !['sent', 'drafts'].includes(record.folder.role ?? '');

/**
 * Compares a message with the recent messages of all folders of its mailbox, its own included (a message may go to another folder
 * and come back). Asks the server only where a hash is known.
 */
export async function claim(
  { session, mailbox, record: here }: Pick<FolderPoll, 'session' | 'mailbox' | 'record'>,
  hash: Uint8Array,
): Promise<Claim> {
  if (!takesPart(here)) return { kind: 'new' };
  const candidates = mailbox.folders
    .filter(takesPart)
    .flatMap((from) => from.entriesOf(hash).map((entry) => ({ from, entry })));
  // Of several that are gone, the one that is still owed is taken over first: rather deliver twice than never.
  candidates.sort((a, b) => rank(a.entry) - rank(b.entry));
  for (const { from, entry } of candidates) {
    if (!(await isThere(session, from, entry.uid))) return { kind: 'move', from, entry };
  }
  return candidates.length === 0 ? { kind: 'new' } : { kind: 'copy' };
}

/** True if another entry of the mailbox stands for the same mail. */
export function isKnownElsewhere(mailbox: MailboxRecord, here: FolderRecord, own: RecentMessage): boolean {
  if (!takesPart(here)) return false;
  return mailbox.folders
    .filter(takesPart)
    .flatMap((record) => record.entriesOf(own.hash))
    .some((entry) => !sameBytes(entry.key, own.key));
}

const rank = (entry: RecentMessage): number => (entry.accepted ? 2 : entry.posted ? 0 : 1);

async function isThere(session: ImapSession, record: FolderRecord, uid: number): Promise<boolean> {
  if (uid === 0) return false;
  try {
    return (await session.searchRange(record.folder.path, uid, uid)).includes(uid);
  } catch (error) {
    // A folder that was removed has none of its messages any more.
    if (isBrokerError(error, 'folder_missing')) return false;
    throw error;
  }
}
