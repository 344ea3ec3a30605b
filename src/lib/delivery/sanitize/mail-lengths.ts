/** A length of CSS, as far as a mail may have one. */
export interface Length {
  /** CSS pixels; of a percentage the number alone. In `em` and the like by the largest font that a mail may have. */
  readonly amount: number;
  readonly isPercent: boolean;
  /** True for units that follow the size of the font. */
  readonly isOfFont: boolean;
}

/** No font of a mail is larger: the largest one that HTML itself has (`<font size="7">`). */
export const largestFontPx = 48;

/** CSS pixels of a unit (CSS Values and Units 4, sections 6.1 and 6.2). */
const units: Readonly<Record<string, number>> = {
  px: 1,
  pt: 4 / 3,
  pc: 16,
  in: 96,
  cm: 96 / 2.54,
  mm: 96 / 25.4,
  rem: 16,
  em: largestFontPx,
  ex: largestFontPx / 2,
  ch: largestFontPx / 2,
};

const form = /^([+-]?(?:\d{1,6}(?:\.\d{0,6})?|\.\d{1,6}))(px|pt|pc|in|cm|mm|rem|em|ex|ch|%)?$/i;

/** Reads a length; undefined for what is none, such as `calc(…)`, `1e9px` and units of the window (`vw`). */
export function lengthOf(text: string): Length | undefined {
  const [, number, unit = ''] = form.exec(text) ?? [];
  if (number === undefined) return undefined;
  const value = Number(number);
  const name = unit.toLowerCase();
  if (name === '%') return { amount: value, isPercent: true, isOfFont: false };
  const factor = units[name];
  // Only nothing needs no unit.
  if (factor === undefined && value !== 0) return undefined;
  return { amount: value * (factor ?? 1), isPercent: false, isOfFont: /^(em|ex|ch)$/.test(name) };
}
