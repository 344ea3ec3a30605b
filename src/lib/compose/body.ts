import { htmlFromText } from './html-text.ts';
import { cleanText } from './plain-text.ts';
import type { Quote } from './quote.ts';

/** What a message is made of, before it is one. */
export interface BodyParts {
  /** As the request gives them. */
  readonly text: string | undefined;
  readonly html: string | undefined;
  /** HTML; undefined or empty for none. */
  readonly signature: string | undefined;
  readonly quote: Quote | undefined;
  /** True if the quoted message has HTML, which would be lost in a message without any. */
  readonly quoteHasHtml: boolean;
}

export interface Body {
  readonly text: string;
  /** Undefined for a message in plain text. */
  readonly html: string | undefined;
}

/**
 * What the writer says, then the signature, then the quote, in both forms. A template never takes the place of a
 * signature. Where a request gives HTML alone, its text is made from that; where it gives text alone, there is HTML only
 * if the signature or the quote needs it.
 * @param read makes text of HTML
 */
export function composeBody(parts: BodyParts, read: (html: string) => string): Body {
  const { text, html } = written(parts, read);
  return { text: cleanText(text), html: html && cleanText(html) };
}

function written(parts: BodyParts, read: (html: string) => string): Body {
  const { quote } = parts;
  const signature = parts.signature?.trim() === '' ? undefined : parts.signature;
  const text = [
    parts.text ?? (parts.html === undefined ? '' : read(parts.html)),
    signature && read(signature),
    quote?.text,
  ]
    .filter((each) => each !== undefined && each !== '')
    .join('\n\n');
  if (parts.html === undefined && signature === undefined && !parts.quoteHasHtml) return { text, html: undefined };
  const html = [
    parts.html ?? (parts.text === undefined ? undefined : htmlFromText(parts.text)),
    signature && `<div>${signature}</div>`,
    quote?.html,
  ].filter((each) => each !== undefined && each !== '');
  return { text, html: html.length === 1 ? html[0] : joined(html) };
}

/** Behind what closes a page that a template brings (`</body></html>`) some programs show nothing. */
function joined([first = '', ...rest]: readonly (string | undefined)[]): string {
  const under = rest.map((each) => `<br>\n${each}`).join('\n');
  const end = first.search(/<\/body\s*>(?:\s|<\/html\s*>)*$/i);
  return end < 0 ? `${first}\n${under}` : `${first.slice(0, end)}\n${under}\n${first.slice(end)}`;
}
