import { base64url, fromBase64url, purposeHash } from '../../domain/bytes.ts';
import type { Random } from '../../domain/clock.ts';
import { isMailboxId, shardKey } from '../../domain/ids.ts';
import { partitionOf } from '../rows/mailbox-row.ts';

/**
 * Keys of the table `submissions`. A submission is named by its mailbox and 28 hex digits: the inverted time of
 * acceptance, so that rows sort newest first, and eight bytes of chance.
 */
const keyForm = /^[0-9a-f]{28}$/;

const latest = 2 ** 48 - 1;

/** `sub_` and 43 characters: shard, the mailbox's own part, key. */
export function newSubmissionId(mailboxId: string, at: Date, random: Random): string {
  const key = Buffer.alloc(14);
  key.writeUIntBE(latest - at.getTime(), 0, 6);
  key.set(random.bytes(8), 6);
  return submissionId(mailboxId, key.toString('hex'));
}

export function submissionId(mailboxId: string, key: string): string {
  const [, shard = '', own = ''] = mailboxId.split('_');
  const head = Buffer.alloc(2);
  head.writeUInt16BE(Number(shard));
  return `sub_${base64url(Buffer.concat([head, Buffer.from(own, 'latin1'), Buffer.from(key, 'hex')]))}`;
}

/** Where a submission lies; undefined if `text` is no id of one. */
export function parseSubmissionId(text: string): { readonly mailboxId: string; readonly key: string } | undefined {
  if (!/^sub_[\w-]{43}$/.test(text)) return undefined;
  const bytes = Buffer.from(fromBase64url(text.slice(4)));
  const mailboxId = `mbx_${String(bytes.readUInt16BE(0)).padStart(4, '0')}_${bytes.toString('latin1', 2, 18)}`;
  const key = bytes.toString('hex', 18);
  return isMailboxId(mailboxId) && keyForm.test(key) && submissionId(mailboxId, key) === text
    ? { mailboxId, key }
    : undefined;
}

/** PartitionKey of the rows of a mailbox. */
export const submissionPartition = partitionOf;

export const submissionPartitionOfShard = shardKey;

/**
 * `s` a submission, `w` that it has work waiting, `k` an idempotency key, `i` a Message-ID, `p` how the mailbox sends, `x` an
 * address to which it sends nothing, `d` a draft.
 */
export type SubmissionRowKind = 's' | 'w' | 'k' | 'i' | 'p' | 'x' | 'd';

export const submissionRowKey = (kind: SubmissionRowKind, mailboxId: string, key: string): string =>
  `${kind}!${mailboxId}!${key}`;

/** All rows of a kind, of one mailbox or of all of a shard. */
export function submissionRows(kind: SubmissionRowKind, mailboxId?: string): { from: string; below: string } {
  const head = mailboxId === undefined ? kind : `${kind}!${mailboxId}`;
  return { from: `${head}!`, below: `${head}"` };
}

/** What a RowKey names; undefined if it is of no kind known here. */
export function parseSubmissionRowKey(
  rowKey: string,
): { readonly kind: string; readonly mailboxId: string; readonly key: string } | undefined {
  const [kind = '', mailboxId = '', key = '', ...rest] = rowKey.split('!');
  return rest.length === 0 && key !== '' && isMailboxId(mailboxId) ? { kind, mailboxId, key } : undefined;
}

const short = (bytes: Uint8Array): string => base64url(bytes.subarray(0, 18));

/** Key of the row of an idempotency key. `client` is what its caller is to the broker, not the API key, which rotates. */
export const idempotencyHash = (client: string, key: string): string => short(purposeHash('idempotency', client, key));

/** Key of the row of a Message-ID; brackets make no difference. */
export const messageIdHash = (messageId: string): string =>
  short(purposeHash('message-id', messageId.trim().replace(/^<|>$/g, '')));

/** Lane of an account: a person, by the grant, or a mailbox that the app opens. */
export const laneOf = (mailbox: {
  readonly id: string;
  readonly grant: { readonly kind: 'user'; readonly tid: string; readonly oid: string } | { readonly kind: 'app' };
}): string => (mailbox.grant.kind === 'user' ? `u!${mailbox.grant.tid}!${mailbox.grant.oid}` : `m!${mailbox.id}`);

/** What a lane is of; undefined if `text` is none. */
export function parseLane(
  text: string,
): { readonly tid: string; readonly oid: string } | { readonly mailboxId: string } | undefined {
  const [kind, first = '', second, ...rest] = text.split('!');
  if (rest.length > 0 || first === '') return undefined;
  if (kind === 'u' && second !== undefined && second !== '') return { tid: first, oid: second };
  return kind === 'm' && second === undefined && isMailboxId(first) ? { mailboxId: first } : undefined;
}

export const lanePartition = 'lane';
export const tenantHoldKey = (tid: string): string => `tenant!${tid}`;
export const accountHoldKey = (lane: string): string => `hold!${lane}`;
export const reopeningKey = (lane: string): string => `open!${lane}`;
