/** Characters of a word after which it may break: few words are longer, and addresses that are shown as text are. */
const longestWord = 40;

const wordBreak = '<wbr />';

/** Elements in the middle of a word; all others end it. */
const inlineTags: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var'.split(
    ' ',
  ),
);

/** White space where a line may break; and scripts that break between any two characters, from U+2E80 on. */
const endsWord = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13) || code === 0x200b || code >= 0x2e80;

/**
 * Lets long words break, which else are as wide as they are long, however narrow the mail's place. Where there is room for
 * them, nothing changes.
 * @param html as sanitize-html writes it: no attribute holds a bare `>`, and every `&` begins one of its four entities
 */
export function breakLongWords(html: string): string {
  let broken = '';
  let from = 0;
  let word = 0;
  for (let at = 0; at < html.length; at += 1) {
    const code = html.charCodeAt(at);
    if (code === 60) {
      const end = html.indexOf('>', at);
      if (end < 0) break;
      if (!inlineTags.has(/^\/?([a-z\d]*)/.exec(html.slice(at + 1, at + 14))?.[1] ?? '')) word = 0;
      at = end;
    } else if (endsWord(code)) {
      word = 0;
    } else {
      word += 1;
      if (word > longestWord) {
        broken += html.slice(from, at) + wordBreak;
        from = at;
        word = 1;
      }
      if (code === 38) at = Math.max(at, html.indexOf(';', at));
    }
  }
  return broken + html.slice(from);
}
