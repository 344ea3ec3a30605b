import { base64url, fromBase64url } from '../domain/bytes.ts';

/** Where a page of a folder ended: everything below `uid` is still to come. */
export interface ListCursor {
  readonly folderId: string;
  readonly uidValidity: bigint;
  readonly uid: number;
}

// version 1 | folder id 8 | uidValidity 8 | uid 4, numbers big-endian.
const version = 1;
const lengthBytes = 21;

export function encodeListCursor({ folderId, uidValidity, uid }: ListCursor): string {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUInt8(version, 0);
  bytes.write(folderId, 1, 8, 'latin1');
  bytes.writeBigUInt64BE(uidValidity, 9);
  bytes.writeUInt32BE(uid, 17);
  return base64url(bytes);
}

/** Undefined for a text that is no cursor of ours. */
export function decodeListCursor(text: string): ListCursor | undefined {
  const bytes = Buffer.from(fromBase64url(text));
  if (bytes.length !== lengthBytes || bytes[0] !== version || base64url(bytes) !== text) return undefined;
  return {
    folderId: bytes.toString('latin1', 1, 9),
    uidValidity: bytes.readBigUInt64BE(9),
    uid: bytes.readUInt32BE(17),
  };
}
