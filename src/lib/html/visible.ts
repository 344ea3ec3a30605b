import type { Parser } from 'htmlparser2';
import { isBlank } from '../domain/blank.ts';
import { isCamouflaged, type Look, lookWithin, plainLook, type StyledLook, styledLook } from './look.ts';
import { declarationsIn, type Style, together } from './style.ts';
import { type Marked, type StyleSheet, styleSheetOf } from './style-sheet.ts';

export interface Visible {
  readonly html: string;
  /** More was there than is looked at. */
  readonly cut: boolean;
}

/** What of an HTML mail a person sees. Both take time in proportion to its length. */
export interface VisibleHtml {
  /**
   * For showing it: without elements that are hidden in a way that the sanitiser removes, such as by a style sheet;
   * otherwise it would show what the sender hid.
   */
  forPage(html: string): string;
  /** For reading its words: also without what cannot be seen for its colour, and without what is no text. */
  forWords(html: string, effort: Effort): Visible;
}

/** What may still be spent on one mail, in however many pieces its HTML comes. */
export interface Effort {
  characters: number;
  events: number;
}

// An element takes some microseconds, a piece of text less; entities are pieces of their own. Large newsletters have
// 4,000 elements, 50 deep, and replies within replies get deeper. Twice what a person may have written.
const mostEvents = 100_000;
const elementEvents = 5;
const deepest = 1_000;
// Walking nested elements is recursive and limited by the stack: tags below this depth are left out, their text stays.
const deepestKept = 200;
// Every quote and list within another one moves all of its lines once more.
const indenting = new Set(['blockquote', 'ul', 'ol']);
const mostIndents = 8;
// Longer text is not useful; such mail is shown as HTML.
const mostCharacters = 512 * 1024;
const longestStyle = 4_000;

export const effortForMail = (): Effort => ({ characters: mostCharacters, events: mostEvents });

/** Loads the parser, at the first HTML. */
export async function loadVisibleHtml(): Promise<VisibleHtml> {
  const { Parser: HtmlParser } = await import('htmlparser2');
  const run = (html: string, sheet: StyleSheet, forWords: boolean, effort = effortForMail()): Visible => {
    const walk = walkThrough(html, sheet, forWords, effort);
    const parser: Parser = new HtmlParser(
      {
        onopentag: (name, attributes) => walk.open(name, attributes, parser.startIndex, parser.endIndex + 1),
        onclosetag: (_, implied) => walk.close(implied, parser.startIndex, parser.endIndex),
        ontext: (text) => walk.text(text, parser.startIndex, parser.endIndex + 1),
        oncomment: (text) => walk.comment(text),
      },
      { decodeEntities: true },
    );
    for (let at = 0; at < html.length && !walk.isFull(); at += stride) parser.write(html.slice(at, at + stride));
    if (!walk.isFull()) parser.end();
    return walk.result();
  };
  return {
    forPage: (html) => {
      const sheet = styleSheetOf(html);
      return sheet.styles.some(hides) || hiding.test(html) ? run(html, sheet, false).html : html;
    },
    forWords: (html, effort) => {
      const beginning = html.slice(0, effort.characters);
      effort.characters -= beginning.length;
      const seen = run(beginning, styleSheetOf(beginning), true, effort);
      return html.length > beginning.length ? { ...seen, cut: true } : seen;
    },
  };
}

// After each piece it is asked whether enough was seen.
const stride = 16 * 1024;

/** Without any of these no element hides itself in a way that the sanitiser takes away. */
const hiding = /\bhidden\b|visibility|opacity|overflow|max-height|mso-hide|text-indent|position/i;

const hides = (style: Style): boolean => {
  const { hidden, hiddenInOutlook, tiny } = styledLook(style);
  return hidden || hiddenInOutlook || tiny;
};

/** Elements whose content is no text of the mail. As the sanitiser has it, and what shows itself. */
const wordless = new Set(
  [
    'style',
    'script',
    'title',
    'textarea',
    'option',
    'noscript',
    'template',
    'noembed',
    'noframes',
    'xmp',
    'svg',
  ].concat(['object', 'iframe', 'math']),
);

interface Frame {
  readonly look: Look;
  /** Where its opening tag begins. */
  readonly start: number;
  /** Only its tags are left out. */
  readonly bare: boolean;
  /** It moves its lines to the right. */
  readonly indent: boolean;
}

type Range = readonly [from: number, to: number];

