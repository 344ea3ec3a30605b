/** Enough for one line of an inbox, and within the 255 characters that a string field of NocoBase takes. */
const snippetCharacters = 200;

/** The beginning of a text on one line: white space and invisible padding folded, quoted lines left out. */
export function snippetOf(text: string): string {
  // Only the beginning is looked at: a mail's text may be megabytes long.
  const line = text
    .slice(0, snippetCharacters * 20)
    .split('\n')
    .filter((part) => !part.trimStart().startsWith('>'))
    .join(' ')
    .replace(/[\u00ad\u200b\u2060\ufeff]/g, '')
    .replace(/\s[\s\u200c]*/g, ' ')
    .trim();
  const cut = Array.from(line).slice(0, snippetCharacters).join('');
  return cut.length < line.length ? `${cut.trimEnd()}…` : cut;
}
