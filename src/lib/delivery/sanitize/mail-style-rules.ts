import { type Length, largestFontPx, lengthOf } from './mail-lengths.ts';

/** Where an element of a mail stands, as far as it bounds what its style may say. */
export interface Room {
  readonly tag: string;
  /** Pixels that it has at most; more would reach out of the mail. */
  readonly widthPx: number;
  /** Pixels by which it, with all that it holds, may still be moved in from the sides. */
  readonly indentPx: number;
  /** Pixels by which browsers move in what it holds by themselves, on both sides together. */
  readonly ownIndentPx: number;
  /** Size of the font around it. */
  readonly fontPx: number;
}

/** A value as it may stay, or undefined. `own` is what the same element says, by the same names. */
export type Rule = (value: string, room: Room, own: ReadonlyMap<string, string>) => string | undefined;

/** Beyond these, sizes come from mistakes, or from someone who wants to cover the page. Newsletters are 600 wide. */
export const widestPx = 640;
const highestPx = 1_000;
const farthestPx = 100;
const thickestPx = 20;

const oneOf =
  (...words: readonly string[]): Rule =>
  (value) =>
    words.includes(value.toLowerCase()) ? value : undefined;

const within = (value: string, mostPx: number, mostPercent = 0): boolean => {
  const length = lengthOf(value);
  return length !== undefined && length.amount >= 0 && length.amount <= (length.isPercent ? mostPercent : mostPx);
};

/** The parts of a value that has several: `1px solid rgb(1, 2, 3)` has three. */
const partsOf = (value: string): readonly string[] => value.match(/[^\s()]+(?:\([^()]*\))?/g) ?? [];

/** Up to four values, for the four sides. */
const each =
  (isGood: (part: string) => boolean): Rule =>
  (value) => {
    const parts = partsOf(value);
    return parts.length > 0 && parts.length <= 4 && parts.every(isGood) ? parts.join(' ') : undefined;
  };

