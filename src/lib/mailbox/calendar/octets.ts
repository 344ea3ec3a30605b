/**
 * A calendar with its lines unfolded. They are folded by bytes, and so within a character too (RFC 5545 section 3.1, note):
 * what is decoded before is damaged for good.
 */
export const unfoldedOctets = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      .toString('latin1')
      .replace(/\r?\n[ \t]/g, ''),
    'latin1',
  );
