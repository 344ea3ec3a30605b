import type { DomNode, FormatCallback, HtmlToTextOptions } from 'html-to-text';
import { isBlank } from '../domain/blank.ts';
import { effortForMail, loadVisibleHtml } from './visible.ts';

/** What a person reads in an HTML mail. */
export interface HtmlWords {
  readonly text: string;
  /** More was there than is read. */
  readonly cut: boolean;
}

/** Reads the HTML of one mail, piece by piece. */
export type HtmlReader = (html: string) => HtmlWords;

let loading: Promise<() => HtmlReader> | undefined;

/**
 * For one mail; loads html-to-text, at the first that brings HTML alone. What it makes: a line for each line and each row of a
 * table, an empty one between paragraphs; links as their words; quotes with `> ` before each line; no pictures, and
 * nothing that the mail hides.
 */
export async function htmlReader(): Promise<HtmlReader> {
  loading ??= Promise.all([import('html-to-text'), loadVisibleHtml()]).then(([{ compile }, visible]) => {
    const words = compile(options(false));
    const alternatives = compile(options(true));
    return () => {
      const effort = effortForMail();
      return (html) => {
        const { html: seen, cut } = visible.forWords(html, effort);
        // Words without a single tag among them are what someone sent as HTML by mistake: their lines are lines.
        if (!/<[a-z!/]/i.test(seen)) return { text: tidy(words(seen.replace(/\r?\n/g, '<br>'))), cut };
        // A mail that is all pictures still has what stands in their place.
        return { text: tidy(words(seen)) || tidy(alternatives(seen)), cut };
      };
    };
  });
  return (await loading)();
}

const lines = [
  'address',
  'article',
  'aside',
  'caption',
  'center',
  'dd',
  'details',
  'div',
  'dl',
  'dt',
  'fieldset',
].concat([
  'figcaption',
  'figure',
  'footer',
  'form',
  'header',
  'legend',
  'li',
  'main',
  'nav',
  'section',
  'summary',
  'table',
  'tr',
]);

const options = (withPictures: boolean): HtmlToTextOptions => ({
  wordwrap: false,
  // Words behind the end of the body are shown, too.
  baseElements: { selectors: [], returnDomByDefault: true },
  formatters: { element, cell, quote, numbered },
  selectors: [
    { selector: '*', format: 'element' },
    { selector: 'a', format: 'element' },
    ...lines.map((selector) => ({ selector, format: 'element', options: { leadingLineBreaks: 1 } })),
    { selector: 'p', format: 'element', options: { leadingLineBreaks: 2 } },
    { selector: 'td', format: 'cell' },
    { selector: 'th', format: 'cell' },
    { selector: 'blockquote', format: 'quote' },
    { selector: 'ol', format: 'numbered' },
    { selector: 'ul', options: { itemPrefix: '* ' } },
    { selector: 'hr', options: { length: 10 } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    {
      selector: 'img',
      format: withPictures ? 'image' : 'skip',
      options: { linkBrackets: false, pathRewrite: () => '' },
    },
  ],
});

const styled = (node: DomNode, pattern: RegExp): boolean => pattern.test(styleOf(node));

const styleOf = ({ attribs }: DomNode): string => {
  const style: unknown = attribs?.style;
  return typeof style === 'string' ? style.slice(0, longestStyle) : '';
};

const longestStyle = 2_000;

/** As a line of its own or within one: by its name, unless its style says otherwise. */
const element: FormatCallback = (node, walk, builder, { leadingLineBreaks }) => {
  const isBlock =
    leadingLineBreaks === undefined
      ? styled(node, /display\s*:\s*(?:block|table|list-item|flex|grid)/i)
      : !styled(node, /display\s*:\s*inline\s*(?:;|!|$)/i);
  if (!isBlock) return walk(node.children, builder);
  const breaks = leadingLineBreaks ?? 1;
  builder.openBlock({ leadingLineBreaks: breaks, isPre: styled(node, /white-space\s*:\s*(?:pre|break-spaces)/i) });
  walk(node.children, builder);
  builder.closeBlock({ trailingLineBreaks: breaks });
};

/** A row of a table is a line: what stands in a cell does not begin a new one, unless there is more than one thing in it. */
const cell: FormatCallback = (node, walk, builder) => {
  builder.addInline(' ');
  walk(contentOf(node), builder);
  builder.addInline(' ');
};

function contentOf(node: DomNode): DomNode[] {
  let { children } = node;
  for (;;) {
    const real = children.filter(
      ({ type, data }) => type !== 'comment' && !(type === 'text' && (data ?? '').trim() === ''),
    );
    // A line break at the end of a cell is invisible.
    while (real.at(-1)?.name === 'br') real.pop();
    const [only] = real;
    if (only === undefined || real.length > 1 || !['p', 'div', 'center'].includes(only.name ?? '')) return real;
    children = only.children;
  }
}

/** Some programs indent with what is meant for quotes, and say so by leaving out its line. */
const quote: FormatCallback = (node, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  walk(node.children, builder);
  const isIndented = styled(node, /border(?:-left)?\s*:\s*(?:none|0)/i) && node.attribs?.type !== 'cite';
  builder.closeBlock({
    trailingLineBreaks: 2,
    blockTransform: (text) =>
      isIndented
        ? text
        : text.replace(/^\n+|\n+$/g, '').replace(/^(?=(>?))/gm, (_, mark: string) => (mark === '' ? '> ' : '>')),
  });
};

/** html-to-text fails at Roman numbers that the Romans could not write. */
const numbered: FormatCallback = (node, walk, builder, formatOptions) => {
  const start = Number(node.attribs?.start ?? 1);
  const isSound = Number.isInteger(start) && start > 0 && start + node.children.length < 3_000;
  const own = isSound ? node : { ...node, attribs: {} };
  builder.options.formatters.orderedList?.(own, walk, builder, formatOptions);
};

/** As many as keep words apart; those in front of a line stay as wide as they are. */
const noBreaks = /(?<=\S)[ \u00a0]*\u00a0[ \u00a0]*|\u00a0/g;

/** Without the blanks that only keep things apart on a page. */
const tidy = (text: string): string =>
  text
    .split('\n')
    .map((line) => (isBlank(line) ? '' : line.trimEnd().replace(noBreaks, ' ')))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
