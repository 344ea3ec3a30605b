import { base64url, fromBase64url, purposeBytes } from '../domain/bytes.ts';
import type { Clock } from '../domain/clock.ts';
import { isMailboxId, shardOfMailbox } from '../domain/ids.ts';
import { equalBytes, hmacSha256 } from '../domain/mac.ts';
import { BrokerError } from '../errors.ts';
import type { RootKeys } from '../vault/types.ts';

/** Where a file lies: its message as it was last seen, what the message is found again by, and the part. */
export interface AttachmentPlace {
  readonly mailboxId: string;
  readonly folderId: string;
  readonly uidValidity: bigint;
  readonly uid: number;
  /** The 8 bytes of messageHash; all zero where the message is known by its UID alone. */
  readonly hash: Uint8Array;
  /** Day of INTERNALDATE: days since 1970, UTC. */
  readonly day: number;
  /** IMAP part number, such as `2` or `1.3`. */
  readonly part: string;
}

/** Makes the tokens of one event; undefined for a part that lies too deep for a short link. */
export type AttachmentSigner = (place: AttachmentPlace) => string | undefined;

/**
 * The token of an attachment's link. It says where the file is and needs no row: the MAC is all that is checked before
 * anything is read.
 */
export interface AttachmentTokens {
  /** @returns a signer for tokens that are good from now on for the lifetime of links */
  signer(): Promise<AttachmentSigner>;
  /**
   * What does not carry our MAC is refused before the store, the vault or a mail server is asked.
   * @throws BrokerError `attachment_link_invalid` | `attachment_link_expired`
   */
  open(token: string): Promise<AttachmentPlace>;
}

// version 1 | kid 4 | shard 2 | mailbox 16 | folder 8 | uidValidity 8 | uid 4 | hash 8 | day 2 | expiry 4 | mac 16 | part,
// numbers big-endian, each number of the part in 7 bits a byte (LEB128). Together at most 97 bytes, 130 characters.
const version = 1;
const kidBytes = 4;
const macBytes = 16;
const fixedBytes = 1 + kidBytes + 2 + 16 + 8 + 8 + 4 + 8 + 2 + 4 + macBytes;
const mostPartBytes = 24;
const form = /^[\w-]{99,130}$/;

export interface AttachmentTokensDeps {
  readonly rootKeys: Pick<RootKeys, 'current' | 'byPrefix'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly lifetimeMs: number;
}

export function createAttachmentTokens({ rootKeys, clock, lifetimeMs }: AttachmentTokensDeps): AttachmentTokens {
  return {
    async signer() {
      const root = await rootKeys.current('attach');
      const kid = new Uint8Array(Buffer.from(root.kid.slice(0, 2 * kidBytes), 'hex'));
      const expirySeconds = Math.floor((clock.now() + lifetimeMs) / 1000);
      return (place) => {
        const part = packPart(place.part);
        if (part === undefined) return undefined;
        const body = packPlace(place, kid, expirySeconds);
        return base64url(Buffer.concat([body, mac(root.key, kid, place, expirySeconds), part]));
      };
    },

    async open(token) {
      const bytes = form.test(token) ? fromBase64url(token) : undefined;
      // A different last character may decode to the same bytes, but it is not the token that was given out.
      if (bytes === undefined || base64url(bytes) !== token) throw new BrokerError('attachment_link_invalid');
      const read = unpack(bytes);
      const root = read === undefined ? undefined : await rootKeys.byPrefix('attach', read.kid);
      if (read === undefined || root === undefined) throw new BrokerError('attachment_link_invalid');
      const wanted = mac(root.key, read.kid, read.place, read.expirySeconds);
      if (!equalBytes(wanted, read.mac)) throw new BrokerError('attachment_link_invalid');
      if (read.expirySeconds * 1000 <= clock.now()) throw new BrokerError('attachment_link_expired');
      return read.place;
    },
  };
}

function mac(key: Uint8Array, kid: Uint8Array, place: AttachmentPlace, expirySeconds: number): Uint8Array {
  const { mailboxId, folderId, uidValidity, uid, hash, day, part } = place;
  const input = purposeBytes('attach', kid, mailboxId, folderId, uidValidity, uid, hash, day, part, expirySeconds);
  return hmacSha256(key, input).slice(0, macBytes);
}

function packPlace(place: AttachmentPlace, kid: Uint8Array, expirySeconds: number): Buffer {
  const bytes = Buffer.alloc(fixedBytes - macBytes);
  bytes.writeUInt8(version, 0);
  bytes.set(kid, 1);
  bytes.writeUInt16BE(shardOfMailbox(place.mailboxId) ?? 0, 5);
  bytes.write(place.mailboxId.slice(-16), 7, 16, 'latin1');
  bytes.write(place.folderId, 23, 8, 'latin1');
  bytes.writeBigUInt64BE(place.uidValidity, 31);
  bytes.writeUInt32BE(place.uid, 39);
  bytes.set(place.hash.subarray(0, 8), 43);
  bytes.writeUInt16BE(place.day, 51);
  bytes.writeUInt32BE(expirySeconds, 53);
  return bytes;
}

function unpack(given: Uint8Array):
  | {
      readonly kid: Uint8Array;
      readonly place: AttachmentPlace;
      readonly expirySeconds: number;
      readonly mac: Uint8Array;
    }
  | undefined {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (bytes.length <= fixedBytes || bytes[0] !== version) return undefined;
  const mailboxId = `mbx_${String(bytes.readUInt16BE(5)).padStart(4, '0')}_${bytes.toString('latin1', 7, 23)}`;
  const folderId = bytes.toString('latin1', 23, 31);
  const part = unpackPart(bytes.subarray(fixedBytes));
  if (!isMailboxId(mailboxId) || !/^[0-9A-Za-z]{8}$/.test(folderId) || part === undefined) return undefined;
  return {
    kid: new Uint8Array(bytes.subarray(1, 5)),
    place: {
      mailboxId,
      folderId,
      uidValidity: bytes.readBigUInt64BE(31),
      uid: bytes.readUInt32BE(39),
      hash: new Uint8Array(bytes.subarray(43, 51)),
      day: bytes.readUInt16BE(51),
      part,
    },
    expirySeconds: bytes.readUInt32BE(53),
    mac: new Uint8Array(bytes.subarray(57, fixedBytes)),
  };
}

function packPart(part: string): Uint8Array | undefined {
  if (!/^[1-9]\d{0,5}(\.[1-9]\d{0,5})*$/.test(part)) return undefined;
  const bytes: number[] = [];
  for (const text of part.split('.')) {
    let number = Number(text);
    for (; number > 0x7f; number >>= 7) bytes.push((number & 0x7f) | 0x80);
    bytes.push(number);
  }
  return bytes.length > mostPartBytes ? undefined : Uint8Array.from(bytes);
}

function unpackPart(bytes: Uint8Array): string | undefined {
  const numbers: number[] = [];
  let number = 0;
  let shift = 0;
  for (const byte of bytes) {
    number += (byte & 0x7f) << shift;
    shift += 7;
    if (shift > 21) return undefined;
    if (byte > 0x7f) continue;
    numbers.push(number);
    number = 0;
    shift = 0;
  }
  const part = numbers.join('.');
  // One way of writing a part is enough; what was not written this way was not written by us.
  const again = shift === 0 ? packPart(part) : undefined;
  return again !== undefined && equalBytes(again, bytes) ? part : undefined;
}
