/** What the bytes beyond ASCII of a text are, taken as UTF-8. */
export interface Utf8Look {
  /** Characters of more than one byte that are whole and valid. */
  readonly valid: number;
  /** Bytes that are part of none. */
  readonly invalid: number;
  /** Where the last character begins, if the text ends within it; else the length. */
  readonly end: number;
}

/**
 * Looks at bytes as UTF-8, by the table of the Unicode Standard (3-7). Surrogates written so (CESU-8) count as
 * characters: they come from programs that mean UTF-8.
 */
export function lookAtUtf8(bytes: Uint8Array): Utf8Look {
  let [valid, invalid] = [0, 0];
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at += 1;
      continue;
    }
    const size = sizeOf(lead);
    const found = size === 0 ? 0 : continuation(bytes, at, size);
    if (size > 0 && found === size) {
      valid += 1;
      at += size;
    } else if (size > 0 && at + found === bytes.length) return { valid, invalid, end: at };
    else {
      invalid += 1;
      at += 1;
    }
  }
  return { valid, invalid, end: bytes.length };
}

const sizeOf = (lead: number): number => {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
};

/** How many bytes of the character are as they must be, the first included. */
function continuation(bytes: Uint8Array, at: number, size: number): number {
  const lead = bytes[at] ?? 0;
  for (let n = 1; n < size; n += 1) {
    const byte = bytes[at + n] ?? 0;
    const least = n === 1 && lead === 0xe0 ? 0xa0 : n === 1 && lead === 0xf0 ? 0x90 : 0x80;
    const most = n === 1 && lead === 0xf4 ? 0x8f : 0xbf;
    if (byte < least || byte > most) return n;
  }
  return size;
}
