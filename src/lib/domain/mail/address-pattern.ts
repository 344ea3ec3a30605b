import { domainToUnicode } from 'node:url';

/** A test of addresses, made ready once for many of them. */
export type AddressPattern = (address: string) => boolean;

/**
 * `pattern`: an address, in which each `*` stands for any number of characters, none included. Upper and lower case are
 * the same, and so are the two ways in which a domain beyond ASCII is written (`münchen.example`, `xn--mnchen-3ya.example`).
 * A match takes time in proportion to the length of both: a pattern comes from outside, and so does an address.
 */
export function addressPattern(pattern: string): AddressPattern {
  const pieces = comparable(pattern).split(/\*+/);
  const [first = '', ...others] = pieces;
  const last = others.pop();
  return (address) => {
    const text = comparable(address);
    if (last === undefined) return text === first;
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let from = first.length;
    // The first place for each piece leaves the most room for the rest, so nothing is ever tried twice.
    for (const piece of others) {
      const at = text.indexOf(piece, from);
      if (at < 0 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return true;
  };
}

/** An address, or a pattern of them, as it is compared. */
export function comparable(address: string): string {
  const text = address.normalize('NFC').toLowerCase();
  const at = text.lastIndexOf('@');
  if (at < 0) return text;
  const domain = text.slice(at + 1);
  return `${text.slice(0, at + 1)}${domain.length > longestDomain ? domain : domain.split('.').map(label).join('.')}`;
}

// RFC 1035 section 2.3.4. What is longer is no domain, and not worth the work.
const longestDomain = 255;

/** Label by label: one with a `*` in it has no other way of writing, and a lone number would be taken for an IP address. */
function label(text: string): string {
  const isPlain = !text.startsWith('xn--') && /^\p{ASCII}*$/u.test(text);
  return isPlain || text.includes('*') ? text : domainToUnicode(text) || text;
}
