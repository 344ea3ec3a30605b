import { base64url, purposeHash, sameBytes } from '../bytes.ts';
import { senderAddress } from './address-list.ts';
import { mailDate } from './mail-date.ts';
import type { MessageIdentity } from './message.ts';

/** Stands in rows and references for the hash of a message whose headers the server did not give. It equals no hash. */
export const noHash: Uint8Array = new Uint8Array(8);

/**
 * 8 bytes by which a message is known again under another UID: over Message-ID, Date, From, Subject and the topmost
 * Received line. The first four are the sender's word, which senders reuse and strangers copy; the last one is written by
 * the receiving server, once for each delivery, and stays when the message is moved or copied. What never passed a server
 * (imported mail, drafts) has none, and goes by its INTERNALDATE. Size has no part in it: Exchange changes that with every
 * edit. See docs/decisions/0001-message-identity.md.
 * @returns {@link noHash} if the mail has none of these headers, as when the server did not give them
 */
export function messageHash(identity: MessageIdentity): Uint8Array<ArrayBuffer> {
  const { messageId, date, from, subject, received } = identity;
  const [arrival = '', ...headers] = [received, messageId, date, from, subject].map(trimmed);
  if ([arrival, ...headers].every((header) => header === '')) return new Uint8Array(noHash);
  // A line without a value says as little as none: an import tool may have made it.
  return purposeHash('message-hash', ...headers, arrival === '' ? seconds(identity) : arrival).slice(0, 8);
}

/**
 * Whether two hashes are those of one mail: the same delivery, in any folder, or a copy of it. If less agrees, it is
 * another mail: a mail that comes twice is a nuisance, one that never comes is lost.
 */
export const isSameMail = (one: Uint8Array, other: Uint8Array): boolean => hasHash(one) && sameBytes(one, other);

/** False for a message that takes no part in comparisons: it is known by its UID alone. */
export const hasHash = (hash: Uint8Array): boolean => !sameBytes(hash, noHash);

/** {@link isSameMail} as the key of a Map: equal for the hashes of one mail; undefined for what takes no part. */
export const hashKey = (hash: Uint8Array): string | undefined =>
  hasHash(hash) ? Buffer.from(hash).toString('latin1') : undefined;

/**
 * `f_` and 22 characters, equal for all copies of a mail, regardless of how and where each arrived: in Sent, in the
 * inbox, in another mailbox, through a list. All of it is the sender's word, so nothing may be left out because of it.
 */
export function fingerprint(identity: MessageIdentity): string {
  const messageId = trimmed(identity.messageId);
  const date = trimmed(identity.date);
  // Exchange may rewrite the instant in another time zone ([MS-OXCMAIL] section 2.1.3.2.7).
  const sentAt = mailDate(date);
  // Without these two, mails of one sender would all be one.
  const arrival = messageId === '' && date === '' ? [seconds(identity)] : [];
  const hash = purposeHash(
    'fingerprint',
    messageId,
    sentAt === undefined ? date : sentAt.getTime() / 1000,
    senderAddress(identity.from),
    ...arrival,
  );
  return `f_${base64url(hash.slice(0, 16))}`;
}

const seconds = ({ internalDate }: MessageIdentity): number => Math.floor(internalDate.getTime() / 1000);

const blanks = new Set([' ', '\t', '\r', '\n']);

/** A raw header without its line breaks and the blanks around it. By hand: `/\s+$/` takes forever on a long run of blanks. */
function trimmed(header: string | undefined): string {
  // RFC 5322 section 2.2.3: a folded header is unfolded by removing the line breaks.
  const text = (header ?? '').replace(/\r?\n(?=[ \t])/g, '');
  let from = 0;
  let to = text.length;
  while (from < to && blanks.has(text.charAt(from))) from += 1;
  while (to > from && blanks.has(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}
