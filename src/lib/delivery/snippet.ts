/** Enough for one line of an inbox, and within the 255 characters that a string field of NocoBase takes. */
const snippetCharacters = 200;

/** The beginning of a text on one line: white space and invisible padding folded, quoted lines left out. */
export function snippetOf(text: string): string {
  let line = '';
  // Only the beginning is looked at: a mail's text may be megabytes long. A character may be two units of a string.
  const beginning = text.slice(0, snippetCharacters * 20);
  for (let at = 0; at < beginning.length && line.length <= 2 * snippetCharacters; ) {
    const end = beginning.indexOf('\n', at);
    const part = beginning.slice(at, end < 0 ? undefined : end);
    if (!part.trimStart().startsWith('>')) line = folded(`${line} ${part}`);
    at = end < 0 ? beginning.length : end + 1;
  }
  line = line.trim();
  const cut = Array.from(line).slice(0, snippetCharacters).join('');
  return cut.length < line.length ? `${cut.trimEnd()}…` : cut;
}

const folded = (text: string): string => text.replace(/[\u00ad\u200b\u2060\ufeff]/g, '').replace(/\s[\s\u200c]*/g, ' ');
