// Where HTML says its charset, it does so before its content; style sheets and comments may come first.
const mostCharacters = 64 * 1024;

/**
 * The charset that HTML itself names: `<meta charset=…>`, `<meta http-equiv=content-type content="…; charset=…">`, or an
 * XML declaration in front. What stands in comments does not count.
 * @param html its bytes as Latin-1: every charset that can be named so writes these words in ASCII
 */
export function metaCharset(html: string): string | undefined {
  const beginning = html.slice(0, mostCharacters);
  const declared = /^\s*<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(beginning)?.[1];
  if (declared !== undefined) return declared;
  const marks = /<!--|<meta(?=[\s/])/gi;
  for (let found = marks.exec(beginning); found !== null; found = marks.exec(beginning)) {
    const isComment = found[0] === '<!--';
    const end = beginning.indexOf(isComment ? '-->' : '>', marks.lastIndex);
    if (end < 0) return undefined;
    const charset = isComment ? undefined : charsetIn(beginning.slice(marks.lastIndex, end));
    if (charset !== undefined) return charset;
    marks.lastIndex = end;
  }
  return undefined;
}

const charsetIn = (attributes: string): string | undefined =>
  attributes.length > 2_000 ? undefined : /charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(attributes)?.[1];
