import type { IOptions, Transformer } from 'sanitize-html';

/**
 * What mail may look like inside NocoBase, and nothing that does anything. Mail HTML comes from strangers and is shown
 * to signed-in people: whatever runs, loads a document, submits, or reaches out of its place is left out.
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
  transformTags: {
    a: (tagName, { href = '', target: _target, rel: _rel, ...attribs }) => ({
      tagName,
      attribs: {
        // A relative address means a page of whoever shows the mail, and so never one that a mail may speak of.
        ...(/^(https?|mailto|tel):/i.test(plain(href)) && !href.includes(comment) ? { href } : {}),
        ...attribs,
        target: '_blank',
        rel: 'noopener noreferrer nofollow',
      },
    }),
  },
  exclusiveFilter: (frame) => frame.tag === 'img' && !imageSource.test(plain(frame.attribs.src ?? '')),
  parseStyleAttributes: true,
  allowedStyles: { '*': styles() },
};

/** Absolute addresses, parts of the mail, and of data: raster images only, since an SVG is a document. */
const imageSource = /^(https?:|cid:|data:image\/(png|gif|jpe?g|webp|bmp);base64,)/i;

/**
 * No address has a comment in it. sanitize-html takes them out one by one, copying the address each time: 1 MiB of them in
 * one link kept a process busy for minutes.
 */
const comment = '<!--';

/** As browsers read an address: they drop these characters, so that "da\nta:" is data: to them. */
const plain = (address: string): string => [...address].filter((character) => character > ' ').join('');

/**
 * The declarations of a style attribute that may stay: sizes, colours, fonts, borders. Nothing that loads (`url`),
 * computes (`expression`) or leaves the flow (`position`), by which a mail could cover the page it is shown in.
 */
function styles(): Record<string, RegExp[]> {
  const harmless = [/^(?!.*(?:url|expression|image|var|env|attr|calc|javascript)\s*[(:])[\w\s#.,%()!'"+/-]{1,200}$/i];
  const names = [
    ...['color', 'background-color', 'font', 'font-family', 'font-size', 'font-style', 'font-weight', 'line-height'],
    ...['letter-spacing', 'text-align', 'text-decoration', 'text-indent', 'text-transform', 'vertical-align'],
    ...['white-space', 'word-break', 'word-wrap', 'overflow-wrap', 'direction', 'list-style-type', 'width', 'height'],
    ...['min-width', 'max-width', 'min-height', 'max-height', 'margin', 'margin-top', 'margin-right', 'margin-bottom'],
    ...['margin-left', 'padding', 'padding-top', 'padding-right', 'padding-bottom', 'padding-left', 'border'],
    ...['border-top', 'border-right', 'border-bottom', 'border-left', 'border-color', 'border-style', 'border-width'],
    ...['border-collapse', 'border-spacing', 'border-radius', 'display', 'float', 'clear', 'table-layout'],
  ];
  return Object.fromEntries(names.map((name) => [name, harmless]));
}

/** What is done with the HTML of a mail before it goes out. Both throw {@link HtmlTooDeep}. */
export interface Sanitizer {
  /**
   * HTML that is safe to show.
   * @param imageOf the address at which an image that is a part of the mail can be seen; without one it stays `cid:`
   */
  html(dirty: string, imageOf?: (contentId: string) => string | undefined): string;
  /** Its text alone. */
  text(dirty: string): string;
}

/** The elements of a mail are nested so deep, or so many, that only somebody who wants to keep us busy has written it. */
export class HtmlTooDeep extends Error {
  override readonly name = 'HtmlTooDeep';
}

// The parser's work grows with the square of the depth: 1 MiB of <a><p> took 40 s, with this limit it ends at once.
const deepest = 1_000;

// Some 10 us each, while nothing else happens, and 1 MiB of <a> comes out as 20 MiB. Large newsletters have a tenth of it.
const mostElements = 40_000;

/** Counts the depth as the parser itself sees it. */
function depthGuard(): Pick<IOptions, 'onOpenTag' | 'onCloseTag'> {
  let depth = 0;
  let elements = 0;
  return {
    onOpenTag: () => {
      depth += 1;
      elements += 1;
      if (elements > mostElements) throw new HtmlTooDeep('The HTML has too many elements.');
      if (depth > deepest) throw new HtmlTooDeep('The HTML is nested too deep.');
    },
    onCloseTag: () => {
      depth -= 1;
    },
  };
}

/** Gives an image that is a part of the mail the address at which it can be seen. */
function shown(imageOf: (contentId: string) => string | undefined): Transformer {
  return (tagName, attribs) => {
    if (attribs.src?.includes(comment)) return { tagName, attribs: { ...attribs, src: '' } };
    const contentId = /^cid:(.+)$/i.exec(plain(attribs.src ?? ''))?.[1];
    const src = contentId === undefined ? undefined : (imageOf(contentId) ?? imageOf(unescaped(contentId)));
    return { tagName, attribs: src === undefined ? attribs : { ...attribs, src } };
  };
}

/** RFC 2392 section 2: in an address the characters of a Content-ID may be written with percent signs. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Loads sanitize-html, at the first mail that has HTML. */
export async function loadSanitizer(): Promise<Sanitizer> {
  const { default: sanitize } = await import('sanitize-html');
  return {
    html: (dirty, imageOf) => {
      const transformTags = { ...options.transformTags, img: shown(imageOf ?? (() => undefined)) };
      return sanitize(dirty, { ...options, ...depthGuard(), transformTags });
    },
    text: (dirty) =>
      decode(sanitize(dirty, { ...options, ...depthGuard(), allowedTags: [], textFilter: (text) => `${text} ` })),
  };
}

/** sanitize-html writes these four entities and no other. */
const decode = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
