import { asciiAddress } from '../../domain/mail/mail-address.ts';

/**
 * RowKeys of the table `mail`. They are made of ids and `!` alone, which needs no escaping anywhere; the first letter
 * sorts the kinds, so that everything a poll reads is one query: the {@link polledRowRange}.
 */

/** `!`, `a!…`, `b!…` and `c!…`: what a run reads of its shard. */
export const polledRowRange = { below: 'd' } as const;

export const shardRowKey = '!';
export const mailboxRowKey = (mailboxId: string): string => `a!${mailboxId}`;
export const stateRowKey = (mailboxId: string): string => `b!${mailboxId}`;
export const cursorRowKey = (mailboxId: string, folderId: string): string => `c!${mailboxId}!${folderId}`;
export const jobRowKey = (mailboxId: string, jobId: string): string => `e!${mailboxId}!${jobId}`;
export const outboxRowKey = (mailboxId: string, eventId: string): string => `o!${mailboxId}!${eventId}`;
export const settingsRowKey = (mailboxId: string): string => `p!${mailboxId}`;
export const recentMessagesRowKey = (mailboxId: string, folderId: string): string => `r!${mailboxId}!${folderId}`;

/** A message that is being retried (`d`) or that is dead (`x`). Ten digits of uid, so that they sort as numbers do. */
export const messageRowKey = (
  kind: 'd' | 'x',
  place: {
    readonly mailboxId: string;
    readonly folderId: string;
    readonly uidValidity: bigint;
    readonly uid: number;
  },
): string => `${kind}!${place.mailboxId}!${place.folderId}!${place.uidValidity}!${String(place.uid).padStart(10, '0')}`;

/** All rows of one kind (`a` to `x`) of a shard. */
export const rowsOfKind = (kind: string): { from: string; below: string } => ({ from: `${kind}!`, below: `${kind}"` });

/** All rows of one kind (`a` to `x`) of a mailbox, or of one of its folders. */
export function rowsOf(kind: string, mailboxId: string, folderId?: string): { from: string; below: string } {
  // The key itself and all keys that continue with `!`; `"` is the character after it.
  const key = `${kind}!${mailboxId}${folderId === undefined ? '' : `!${folderId}`}`;
  return { from: key, below: `${key}"` };
}

export type RowKey =
  | { readonly kind: 'shard' }
  | { readonly kind: 'mailbox' | 'state' | 'settings'; readonly mailboxId: string }
  | { readonly kind: 'cursor' | 'recentMessages'; readonly mailboxId: string; readonly folderId: string }
  | { readonly kind: 'job'; readonly mailboxId: string; readonly jobId: string }
  | { readonly kind: 'outbox'; readonly mailboxId: string; readonly eventId: string }
  | {
      readonly kind: 'retry' | 'dead';
      readonly mailboxId: string;
      readonly folderId: string;
      readonly uidValidity: bigint;
      readonly uid: number;
    };

/** What a RowKey names; undefined if it is of no kind known here. */
export function parseRowKey(rowKey: string): RowKey | undefined {
  if (rowKey === shardRowKey) return { kind: 'shard' };
  const [letter, mailboxId = '', third = '', validity = '', uid = '', ...rest] = rowKey.split('!');
  const parts = [mailboxId, third, validity, uid].filter((part) => part !== '').length;
  if (rest.length > 0 || rowKey.endsWith('!') || parts !== rowKey.split('!').length - 1) return undefined;
  if (letter === 'a' && parts === 1) return { kind: 'mailbox', mailboxId };
  if (letter === 'b' && parts === 1) return { kind: 'state', mailboxId };
  if (letter === 'p' && parts === 1) return { kind: 'settings', mailboxId };
  if (letter === 'c' && parts === 2) return { kind: 'cursor', mailboxId, folderId: third };
  if (letter === 'r' && parts === 2) return { kind: 'recentMessages', mailboxId, folderId: third };
  if (letter === 'e' && parts === 2) return { kind: 'job', mailboxId, jobId: third };
  if (letter === 'o' && parts === 2) return { kind: 'outbox', mailboxId, eventId: third };
  if ((letter === 'd' || letter === 'x') && parts === 4 && /^\d+$/.test(validity) && /^\d{10}$/.test(uid)) {
    const kind = letter === 'd' ? 'retry' : 'dead';
    return { kind, mailboxId, folderId: third, uidValidity: BigInt(validity), uid: Number(uid) };
  }
  return undefined;
}

/**
 * RowKey of an address in the table `index`: lower case, the domain in ASCII; any character but letters, digits and `@._+-` becomes `!` and two
 * hex digits for each byte of its UTF-8 (Table Storage refuses `/ \ # ?` and controls in keys, and an address may hold them).
 */
export function addressKey(address: string): string {
  const hex = (character: string) =>
    [...new TextEncoder().encode(character)].map((byte) => `!${byte.toString(16).padStart(2, '0')}`).join('');
  return asciiAddress(address.trim())
    .toLowerCase()
    .replace(/[^0-9a-z@._+-]/gu, hex);
}

/**
 * RowKey of a person in the table `index`. No address makes such a key: what follows a `!` there are hex digits, and
 * `p` is none.
 */
export const personKey = (oid: string): string => `${personPrefix}${oid}`;

const personPrefix = '!person!';

/** The person that a RowKey of the table `index` stands for; undefined if it stands for an address. */
export const personOfKey = (rowKey: string): string | undefined =>
  rowKey.startsWith(personPrefix) ? rowKey.slice(personPrefix.length) : undefined;
