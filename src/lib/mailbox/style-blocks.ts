/**
 * HTML without its style sheets. postal-mime drops those of the head when it turns HTML into text, and would make
 * text of one in the body. One that does not end, or stands in a comment, stays as it is. Takes a time that grows with
 * the length alone: whatever has no end is looked for once.
 */
export function withoutStyles(html: string): string {
  const opening = /<!--|<style\b/gi;
  let kept = '';
  let from = 0;
  for (let found = opening.exec(html); found !== null; found = opening.exec(html)) {
    const isComment = found[0] === '<!--';
    const closing = isComment ? /--(?=>)/g : /<\/style\b/gi;
    closing.lastIndex = opening.lastIndex;
    const end = closing.exec(html) === null ? -1 : html.indexOf('>', closing.lastIndex);
    if (end < 0) break;
    if (!isComment) {
      kept += html.slice(from, found.index);
      from = end + 1;
    }
    opening.lastIndex = end + 1;
  }
  return kept + html.slice(from);
}
