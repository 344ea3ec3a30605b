import { base64url, fromBase64url } from '../domain/bytes.ts';

/** From where on changes of a folder are wanted. */
export interface ChangesCursor {
  readonly folderId: string;
  readonly uidValidity: bigint;
  /** The HIGHESTMODSEQ (RFC 7162 section 3.1.2.1) up to which everything is known; 0 where the server keeps none. */
  readonly modseq: bigint;
  /** The one that will be known at the end of the pages; 0 between two calls that are each complete. */
  readonly target: bigint;
  /** UIDs below this one are to come; 0 for all. */
  readonly uid: number;
}

// version 1 | folder id 8 | uidValidity 8 | modseq 8 | target 8 | uid 4, numbers big-endian.
const version = 1;
const lengthBytes = 37;

export function encodeChangesCursor({ folderId, uidValidity, modseq, target, uid }: ChangesCursor): string {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUInt8(version, 0);
  bytes.write(folderId, 1, 8, 'latin1');
  bytes.writeBigUInt64BE(uidValidity, 9);
  bytes.writeBigUInt64BE(modseq, 17);
  bytes.writeBigUInt64BE(target, 25);
  bytes.writeUInt32BE(uid, 33);
  return base64url(bytes);
}

/** Undefined for a text that is no cursor of ours. */
export function decodeChangesCursor(text: string): ChangesCursor | undefined {
  const bytes = Buffer.from(fromBase64url(text));
  if (bytes.length !== lengthBytes || bytes[0] !== version || base64url(bytes) !== text) return undefined;
  return {
    folderId: bytes.toString('latin1', 1, 9),
    uidValidity: bytes.readBigUInt64BE(9),
    modseq: bytes.readBigUInt64BE(17),
    target: bytes.readBigUInt64BE(25),
    uid: bytes.readUInt32BE(33),
  };
}
