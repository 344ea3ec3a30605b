/** Enough for one line of an inbox, and within the 255 characters that a string field of NocoBase takes. */
const snippetCharacters = 200;

/**
 * The beginning of a text on one line: white space and invisible padding folded, quoted lines left out as long as there
 * are others, and without the addresses of links, which no person would read.
 */
export function snippetOf(text: string): string {
  // Only the beginning is looked at: a mail's text may be megabytes long.
  const lines = withoutAddresses(text.slice(0, mostLooked)).split('\n');
  const own = lines.filter((line) => !quoted.test(line));
  const line = inOne(own) || inOne(lines.map((each) => each.replace(quoted, '')));
  const cut = Array.from(line).slice(0, snippetCharacters).join('');
  return cut.length < line.length ? `${cut.trimEnd()}…` : cut;
}

const quoted = /^\s*>[>\s]*/;

/** A line of signs that parts one piece from the next, or nothing at all. */
const ruler = /^\s*(?:[\s*=_~+#.\u2010-\u2015\u2500-\u257f-]{4,})?$/;

/** As much of them as is needed. A character may be two units of a string. */
function inOne(lines: readonly string[]): string {
  let all = '';
  for (const line of lines) {
    if (all.length > 2 * snippetCharacters) break;
    if (!ruler.test(line)) all = folded(`${all} ${line}`);
  }
  return all.trim();
}

// Addresses of tracking servers, of which several may come first, have up to 2,000 characters each.
const mostLooked = 20 * 1024;

/**
 * What programs write for a link when they turn HTML into text: `words ( https://… )`, `words <https://…>`,
 * `[https://…] words`; and the marks of pictures. An address alone stays if it is short enough to mean something.
 */
const withoutAddresses = (text: string): string =>
  text
    .replace(/\[(?:cid:[^\]\s]{1,200}|image: ?[^\]\n]{0,200})\]/g, ' ')
    .replace(/(?:\(\s{0,5}|<|\[\s{0,5})(?:https?:\/\/|mailto:)[^\s<>()[\]]{1,4000}(?:\s{0,5}\)|>|\s{0,5}\])/gi, ' … ')
    .replace(/\b(?:https?:\/\/|www\.)[^\s<>"]{40,}/gi, '…')
    .replace(/…(?:\s*…)+/g, '…');

/** Characters that take no place, with which newsletters fill the line after their own words. */
const fillers = /\u00ad|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u180e|\u200b|[\u2060-\u2064]|\u2800|\u3164|\ufeff|\uffa0/g;

const folded = (text: string): string => text.replace(fillers, '').replace(/\s[\s\u200c-\u200f]*/g, ' ');
