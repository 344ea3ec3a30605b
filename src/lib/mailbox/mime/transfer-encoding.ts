/** The bytes of a part, its Content-Transfer-Encoding undone (RFC 2045 section 6). */
export function unwrapped(encoded: Uint8Array, encoding: string): Uint8Array {
  const name = encoding.toLowerCase();
  if (name.includes('base64')) return fromBase64(encoded);
  return name.includes('quoted-printable') ? fromQuotedPrintable(encoded) : encoded;
}

/**
 * Several pieces that were encoded one by one and then joined, each with its own padding, are all read; so is what is
 * broken by characters that do not belong there.
 */
function fromBase64(encoded: Uint8Array): Uint8Array {
  const text = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength).toString('latin1');
  const pieces = text.split(/=[=\s]*/).filter((piece) => piece !== '');
  return pieces.length < 2
    ? Buffer.from(pieces[0] ?? '', 'base64')
    : Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
}

const [tab, lineFeed, carriageReturn, space, equals] = [9, 10, 13, 32, 61];

/**
 * White space between the `=` and the end of its line was added on the way, and goes with it (RFC 2045 section 6.7,
 * rule 3). An `=` that begins nothing stays as it is.
 */
function fromQuotedPrintable(encoded: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at += 1) {
    const byte = encoded[at] ?? 0;
    if (byte === equals) {
      const code = nibble(encoded[at + 1]) * 16 + nibble(encoded[at + 2]);
      if (!Number.isNaN(code)) {
        bytes[length++] = code;
        at += 2;
        continue;
      }
      const next = afterSoftBreak(encoded, at + 1);
      if (next !== undefined) {
        at = next - 1;
        continue;
      }
    }
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

/** Where the next line begins, if nothing but white space is left of this one. */
function afterSoftBreak(encoded: Uint8Array, from: number): number | undefined {
  let at = from;
  while (encoded[at] === space || encoded[at] === tab) at += 1;
  if (at >= encoded.length || encoded[at] === lineFeed) return at + 1;
  if (encoded[at] !== carriageReturn) return undefined;
  return encoded[at + 1] === lineFeed ? at + 2 : at + 1;
}

function nibble(byte = 0): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN;
}
