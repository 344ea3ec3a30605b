/** The parts of a mail that its HTML shows. */
export interface References {
  /** By Content-ID without brackets, or by Content-Location. */
  readonly names: Pick<ReadonlySet<string>, 'has'>;
  /** False where the end of the HTML is not known. */
  readonly whole: boolean;
}

export const noReferences: References = { names: new Set(), whole: true };

// Attributes and style declarations by which HTML shows what lies elsewhere; a link does not show what it leads to.
const shows = /\b(?:src|background|poster|data|srcset)\s{0,9}=\s{0,9}|\burl\(\s{0,9}/gi;
const longestName = 1_000;

/**
 * What HTML shows of the parts of its mail: `<img src="cid:…">` (RFC 2392), backgrounds, what stands in style sheets and
 * in Outlook's conditional comments; and by its location, as a saved page has it (RFC 2557).
 * Takes time in proportion to the length of the HTML.
 */
export function referencesIn(html: string, whole: boolean): References {
  const names = new Set<string>();
  for (const match of html.matchAll(shows)) {
    const start = match.index + match[0].length;
    const name = referenceName(addressAt(html, start));
    if (name !== '') names.add(name);
  }
  return { names, whole };
}

/** As a name is compared: the part's own, and the one in the HTML. */
export function referenceName(address: string): string {
  const plain = address.replace(/[\s\p{Cc}]+/gu, '').replace(/^cid:/i, '');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

/** The address of an attribute: up to the quotation mark that opened it, or to the first space. */
function addressAt(html: string, start: number): string {
  const text = html.slice(start, start + longestName);
  const quote = /^\s*(["']|&quot;|&#39;)/.exec(text);
  const own = quote === null ? (/^[^\s<>"')]*/.exec(text)?.[0] ?? '') : text.slice(quote[0].length);
  const end = quote === null ? own.length : own.indexOf(quote[1] ?? '');
  return unescaped(end < 0 ? '' : own.slice(0, end));
}

/** What may be escaped in an address. */
const unescaped = (text: string): string =>
  text
    .replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));?/gi, (whole, hex: string | undefined, digits: string | undefined) => {
      const code = hex === undefined ? Number(digits) : Number.parseInt(hex, 16);
      return code < 0x110000 ? String.fromCodePoint(code) : whole;
    })
    .replaceAll('&amp;', '&');
