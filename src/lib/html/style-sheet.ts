import { declarationsIn, type Style } from './style.ts';

/** An element as selectors see it. */
export interface Marked {
  readonly tag: string;
  readonly classes: readonly string[];
  readonly id: string | undefined;
}

interface Rule {
  /** The element itself last, those around it before. */
  readonly selector: readonly Marked[];
  readonly style: Style;
  readonly order: number;
}

export interface StyleSheet {
  /** Of all its rules. */
  readonly styles: readonly Style[];
  /** What the rules say of an element, in their order. @param around the elements around it, outermost first */
  stylesOf(element: Marked, around: readonly Marked[]): readonly Style[];
}

// A newsletter has some hundred rules of interest; with more of them, someone wants to keep us busy.
const mostRules = 1_000;
const mostCharacters = 256 * 1024;
const mostClasses = 20;
// Comparisons of an element with a rule; as many as take some 10 ms.
const mostComparisons = 200_000;

/**
 * The style sheets of a mail, as far as they decide what is seen. Selectors may name tags, classes and ids, and elements
 * around them; rules with any other selector are left out, and so are those for small screens, for paper and the like.
 */
export function styleSheetOf(html: string): StyleSheet {
  const rules = new Map<string, Rule[]>();
  let count = 0;
  for (const [selectors, declarations] of blocksOf(sheetsIn(html))) {
    const style = declarationsIn(declarations);
    if (style.size === 0) continue;
    for (const selector of selectors.split(',').filter(({ length }) => length <= longestSelector)) {
      const compounds = compoundsOf(selector);
      const last = compounds?.at(-1);
      if (compounds === undefined || last === undefined) continue;
      count += 1;
      if (count > mostRules) return lookup(rules);
      const key = keysOf(last)[0] ?? '';
      rules.set(key, [...(rules.get(key) ?? []), { selector: compounds, style, order: count }]);
    }
  }
  return lookup(rules);
}

function lookup(rules: ReadonlyMap<string, readonly Rule[]>): StyleSheet {
  let comparisons = 0;
  return {
    styles: [...rules.values()].flatMap((some) => some.map(({ style }) => style)),
    stylesOf: (element, around) => {
      if (rules.size === 0) return [];
      const found: Rule[] = [];
      for (const key of new Set([...keysOf(element), element.tag])) {
        for (const rule of rules.get(key) ?? []) {
          comparisons += rule.selector.length + (rule.selector.length > 1 ? around.length : 0);
          if (comparisons > mostComparisons) return [];
          if (fits(rule.selector, element, around)) found.push(rule);
        }
      }
      return found.sort((a, b) => a.order - b.order).map(({ style }) => style);
    },
  };
}

/** By what a rule is found: an id or a class rather than a tag. */
const keysOf = ({ tag, classes, id }: Marked): string[] => [
  ...(id === undefined ? [] : [`#${id}`]),
  ...classes.slice(0, mostClasses).map((name) => `.${name}`),
  tag,
];

function fits(selector: readonly Marked[], element: Marked, around: readonly Marked[]): boolean {
  const last = selector.at(-1);
  if (last === undefined || !isLike(element, last)) return false;
  let at = around.length - 1;
  for (const wanted of selector.slice(0, -1).reverse()) {
    while (at >= 0 && !isLike(around[at] ?? nothing, wanted)) at -= 1;
    if (at < 0) return false;
    at -= 1;
  }
  return true;
}

const nothing: Marked = { tag: '', classes: [], id: undefined };

const isLike = (element: Marked, wanted: Marked): boolean =>
  (wanted.tag === '' || wanted.tag === element.tag) &&
  (wanted.id === undefined || wanted.id === element.id) &&
  wanted.classes.every((name) => element.classes.includes(name));

/** `div.note > #top span`, outermost first; undefined for what is not understood, or is not always so (`:hover`). */
function compoundsOf(selector: string): Marked[] | undefined {
  const compounds: Marked[] = [];
  for (const compound of selector
    .trim()
    .replace(/\s*>\s*/g, ' ')
    .split(/\s+/)
    .slice(0, 10)) {
    const match = /^(\*|[a-z][\w-]*)?((?:[.#][\w-]+|\[(?:class|id)[~*]?=["']?[\w-]+["']?\])*)$/i.exec(compound);
    if (match === null || compound === '') return undefined;
    const marks = [...(match[2] ?? '').matchAll(/([.#]|\[class|\[id)[~*]?=?["']?([\w-]+)/gi)];
    const named = (...kinds: readonly string[]) =>
      marks.filter(([, kind = '']) => kinds.includes(kind.toLowerCase())).map(([, , name = '']) => name.toLowerCase());
    const tag = (match[1] ?? '').replace('*', '').toLowerCase();
    compounds.push({ tag, classes: named('.', '[class'), id: named('#', '[id')[0] });
  }
  return compounds;
}

/** Selectors and declarations, of the rules that count for a wide screen. */
function* blocksOf(css: string): Generator<readonly [string, string]> {
  let at = 0;
  while (at < css.length) {
    const open = css.indexOf('{', at);
    if (open < 0) return;
    const prelude = css
      .slice(at, open)
      .replace(/^[\s}]+|^.*;/gs, '')
      .trim();
    const inner = css.indexOf('{', open + 1);
    const close = css.indexOf('}', open + 1);
    if (close < 0) return;
    if (!prelude.startsWith('@')) {
      yield [prelude.slice(0, longestSelectors), css.slice(open + 1, close)];
      at = close + 1;
    } else if (inner < 0 || inner > close) at = close + 1;
    else at = isForScreen(prelude) ? open + 1 : endOfBlock(css, open);
  }
}

const longestSelectors = 2_000;
const longestSelector = 200;

const isForScreen = (prelude: string): boolean =>
  /^@media\s+(?:only\s+)?(?:all|screen)?(?:\s*(?:and\s*)?\(\s*min-(?:device-)?width[^()]{0,30}\))?\s*$/i.test(
    prelude.slice(0, 200),
  );

function endOfBlock(css: string, open: number): number {
  const braces = /[{}]/g;
  braces.lastIndex = open;
  let depth = 0;
  for (let found = braces.exec(css); found !== null; found = braces.exec(css)) {
    depth += found[0] === '{' ? 1 : -1;
    if (depth === 0) return braces.lastIndex;
  }
  return css.length;
}

/**
 * What stands between `<style>` and `</style>`, outside of comments of the HTML, in which Outlook finds its own. Looks for
 * every end once, so it takes time in proportion to the length.
 */
function sheetsIn(html: string): string {
  const opening = /<!--|<style\b/gi;
  let css = '';
  for (let found = opening.exec(html); found !== null && css.length < mostCharacters; found = opening.exec(html)) {
    const isComment = found[0] === '<!--';
    const closing = isComment ? /-->/g : /<\/style\b/gi;
    const start = isComment ? opening.lastIndex : html.indexOf('>', opening.lastIndex) + 1;
    if (start === 0) break;
    closing.lastIndex = start;
    const end = closing.exec(html);
    if (end === null) break;
    if (!isComment) css += `${html.slice(start, end.index).slice(0, mostCharacters)}}\n`;
    opening.lastIndex = closing.lastIndex;
  }
  return css.replace(/\/\*[\s\S]*?(?:\*\/|$)|<!--|-->/g, ' ');
}
