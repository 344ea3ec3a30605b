/**
 * Headers as they stand in the mail, by lower-case name; of several with one name the first, as mail programs show it.
 * Folding stays in the value. Bytes become characters one to one (Latin-1), so that no two headers fall together: these
 * values are hashed, not shown.
 */
export function rawHeaders(block: Uint8Array): Map<string, string> {
  const headers = new Map<string, string>();
  const lines = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1').split(/\r?\n/);
  let name: string | undefined;
  let value = '';
  const keep = () => {
    if (name !== undefined && !headers.has(name)) headers.set(name, value);
  };
  for (const line of lines) {
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      value += `\r\n${line}`;
      continue;
    }
    keep();
    const colon = line.indexOf(':');
    // Spaces and tabs alone: a name that begins with any other blank is another header, to anyone who parses the mail.
    name =
      colon > 0
        ? line
            .slice(0, colon)
            .replace(/[ \t]+$/, '')
            .toLowerCase()
        : undefined;
    value = line.slice(colon + 1).trimStart();
  }
  keep();
  return headers;
}

const cr = 13;
const lf = 10;

/** Where the header block ends: the offset of the first byte after the empty line, or undefined if there is none. */
export function headerEnd(source: Uint8Array): number | undefined {
  if (source[0] === lf) return 1;
  if (source[0] === cr && source[1] === lf) return 2;
  for (let at = source.indexOf(lf); at >= 0; at = source.indexOf(lf, at + 1)) {
    if (source[at + 1] === lf) return at + 2;
    if (source[at + 1] === cr && source[at + 2] === lf) return at + 3;
  }
  return undefined;
}
