import type { IOptions } from 'sanitize-html';
import { createElements, type ImageOf } from './mail-elements.ts';
import { breakLongWords } from './mail-words.ts';

/**
 * What mail may look like inside NocoBase, and nothing that does anything. Mail HTML comes from strangers and is shown
 * to signed-in people: everything that runs, loads a document, submits, or leaves its place is removed.
 */
const options: IOptions = {
  allowedTags: [
    ...['a', 'abbr', 'address', 'article', 'aside', 'b', 'bdi', 'bdo', 'big', 'blockquote', 'br', 'caption', 'center'],
    ...['cite', 'code', 'col', 'colgroup', 'dd', 'del', 'dfn', 'div', 'dl', 'dt', 'em', 'figcaption', 'figure'],
    ...['font', 'footer', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'header', 'hr', 'i', 'img', 'ins', 'kbd', 'li', 'main'],
    ...['mark', 'ol', 'p', 'pre', 'q', 's', 'samp', 'section', 'small', 'span', 'strike', 'strong', 'sub', 'sup'],
    ...['table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'time', 'tr', 'tt', 'u', 'ul', 'var', 'wbr'],
  ],
  allowedAttributes: {
    '*': ['style', 'dir', 'lang', 'title', 'align', 'valign', 'width', 'height', 'bgcolor'],
    a: ['href', 'rel', 'target'],
    img: ['src', 'alt'],
    font: ['color', 'face', 'size'],
    table: ['border', 'cellpadding', 'cellspacing'],
    td: ['colspan', 'rowspan'],
    th: ['colspan', 'rowspan', 'scope'],
    col: ['span'],
    colgroup: ['span'],
    ol: ['start', 'type'],
    ul: ['type'],
    li: ['value'],
    blockquote: ['type'],
  },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  // cid: images are parts of the mail itself; data: images carry their bytes along. Both only where an image is shown.
  allowedSchemesByTag: { img: ['http', 'https', 'cid', 'data'] },
  allowedSchemesAppliedToAttributes: ['href', 'src'],
  allowProtocolRelative: false,
  disallowedTagsMode: 'discard',
  // Their text is no text of the mail.
  nonTextTags: ['style', 'script', 'textarea', 'option', 'noscript', 'title', 'template', 'noembed', 'noframes', 'xmp'],
  enforceHtmlBoundary: false,
  // Tags below this are left out, their text stays: replies within replies do get deep.
  nestingLimit: 200,
  // What is left of an image that may not be shown.
  exclusiveFilter: (frame) => frame.tag === 'img' && (frame.attribs.src ?? '') === '',
  // mail-style.ts has been there before.
  parseStyleAttributes: false,
};

/** What is done with the HTML of a mail before it goes out. Throws {@link HtmlTooDeep}. */
export interface Sanitizer {
  /**
   * HTML that is safe to show: it runs nothing, loads nothing but images from the internet, and stays in its place.
   * Links and pictures have absolute addresses, and lead elsewhere.
   * @param imageOf the address of an image that is a part of the mail; without one it stays `cid:`
   * @param host of the site that shows the mail: a mail must not load images from it
   */
  html(dirty: string, imageOf?: ImageOf, host?: string): string;
}

/**
 * The elements of a mail are nested so deep, or so many, that only someone who wants to keep us busy has written it.
 */
export class HtmlTooDeep extends Error {
  override readonly name = 'HtmlTooDeep';
}

// The parser's work grows with the square of the depth: 1 MiB of <a><p> took 40 s, with this limit it ends at once.
const deepest = 1_000;

// Some 10 us each, while nothing else happens, and 1 MiB of <a> comes out as 20 MiB. Large newsletters have a tenth of it.
const mostElements = 40_000;

/** Counts the depth as the parser itself sees it. */
function depthGuard() {
  let depth = 0;
  let elements = 0;
  return {
    open: (): void => {
      depth += 1;
      elements += 1;
      if (elements > mostElements) throw new HtmlTooDeep('The HTML has too many elements.');
      if (depth > deepest) throw new HtmlTooDeep('The HTML is nested too deep.');
    },
    close: (): void => {
      depth -= 1;
    },
  };
}

/** Loads sanitize-html, at the first mail that has HTML. */
export async function loadSanitizer(): Promise<Sanitizer> {
  const { default: sanitize } = await import('sanitize-html');
  return {
    html: (dirty, imageOf, host) => {
      const elements = createElements(imageOf, host);
      const guard = depthGuard();
      const clean = sanitize(dirty, {
        ...options,
        onOpenTag: (tag) => {
          guard.open();
          elements.open(tag);
        },
        onCloseTag: () => {
          guard.close();
          elements.close();
        },
        transformTags: { '*': elements.element },
      });
      return breakLongWords(clean);
    },
  };
}
