import { base62, base64url, fromBase64url, purposeHash, randomBase62 } from './bytes.ts';
import type { Random } from './clock.ts';

/** Mailboxes share a partition, a lease and a poll in shards of at most 64. */
export const shardSize = 64;

/** `s0007`: the PartitionKey of a shard in the table `mail`. */
export function shardKey(shard: number): string {
  return `s${String(shard).padStart(4, '0')}`;
}

/** The number in {@link shardKey}, or undefined if `key` is none. */
export function shardNumber(key: string): number | undefined {
  return /^s\d{4}$/.test(key) ? Number(key.slice(1)) : undefined;
}

/** A new mailbox id, `mbx_<shard4>_<16 base62>`. It carries its shard, so its PartitionKey follows from it. */
export function newMailboxId(shard: number, random: Random): string {
  return `mbx_${String(shard).padStart(4, '0')}_${randomBase62(16, random)}`;
}

const mailboxIdForm = /^mbx_(\d{4})_[0-9A-Za-z]{16}$/;

export function isMailboxId(text: string): boolean {
  return mailboxIdForm.test(text);
}

/** The shard a mailbox lives in, or undefined if `id` is not a mailbox id. */
export function shardOfMailbox(id: string): number | undefined {
  const shard = mailboxIdForm.exec(id)?.[1];
  return shard === undefined ? undefined : Number(shard);
}

/** A folder's own id, stable over renames. */
export function newFolderId(random: Random): string {
  return `f${randomBase62(7, random)}`;
}

/**
 * The id of a folder that is not watched, from its path: `x` and 7 characters, never the id of a watched one. In rare
 * cases another path has the same id; a caller that looks there for a message checks the path.
 */
export function pathFolderId(path: string): string {
  const bytes = purposeHash('folder', path).slice(0, 7);
  return `x${Array.from(bytes, (byte) => base62.charAt(byte % 62)).join('')}`;
}

export const isPathFolderId = (id: string): boolean => /^x[0-9A-Za-z]{7}$/.test(id);

export function newDestinationId(random: Random): string {
  return `dst_${randomBase62(12, random)}`;
}

export const isDestinationId = (text: string): boolean => /^dst_[0-9A-Za-z]{12}$/.test(text);

/**
 * `e_` and 22 characters: the id of an event of a mailbox, and its `webhook-id`. `occasion` tells it from other events
 * of the same type; the same occasion told again gets the same id.
 */
export function eventId(mailboxId: string, type: string, ...occasion: (string | number | bigint)[]): string {
  return `e_${base64url(purposeHash('event', mailboxId, type, ...occasion).slice(0, 16))}`;
}

/** `j_` and 22 characters: the id of a job of a mailbox; the same work asked for twice has the same id. */
export function jobId(...work: (string | number | Uint8Array)[]): string {
  return `j_${base64url(purposeHash('job', ...work).slice(0, 16))}`;
}

/**
 * `dlv_` and 46 characters: what did not go through of a mailbox, by its message. It stays while the message is tried
 * again, is given up, moves or gets another UID.
 * @param key the 16 bytes behind the messageKey
 */
export function deliveryId(mailboxId: string, key: Uint8Array): string {
  const [, shard = '', own = ''] = mailboxId.split('_');
  const head = Buffer.alloc(2);
  head.writeUInt16BE(Number(shard));
  return `dlv_${base64url(Buffer.concat([head, Buffer.from(own, 'latin1'), key]))}`;
}

/** What is in {@link deliveryId}, or undefined if `text` is none. */
export function parseDeliveryId(
  text: string,
): { readonly mailboxId: string; readonly key: Uint8Array<ArrayBuffer> } | undefined {
  if (!/^dlv_[\w-]{46}$/.test(text)) return undefined;
  const bytes = Buffer.from(fromBase64url(text.slice(4)));
  if (bytes.length !== 34) return undefined;
  const mailboxId = `mbx_${String(bytes.readUInt16BE(0)).padStart(4, '0')}_${bytes.toString('latin1', 2, 18)}`;
  const key = new Uint8Array(bytes.subarray(18));
  return isMailboxId(mailboxId) && deliveryId(mailboxId, key) === text ? { mailboxId, key } : undefined;
}

/** Where a message was first seen: the input of its key. */
export interface MessagePlace {
  readonly mailboxId: string;
  readonly folderId: string;
  readonly uidValidity: bigint;
  readonly uid: number;
}

/**
 * `m_` and 22 characters: the key of a message, computed from where it was first seen and from then on kept, not computed
 * (a move or a reset of UIDVALIDITY does not change it). It is the `webhook-id` of its `message.received`.
 */
export function messageKey(place: MessagePlace): string {
  return `m_${base64url(messageKeyBytes(place))}`;
}

/** The 16 bytes behind {@link messageKey}. */
export function messageKeyBytes(place: MessagePlace): Uint8Array<ArrayBuffer> {
  return purposeHash('message', place.mailboxId, place.folderId, place.uidValidity, place.uid).slice(0, 16);
}

export const messageKeyFromBytes = (bytes: Uint8Array): string => `m_${base64url(bytes)}`;
