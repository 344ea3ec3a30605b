/**
 * What sanitising may cost, in the time that one `<` of a text takes: it is rewritten, while everything else in the
 * process waits. A tag takes as long as 25 of them, a link or a picture with an address among the slowest. So it ends
 * within 12,000 elements, of which the largest newsletters have a third, or 300,000 signs: a fifth of a second on a
 * busy machine.
 */
const mostWork = 300_000;
const workOfTag = 25;
// The rest takes hardly any time, but a mail that long is not read.
const mostCharacters = 1024 * 1024;

/** The beginning of a mail's HTML that can be sanitised without keeping others waiting. Pure. */
export function htmlBeginning(html: string): { readonly html: string; readonly cut: boolean } {
  let work = 0;
  let last = 0;
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at + 1)) {
    if (at > mostCharacters) break;
    work += isLetter(html.charCodeAt(at + 1)) ? workOfTag : 1;
    if (work > mostWork) return { html: html.slice(0, at), cut: true };
    last = at;
  }
  if (html.length <= mostCharacters) return { html, cut: false };
  // Not within a tag: what is left of one would be shown as text.
  const end = html.indexOf('>', last) < mostCharacters ? mostCharacters : last;
  return { html: html.slice(0, end).toWellFormed(), cut: true };
}

const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
