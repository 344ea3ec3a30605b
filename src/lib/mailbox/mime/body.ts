import { isUtf8 } from 'node:buffer';
import { isBlank } from '../../domain/blank.ts';
import { htmlReader } from '../../html/text.ts';
import { charsetOf } from '../charset/charset-label.ts';
import type { DecodeText } from '../charset/decode-text.ts';
import { loadGuess } from '../charset/guess-charset.ts';
import { metaCharset } from '../charset/meta-charset.ts';
import { unflowed } from './flowed.ts';
import type { Leaf } from './structure.ts';

/** A part of the text of a mail, its transfer encoding undone. */
export interface TextPart {
  readonly leaf: Leaf;
  readonly bytes: Uint8Array;
  /** Its end is missing. */
  readonly cut: boolean;
}

export interface Body {
  readonly text: string;
  /** As received; undefined if the mail has none. */
  readonly html: string | undefined;
  /** The HTML has more words than were read. */
  readonly cut: boolean;
}

export interface BodyReading {
  readonly decode: DecodeText;
  /** Charsets that encoded words in the headers name, the subject's first. */
  readonly charsets: readonly string[];
}

/** One text, in one form or in both: what a multipart/alternative holds, or a part that stands in none. */
interface Piece {
  readonly plain: string[];
  readonly html: string[];
}

/**
 * Text and HTML of a mail out of its parts, in their order. What comes in one form only is made into the other; but a
 * mail without any HTML gets none. A plain text that is blank counts as none, and so does one that is in truth HTML.
 */
export async function bodyOf(parts: readonly TextPart[], { decode, charsets }: BodyReading): Promise<Body> {
  const pieces = new Map<unknown, Piece>();
  const named = await charsetsOf(parts);
  for (const { leaf, bytes, cut } of parts) {
    const key = leaf.alternative ?? leaf;
    const piece = pieces.get(key) ?? { plain: [], html: [] };
    pieces.set(key, piece);
    const own = leaf.what === 'html' ? [metaCharset(latin1(bytes)) ?? ''] : [];
    const { charset, format = '', delsp = '' } = leaf.parameters;
    const text = decode(bytes, { label: charset, others: [...own, ...named, ...charsets], cut }).replace(
      /\r\n?/g,
      '\n',
    );
    if (leaf.what === 'html') piece.html.push(text);
    else piece.plain.push(/^flowed$/i.test(format.trim()) ? unflowed(text, /^yes$/i.test(delsp.trim())) : text);
  }

  const all = [...pieces.values()];
  const told = all.flatMap(({ plain, html }): { readonly text: string; readonly isHtml: boolean }[] => {
    const full = plain.filter((each) => !isEmpty(each));
    if (full.length > 0) return full.map((text) => ({ text, isHtml: isHtml(text) }));
    return html.map((text) => ({ text, isHtml: true }));
  });
  // Loaded where it is needed: most mail brings its text.
  const words = told.some((each) => each.isHtml) ? await htmlReader() : undefined;
  const read = told.map(
    ({ text, isHtml: made }) => (made ? words?.(text) : undefined) ?? { text: text.trimEnd(), cut: false },
  );
  const html = all.flatMap((piece) => (piece.html.length > 0 ? piece.html : piece.plain.map(asHtml)));
  return {
    text: read
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('\n\n'),
    html: all.some((piece) => piece.html.some((each) => each.trim() !== '')) ? html.join('\n') : undefined,
    cut: read.some(({ cut }) => cut),
  };
}

/**
 * The charsets that the parts themselves tell, by label, in their HTML, or by what can be read in them: of two parts one
 * often says it for both.
 */
export async function charsetsOf(parts: readonly Pick<TextPart, 'leaf' | 'bytes'>[]): Promise<string[]> {
  const labels = parts.map(({ leaf }) => leaf.parameters.charset ?? '');
  const metas = parts.map(({ leaf, bytes }) => (leaf.what === 'html' ? (metaCharset(latin1(bytes)) ?? '') : ''));
  const unlabelled = metas.every((each) => each === '') ? parts.filter(isUnlabelled) : [];
  const guess = unlabelled.length === 0 ? undefined : await loadGuess();
  const guesses = unlabelled.map(({ bytes }) => guess?.(bytes) ?? '');
  return [...new Set([...labels, ...metas, ...guesses])].filter((charset) => charset !== '');
}

/** True for bytes beyond ASCII that no label, or a wrong one, tells how to read. */
function isUnlabelled({ leaf, bytes }: Pick<TextPart, 'leaf' | 'bytes'>): boolean {
  const charset = charsetOf(leaf.parameters.charset, () => true);
  return (charset === undefined || charset === 'utf-8') && !isUtf8(bytes);
}

/** True for a text of which a person sees nothing; some programs write no-break spaces as HTML does. */
const isEmpty = (plain: string): boolean => isBlank(plain.replace(/&(?:nbsp|zwnj|zwj|shy|#160|#8203|#xa0);?/gi, ''));

/** A document, or HTML from its first element on that is closed again; not a text that speaks of HTML. */
function isHtml(plain: string): boolean {
  const text = plain.replace(/^(?:[\s\ufeff]+|<!--(?:(?!-->)[\s\S]){0,5000}-->)+/, '');
  if (/^(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html|head|body)\b/i.test(text)) return true;
  const first = /^<(div|p|table|span|font|center|style|h[1-6]|b|strong|ul|ol|blockquote)\b[^<>]{0,2000}>/i.exec(
    text,
  )?.[1];
  return first !== undefined && text.toLowerCase().includes(`</${first.toLowerCase()}>`);
}

const asHtml = (plain: string): string =>
  isEmpty(plain)
    ? ''
    : `<div>${plain
        .trim()
        .replace(/[<>"&]/g, (sign) => `&#${sign.charCodeAt(0)};`)
        .replaceAll('\n', '<br>')}</div>`;

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, mostLooked)).toString('latin1');

// A charset that is named later is not found.
const mostLooked = 64 * 1024;