/** Sees the mail as the parser goes through it, and notes what is to be cut out of the text of the HTML. */
function walkThrough(html: string, sheet: StyleSheet, forWords: boolean, effort: Effort) {
  // A newsletter says the same of most of its elements.
  const [styles, looks] = [new Map<string, Style>(), new Map<string, StyledLook>()];
  const frames: Frame[] = [];
  const around: Marked[] = [];
  // What was hidden, and what is no text anyway.
  const [hidden, wordlessRanges]: [Range[], Range[]] = [[], []];
  // The outermost of the elements that are cut out and not closed yet.
  let cutting: { readonly depth: number; readonly ranges: Range[] } | undefined;
  let indents = 0;
  let end: number | undefined;
  // Whether there is anything to see, where the last tag ended, whether Outlook is passed over just now.
  let [seen, tagEnd, revealed] = [false, 0, false];

  const styleOf = (text: string): Style => {
    const known = styles.get(text) ?? declarationsIn(text);
    styles.set(text, known);
    return known;
  };

  const styledLookOf = (text: string, marks: Marked): StyledLook => {
    const rules = sheet.stylesOf(marks, around);
    if (rules.length > 0) return styledLook(together([...rules, styleOf(text)]));
    const known = looks.get(text) ?? styledLook(styleOf(text));
    looks.set(text, known);
    return known;
  };

  const count = (weight: number, at: number): void => {
    effort.events -= weight;
    if (effort.events < 0) end ??= at;
  };

  return {
    isFull: (): boolean => end !== undefined,

    open: (name: string, attributes: Readonly<Record<string, string>>, from: number, to: number): void => {
      count(elementEvents, from);
      if (frames.length >= deepest) end ??= from;
      if (end !== undefined) return;
      tagEnd = to;
      const marks = marksOf(name, attributes);
      const parent = frames.at(-1)?.look ?? plainLook;
      let look = parent;
      if (cutting === undefined) {
        look = lookWithin(
          parent,
          name,
          attributes,
          styledLookOf((attributes.style ?? '').slice(0, longestStyle), marks),
          revealed,
        );
        if (look.hidden) cutting = { depth: frames.length, ranges: hidden };
        else if (forWords && wordless.has(name)) cutting = { depth: frames.length, ranges: wordlessRanges };
        else if (name === 'img') seen = true;
      }
      const indent = indenting.has(name);
      const bare =
        cutting === undefined &&
        forWords &&
        name !== 'br' &&
        (frames.length >= deepestKept || (indent && indents >= mostIndents));
      if (bare) wordlessRanges.push([from, to]);
      if (indent) indents += 1;
      frames.push({ look, start: from, bare, indent });
      around.push(marks);
    },

    close: (implied: boolean, from: number, to: number): void => {
      if (end !== undefined) return;
      const frame = frames.pop();
      around.pop();
      if (frame === undefined) return;
      if (frame.indent) indents -= 1;
      // One that has no closing tag ends where the next begins; one without content with itself.
      const closed = implied ? (from === frame.start ? tagEnd : from) : html.indexOf('>', to) + 1 || html.length;
      if (!implied) tagEnd = closed;
      if (cutting?.depth === frames.length) {
        cutting.ranges.push([frame.start, closed]);
        cutting = undefined;
      } else if (frame.bare && !implied) wordlessRanges.push([from, closed]);
    },

    text: (text: string, from: number, to: number): void => {
      count(1, from);
      if (end !== undefined || cutting !== undefined || isBlank(text)) return;
      const look = frames.at(-1)?.look ?? plainLook;
      if (look.tiny || (forWords && isCamouflaged(look))) hidden.push([Math.max(from, tagEnd), to]);
      else seen = true;
    },

    comment: (text: string): void => {
      if (/^\[if\s*!/.test(text)) revealed = true;
      else if (/^(<!)?\[endif\]/.test(text)) revealed = false;
    },

    result: (): Visible => {
      if (end !== undefined && !forWords) return { html, cut: true };
      cutting?.ranges.push([frames[cutting.depth]?.start ?? 0, end ?? html.length]);
      // Where all is hidden, the sender did not mean it.
      const ranges = seen || hidden.length === 0 ? [...hidden, ...wordlessRanges] : wordlessRanges;
      return { html: without(html.slice(0, end), ranges), cut: end !== undefined };
    },
  };
}

function marksOf(tag: string, attributes: Readonly<Record<string, string>>): Marked {
  const { class: classes, id } = attributes;
  return {
    tag,
    classes: classes === undefined ? [] : classes.slice(0, longestClasses).toLowerCase().split(/\s+/),
    id: id?.toLowerCase(),
  };
}

const longestClasses = 1_000;

function without(html: string, ranges: readonly Range[]): string {
  let kept = '';
  let at = 0;
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    if (from > at) kept += html.slice(at, from);
    at = Math.max(at, to);
  }
  return kept + html.slice(at);
}