// No url(), no var(): nothing that loads, computes, or is defined elsewhere.
const isColor = (value: string): boolean =>
  /^(?:#[\da-f]{3,8}|[a-z]{3,30}|(?:rgb|hsl)a?\([\d\s.,%/+-]{1,60}\))$/i.test(value);
const color: Rule = (value) => (isColor(value) ? value : undefined);

const isMargin = (value: string): boolean => /^auto$/i.test(value) || within(value, farthestPx, 20);
const isPadding = (value: string): boolean => within(value, farthestPx, 20);
const isThickness = (value: string): boolean => /^(?:thin|medium|thick)$/i.test(value) || within(value, thickestPx);
const isLine = (value: string): boolean =>
  /^(?:none|hidden|solid|dashed|dotted|double|groove|ridge|inset|outset)$/i.test(value);

const border: Rule = (value) => {
  const parts = partsOf(value);
  const isGood = parts.length > 0 && parts.length <= 3;
  return isGood && parts.every((part) => isThickness(part) || isLine(part) || isColor(part))
    ? parts.join(' ')
    : undefined;
};

/** With less room its words stick out of a box; cells and images have none that do. */
const narrowestPx = 120;

/** Elements that grow with their content, regardless of their size. */
export const isCell = (tag: string): boolean => /^(?:table|td|th|col|colgroup|tr|tbody|thead|tfoot)$/.test(tag);

const isTooNarrow = ({ amount, isOfFont }: Length, tag: string): boolean =>
  !isCell(tag) && tag !== 'img' && (isOfFont ? amount / 5 : amount) < narrowestPx;

/** What is as wide as its place allows, where the mail asks for more. */
const width: Rule = (value, room, own) => {
  if (/^auto$/i.test(value)) return value;
  const length = lengthOf(value);
  if (length === undefined || length.amount < 0) return undefined;
  if (length.isPercent) return length.amount <= 100 ? value : '100%';
  if (length.amount > room.widthPx - (indentOf(own) ?? room.ownIndentPx)) return '100%';
  return isTooNarrow(length, room.tag) ? undefined : value;
};

const maxWidth: Rule = (value, { tag }) => {
  if (/^none$/i.test(value)) return value;
  const length = lengthOf(value);
  if (length === undefined || length.amount < 0) return undefined;
  return length.isPercent ? (length.amount === 100 ? value : undefined) : isTooNarrow(length, tag) ? undefined : value;
};

const height: Rule = (value) => (/^auto$/i.test(value) || within(value, highestPx, 100) ? value : undefined);

/** The words of CSS for sizes, in pixels, where 16 is usual. */
const fontWords: ReadonlyMap<string, number> = new Map([
  ['xx-small', 9],
  ['x-small', 10],
  ['small', 13],
  ['medium', 16],
  ['large', 18],
  ['x-large', 24],
  ['xx-large', 32],
  ['xxx-large', largestFontPx],
]);

/** A size in proportion grows with each element within another; a word for it does not. */
const wordFor = (ratio: number): string | undefined =>
  ratio <= 1.05 ? undefined : ratio <= 1.2 ? 'large' : ratio <= 1.5 ? 'x-large' : 'xx-large';

const fontSize: Rule = (value) => {
  const word = value.toLowerCase();
  if (fontWords.has(word) || word === 'smaller' || word === 'inherit') return value;
  if (word === 'larger') return 'large';
  const length = lengthOf(value);
  if (length === undefined || length.amount < 0) return undefined;
  if (length.isPercent || length.isOfFont) {
    const ratio = length.isPercent ? length.amount / 100 : Number.parseFloat(value);
    return ratio <= 1 ? value : wordFor(ratio);
  }
  return length.amount <= largestFontPx ? value : `${largestFontPx}px`;
};

/** The pixels that a font size comes to where the font around it has so many. */
export const fontPxOf = (value: string, around: number): number => {
  const known = fontWords.get(value.toLowerCase());
  if (known !== undefined) return known;
  const length = lengthOf(value);
  if (length === undefined) return around;
  if (length.isPercent) return (around * length.amount) / 100;
  return length.isOfFont ? around * Number.parseFloat(value) : length.amount;
};

const lowestLine = 1;
const highestLine = 3;

/**
 * As a number, which larger text within takes as its own proportion. A line lower than its letters lets them stick out of
 * the mail, above and below.
 */
const lineHeight: Rule = (value, room, own) => {
  if (/^(?:normal|inherit)$/i.test(value)) return value;
  const number = /^\d{1,3}(?:\.\d{1,6})?$/.test(value) ? Number(value) : undefined;
  const length = number === undefined ? lengthOf(value) : undefined;
  const ratio = number ?? (length === undefined ? undefined : ratioOf(value, length, fontOf(room, own)));
  if (ratio === undefined || ratio < lowestLine) return undefined;
  return number !== undefined && number <= highestLine
    ? value
    : String(Math.round(Math.min(ratio, highestLine) * 100) / 100);
};

const fontOf = (room: Room, own: ReadonlyMap<string, string>): number => {
  const size = own.get('font-size');
  return size === undefined ? room.fontPx : fontPxOf(size, room.fontPx);
};

const ratioOf = (value: string, length: Length, fontPx: number): number => {
  if (length.isPercent) return length.amount / 100;
  return length.isOfFont ? Number.parseFloat(value) : length.amount / Math.max(fontPx, 1);
};

const isFamily = (value: string): boolean =>
  value
    .split(',')
    .every((name) => /^\s*(?:"[\p{L}\d\s._-]{0,60}"|'[\p{L}\d\s._-]{0,60}'|[\p{L}\d\s._-]{1,60})\s*$/u.test(name));
const fontFamily: Rule = (value) => (isFamily(value) ? value : undefined);

/** `italic bold 12px/1.5 Arial, sans-serif`, by the rules of its parts; a line height in it is left out. */
const font: Rule = (value, room, own) => {
  const [, before = '', size = '', , family = ''] =
    /^((?:(?:italic|oblique|normal|bold|bolder|lighter|small-caps|[1-9]00)\s+){0,3})([\w.%-]+)(\s*\/\s*[\w.%]+)?\s+(.{1,300})$/i.exec(
      value,
    ) ?? [];
  const bounded = fontSize(size, room, own);
  return bounded === undefined || !isFamily(family) ? undefined : `${before}${bounded} ${family}`;
};

type Side = 'left' | 'right';

const lengthPx = (value: string): number => {
  const length = lengthOf(value);
  return length === undefined ? 0 : length.isPercent ? (length.amount * widestPx) / 100 : length.amount;
};

/** The value for one side of a property that has four, as a browser takes it. */
const ofSide = (value: string | undefined, side: Side): string | undefined => {
  const parts = partsOf(value ?? '');
  return side === 'left' ? (parts[3] ?? parts[1] ?? parts[0]) : (parts[1] ?? parts[0]);
};

/** How many pixels an element says that it moves in on one side. */
function spaceOf(own: ReadonlyMap<string, string>, name: 'margin' | 'padding', side: Side): number | undefined {
  const value = own.get(`${name}-${side}`) ?? ofSide(own.get(name), side);
  return value === undefined ? undefined : lengthPx(value);
}

/** Pixels of its border on one side; of words such as `thick` the most that they mean. */
function borderOf(own: ReadonlyMap<string, string>, side: Side): number {
  const values = [own.get(`border-${side}`), own.get('border'), ofSide(own.get('border-width'), side)];
  const parts = values.flatMap((value) => partsOf(value ?? ''));
  return Math.max(0, ...parts.map((part) => (/^(?:thin|medium|thick)$/i.test(part) ? 5 : lengthPx(part))));
}

/** Pixels by which an element moves in what it holds, on both sides; undefined if it says nothing of that. */
export function indentOf(own: ReadonlyMap<string, string>): number | undefined {
  const spaces = (['left', 'right'] as const).flatMap((side) => [
    spaceOf(own, 'margin', side),
    spaceOf(own, 'padding', side),
  ]);
  const borders = borderOf(own, 'left') + borderOf(own, 'right');
  if (borders === 0 && spaces.every((space) => space === undefined)) return undefined;
  return spaces.reduce<number>((sum, space) => sum + (space ?? 0), borders);
}

/** Pixels between the left edge of an element and its text. */
export const leftOf = (own: ReadonlyMap<string, string>): number =>
  (spaceOf(own, 'margin', 'left') ?? 0) + (spaceOf(own, 'padding', 'left') ?? 0);

/** Negative only as far as its own margin or padding makes room for it: so lists of Word hang out their numbers. */
const textIndent: Rule = (value, _room, own) => {
  const length = lengthOf(value);
  if (length === undefined || length.isPercent || length.amount > farthestPx) return undefined;
  const left = leftOf(own);
  return length.amount >= 0 || (!length.isOfFont && -length.amount <= left && left <= farthestPx) ? value : undefined;
};

/** Lines that do not break reach out of their place. */
const whiteSpace: Rule = (value) => {
  const word = value.toLowerCase();
  if (word === 'pre') return 'pre-wrap';
  return ['normal', 'pre-wrap', 'pre-line', 'inherit'].includes(word) ? value : undefined;
};

/** A cell that is none any more does not grow with what is in it. */
const display: Rule = (value, { tag }) => {
  const word = value.toLowerCase();
  return word === 'none' || (!isCell(tag) && ['block', 'inline', 'inline-block'].includes(word)) ? value : undefined;
};

const sides = ['top', 'right', 'bottom', 'left'] as const;
const ofSides = (name: (side: string) => string, rule: Rule): [string, Rule][] =>
  sides.map((side) => [name(side), rule]);

/**
 * The declarations that may stay: sizes within bounds, colours, fonts, borders. Nothing that loads, computes, moves or
 * leaves the flow (`position`, `float`, `transform`, negative margins), by which a mail could cover the page it is shown in.
 */
export const styleRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['color', color],
  ['background-color', color],
  ['font', font],
  ['font-family', fontFamily],
  ['font-size', fontSize],
  ['font-style', oneOf('normal', 'italic', 'oblique', 'inherit')],
  ['font-weight', (value) => (/^(?:normal|bold|bolder|lighter|inherit|[1-9]00)$/i.test(value) ? value : undefined)],
  ['line-height', lineHeight],
  ['letter-spacing', (value) => (/^normal$/i.test(value) || within(value, 10) ? value : undefined)],
  ['text-align', oneOf('left', 'right', 'center', 'justify', 'start', 'end', 'inherit')],
  [
    'text-decoration',
    (value) => (/^(?:none|(?:(?:underline|line-through|overline)\s?)+)$/i.test(value) ? value : undefined),
  ],
  ['text-indent', textIndent],
  ['text-transform', oneOf('none', 'uppercase', 'lowercase', 'capitalize')],
  ['vertical-align', oneOf('baseline', 'top', 'middle', 'bottom', 'sub', 'super', 'text-top', 'text-bottom')],
  ['white-space', whiteSpace],
  ['word-break', oneOf('normal', 'break-all', 'break-word', 'keep-all')],
  ['word-wrap', oneOf('normal', 'break-word')],
  ['overflow-wrap', oneOf('normal', 'break-word', 'anywhere')],
  ['direction', oneOf('ltr', 'rtl')],
  [
    'list-style-type',
    oneOf('none', 'disc', 'circle', 'square', 'decimal', 'lower-alpha', 'upper-alpha', 'lower-roman', 'upper-roman'),
  ],
  ['width', width],
  ['max-width', maxWidth],
  ['height', height],
  ['min-height', height],
  ['margin', each(isMargin)],
  ...ofSides((side) => `margin-${side}`, each(isMargin)),
  ['padding', each(isPadding)],
  ...ofSides((side) => `padding-${side}`, each(isPadding)),
  ['border', border],
  ...ofSides((side) => `border-${side}`, border),
  ['border-color', each(isColor)],
  ['border-style', each(isLine)],
  ['border-width', each(isThickness)],
  ['border-collapse', oneOf('collapse', 'separate')],
  ['border-spacing', each((value) => within(value, thickestPx))],
  ['border-radius', each((value) => within(value, farthestPx, 50))],
  ['display', display],
  ['table-layout', oneOf('auto', 'fixed')],
]);
