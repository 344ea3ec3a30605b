import { lengthOf } from './mail-lengths.ts';

/** Which elements have a size of their own; what others say of it browsers pass over. */
const sized = /^(?:table|td|th|tr|col|colgroup|img|hr)$/;

const highestPx = 1_000;

/** The attributes for the size of an element, as they may stay. */
export interface Sizes {
  readonly width: string | undefined;
  readonly height: string | undefined;
  /** Undefined for what is in proportion, or as wide as its place. */
  readonly widthPx: number | undefined;
}

/** Numbers are pixels, and percentages are of what is around. What is too wide is as wide as its place. */
export function sizesOf(tag: string, text: { width?: string; height?: string }, mostPx: number): Sizes {
  if (!sized.test(tag)) return { width: undefined, height: undefined, widthPx: undefined };
  const wide = sizeOf(text.width);
  const isTooWide = wide !== undefined && wide.amount > (wide.isPercent ? 100 : mostPx);
  const high = sizeOf(text.height);
  const isGoodHeight = high !== undefined && high.amount <= (high.isPercent ? 100 : highestPx);
  return {
    width: wide === undefined ? undefined : isTooWide ? '100%' : text.width,
    height: isGoodHeight ? text.height : undefined,
    widthPx: wide === undefined || wide.isPercent || isTooWide ? undefined : wide.amount,
  };
}

const sizeOf = (text = '') => {
  const [, number, unit = 'px'] = /^(\d{1,6}(?:\.\d{1,4})?)(px|%)?$/i.exec(text.trim()) ?? [];
  return number === undefined ? undefined : lengthOf(`${number}${unit}`);
};

/** Pixels on both sides by which a table moves in what it holds, by its attributes or what browsers put in their place. */
export function spacingOf(attributes: Readonly<Record<string, string>>): number {
  const amount = (text: string | undefined, usual: number): number => (text === undefined ? usual : Number(text) || 0);
  const { cellpadding, cellspacing, border } = attributes;
  return 2 * (amount(cellpadding, 1) + amount(cellspacing, 2) + amount(border, 0));
}

type Rule = (value: string, tag: string) => boolean;

const matches =
  (form: RegExp): Rule =>
  (value) =>
    form.test(value);

const upTo =
  (most: number): Rule =>
  (value) =>
    /^\d{1,4}$/.test(value) && Number(value) <= most;

const anything: Rule = () => true;

const color = matches(/^#?[a-z\d]{3,30}$|^rgba?\([\d\s.,%]{1,40}\)$/i);

/** A table or an image that is aligned to a side leaves the flow. */
const align: Rule = (value, tag) => {
  const form =
    tag === 'table'
      ? /^center$/i
      : tag === 'img'
        ? /^(?:middle|top|bottom|texttop|absmiddle|baseline)$/i
        : /^(?:left|right|center|justify|top|bottom)$/i;
  return form.test(value);
};

/** The other attributes that may stay. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['alt', anything],
  ['title', anything],
  ['dir', matches(/^(?:ltr|rtl|auto)$/i)],
  ['lang', matches(/^[a-z\d-]{1,35}$/i)],
  ['align', align],
  ['valign', matches(/^(?:top|middle|bottom|baseline)$/i)],
  ['bgcolor', color],
  ['color', color],
  ['face', matches(/^[\p{L}\d\s.,'"_-]{1,200}$/u)],
  ['size', matches(/^[+-]?[1-7]$/)],
  ['border', upTo(20)],
  ['cellpadding', upTo(20)],
  ['cellspacing', upTo(20)],
  ['colspan', upTo(50)],
  ['rowspan', upTo(1_000)],
  ['span', upTo(50)],
  ['scope', matches(/^(?:row|col|rowgroup|colgroup)$/i)],
  ['start', upTo(99)],
  ['value', upTo(99)],
  ['type', matches(/^(?:1|a|i|disc|circle|square|cite)$/i)],
]);

/** Whether an attribute may stay as it is. Addresses, sizes and styles have rules of their own. */
export const isGoodAttribute = (name: string, value: string, tag: string): boolean =>
  rules.get(name)?.(value, tag) === true;
