import { sameBytes } from '../../domain/bytes.ts';
import { isBrokerError } from '../../errors.ts';
import type { ImapSession } from '../../mailbox/session/session.ts';
import type { RingEntry } from '../../store/rows/rows.ts';
import type { FolderBook } from './folder-record.ts';
import type { MailboxBook } from './mailbox-record.ts';

/** What a new UID turns out to be, by its hash. */
export type Claim =
  /** Never seen in this mailbox. */
  | { readonly kind: 'new' }
  /** The same mail is still elsewhere, too. */
  | { readonly kind: 'copy' }
  /** The mail that `entry` stood for is no longer in its place: it moved here. */
  | { readonly kind: 'move'; readonly from: FolderBook; readonly entry: RingEntry };

/** What I send to myself, or a list sends back to me, lies in Sent and in the inbox, and neither is a copy of the other. */
const takesPart = (book: FolderBook): boolean => !['sent', 'drafts'].includes(book.folder.role ?? '');

/**
 * Compares a message with the rings of all folders of its mailbox, its own included (a message may go to another folder
 * and come back). Asks the server only where a hash is known.
 */
export async function claim(
  session: ImapSession,
  mailbox: MailboxBook,
  here: FolderBook,
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
export function isKnownElsewhere(mailbox: MailboxBook, here: FolderBook, own: RingEntry): boolean {
  if (!takesPart(here)) return false;
  return mailbox.folders
    .filter(takesPart)
    .flatMap((book) => book.entriesOf(own.hash))
    .some((entry) => !sameBytes(entry.key, own.key));
}

const rank = (entry: RingEntry): number => (entry.accepted ? 2 : entry.posted ? 0 : 1);

async function isThere(session: ImapSession, book: FolderBook, uid: number): Promise<boolean> {
  if (uid === 0) return false;
  try {
    return (await session.searchRange(book.folder.path, uid, uid)).includes(uid);
  } catch (error) {
    // A folder that was removed has none of its messages any more.
    if (isBrokerError(error, 'folder_missing')) return false;
    throw error;
  }
}
