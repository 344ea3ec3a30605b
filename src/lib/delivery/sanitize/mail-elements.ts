import type { Attributes, Tag } from 'sanitize-html';
import { contentIdOf, imageAddress, linkAddress } from './mail-address.ts';
import { isGoodAttribute, sizesOf, spacingOf } from './mail-attributes.ts';
import { createRoom, type Place } from './mail-room.ts';
import { type MailStyle, mailStyle } from './mail-style.ts';
import { isCell, leftOf } from './mail-style-rules.ts';

/** The address of an image that is a part of the mail, by its Content-ID or Content-Location. */
export type ImageOf = (name: string) => string | undefined;

/** What browsers move in by themselves (HTML Standard, section 15.3), on both sides together. */
const indents: ReadonlyMap<string, number> = new Map([
  ['blockquote', 80],
  ['figure', 80],
  ['ul', 40],
  ['ol', 40],
  ['dd', 40],
]);

const headingPx: ReadonlyMap<string, number> = new Map([
  ['h1', 32],
  ['h2', 24],
  ['h3', 19],
  ['h4', 16],
  ['h5', 13],
  ['h6', 11],
]);

/** Elements about which there is something to say, or to note, although they say nothing themselves. */
const hasRules = (tag: string): boolean =>
  indents.has(tag) || headingPx.has(tag) || /^(?:a|big|img|li|pre|table|td|th)$/.test(tag);

/** Room that the marks of a list need; with less they would stick out to the left. */
const marksPx = 24;

/** Links open in a page of their own, which has no way back. */
const elsewhere = { target: '_blank', rel: 'noopener noreferrer nofollow' };

/**
 * The elements of one mail, one after the other, as its parser opens and closes them: which of their attributes may stay,
 * and as what.
 */
export function createElements(imageOf?: ImageOf, host?: string) {
  const room = createRoom();

  function image(src: string): string | undefined {
    const contentId = contentIdOf(src);
    const name = contentId ?? src.replace(/\s+/g, '');
    const own = name === '' ? undefined : (imageOf?.(name) ?? imageOf?.(unescaped(name)));
    return own ?? imageAddress(src, host);
  }

  return {
    open: room.open,
    close: room.close,

    /** The element that was opened last, as it may stay. */
    element(tag: string, attributes: Attributes): Tag {
      if (!hasRules(tag) && Object.keys(attributes).length === 0) return { tagName: tag, attribs: attributes };
      const here = room.here();
      const ownIndentPx = (indents.get(tag) ?? 0) + (tag === 'table' ? spacingOf(attributes) : 0);
      const style = mailStyle(attributes.style ?? '', { ...here, tag, ownIndentPx });
      const { own } = style;
      const { widthPx, ...sizes } = fitted(sizesOf(tag, attributes, here.widthPx - style.indentPx), style);
      if (sizes.width?.endsWith('%') === true && (tag === 'table' || tag === 'img')) {
        for (const name of ['margin', 'margin-left', 'margin-right']) own.delete(name);
      }
      const isOver = !style.hasRoom || style.indentPx > here.indentPx;
      const isInner = headingPx.has(tag) && here.inHeading;
      const tagName = isInner || (isOver && indents.has(tag)) ? 'div' : tag === 'big' ? 'span' : tag;
      complete(tag, tagName, style, widthPx);
      enter(here, tag, style, widthPx);

      const { href = '', src = '' } = attributes;
      const known: Readonly<Record<string, string | undefined>> = {
        href: tag === 'a' ? linkAddress(href) : undefined,
        src: tag === 'img' ? image(src) : undefined,
        ...sizes,
        style: [...own].map(([name, value]) => `${name}:${value}`).join(';') || undefined,
      };
      const kept = Object.entries(attributes).map(([name, value]): [string, string | undefined] => [
        name,
        Object.hasOwn(known, name) ? known[name] : isGoodAttribute(name, value, tagName) ? value : undefined,
      ]);
      const added = {
        style: known.style,
        ...(isOver && tag === 'table' ? { cellpadding: '0', cellspacing: '0', border: '0' } : {}),
        ...(tag === 'a' ? elsewhere : {}),
      };
      return { tagName, attribs: present([...kept, ...Object.entries(added)]) };
    },
  };

  /** Its width in pixels, if the rows around it have room for that. */
  function fitted(sizes: ReturnType<typeof sizesOf>, { own, widthPx, indentPx }: MailStyle) {
    const { tag } = room.here();
    const askedPx = widthPx ?? sizes.widthPx;
    if (askedPx === undefined) return sizes;
    if (tag === 'col') {
      const around = room.around();
      const fits = around.cellsPx + askedPx <= around.widthPx;
      if (fits) around.cellsPx += askedPx;
      if (fits) return { ...sizes, widthPx: askedPx };
    } else if (room.claim(askedPx + indentPx)) return { ...sizes, widthPx: askedPx };
    own.delete('width');
    return { ...sizes, width: undefined, widthPx: undefined };
  }

  /** What an element needs besides, so as not to leave its place. */
  function complete(tag: string, tagName: string, style: MailStyle, widthPx: number | undefined): void {
    const { own } = style;
    if (tag === 'big' && !own.has('font-size')) own.set('font-size', 'large');
    if (tag === 'pre' && !own.has('white-space')) own.set('white-space', 'pre-wrap');
    const isList = tagName === 'ul' || tagName === 'ol';
    const saysWhere = [...own.keys()].some((name) => /^(?:margin|padding)/.test(name));
    const isBare = isList && saysWhere && leftOf(own) < marksPx;
    if (isBare || (tagName === 'li' && !room.here().inList)) own.set('list-style-position', 'inside');
    if (tagName === 'img' && widthPx === undefined) own.set('max-width', '100%');
    if (room.isCrowded()) own.set('overflow-wrap', 'anywhere');
  }
}

/** Notes what is left within an element. */
function enter(here: Place, tag: string, style: MailStyle, widthPx: number | undefined): void {
  const indentPx = Math.min(style.indentPx, here.indentPx);
  here.indentPx -= indentPx;
  here.widthPx = Math.max(here.widthPx - indentPx, 0);
  if (widthPx !== undefined && !isCell(tag)) here.widthPx = Math.min(here.widthPx, widthPx);
  here.fontPx = style.fontPx ?? headingPx.get(tag) ?? here.fontPx;
  here.inHeading ||= headingPx.has(tag);
  here.inList ||= tag === 'ul' || tag === 'ol';
}

/** RFC 2392 section 2: in an address the characters of a Content-ID may be written with percent signs. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const present = (attributes: readonly (readonly [string, string | undefined])[]): Attributes =>
  Object.fromEntries(attributes.filter((entry): entry is [string, string] => entry[1] !== undefined));
