import { base64url, fromBase64url } from '../../domain/bytes.ts';

/** Where a message was last seen, and by what it is known again when it has moved. */
export interface MessageRef {
  readonly folderId: string;
  readonly uidValidity: bigint;
  readonly uid: number;
  /** The 8 bytes of messageHash; all zero where the message is known by its UID alone. */
  readonly hash: Uint8Array;
  /** Day of INTERNALDATE: days since 1970, UTC. With the hash it finds the message again by one SEARCH. */
  readonly day: number;
}

// version 1 | folder id 8 | uidValidity 8 | uid 4 | hash 8 | day 2, numbers big-endian.
const version = 1;
const folderIdBytes = 8;
const lengthBytes = 1 + folderIdBytes + 8 + 4 + 8 + 2;
const folderIdForm = /^[0-9A-Za-z]{8}$/;

/** An opaque name of a message for callers: 42 characters of base64url. It is no right to anything; the API key is. */
export function encodeMessageRef(ref: MessageRef): string {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUInt8(version, 0);
  bytes.write(ref.folderId, 1, folderIdBytes, 'latin1');
  bytes.writeBigUInt64BE(ref.uidValidity, 9);
  bytes.writeUInt32BE(ref.uid, 17);
  bytes.set(ref.hash.subarray(0, 8), 21);
  // Two bytes last until 2149; a clock that is wrong by more than that is cut, and the search then finds nothing.
  bytes.writeUInt16BE(Math.min(Math.max(ref.day, 0), 0xffff), 29);
  return base64url(bytes);
}

/** The reference in `text`, or undefined if it is none of ours. */
export function decodeMessageRef(text: string): MessageRef | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined;
  const bytes = Buffer.from(fromBase64url(text));
  if (bytes.length !== lengthBytes || bytes[0] !== version || base64url(bytes) !== text) return undefined;
  const folderId = bytes.toString('latin1', 1, 9);
  if (!folderIdForm.test(folderId)) return undefined;
  return {
    folderId,
    uidValidity: bytes.readBigUInt64BE(9),
    uid: bytes.readUInt32BE(17),
    hash: new Uint8Array(bytes.subarray(21, 29)),
    day: bytes.readUInt16BE(29),
  };
}
