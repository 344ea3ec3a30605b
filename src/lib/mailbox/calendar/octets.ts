/**
 * A calendar with its lines unfolded. They are folded by bytes, so also within a character (RFC 5545 section 3.1,
 * note): decoding first would damage it.
 */
export const unfoldedOctets = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      .toString('latin1')
      .replace(/\r?\n[ \t]/g, ''),
    'latin1',
  );
