export interface Color {
  readonly rgb: readonly [number, number, number];
  /** From 0, which lets everything through, to 1. */
  readonly alpha: number;
}

export const white: Color = { rgb: [255, 255, 255], alpha: 1 };

const names: Readonly<Record<string, Color>> = {
  white,
  black: { rgb: [0, 0, 0], alpha: 1 },
  whitesmoke: { rgb: [245, 245, 245], alpha: 1 },
  transparent: { rgb: [0, 0, 0], alpha: 0 },
};

/** The first colour in a value; undefined where it is named otherwise than in numbers, but for the commonest. */
export function colorIn(value: string): Color | undefined {
  for (const word of value
    .trim()
    .toLowerCase()
    .split(/\s+(?![^(]*\))/)) {
    const color = (Object.hasOwn(names, word) ? names[word] : undefined) ?? fromHex(word) ?? fromNumbers(word);
    if (color !== undefined) return color;
  }
  return undefined;
}

function fromHex(word: string): Color | undefined {
  const digits = /^#?([0-9a-f]{3,8})$/.exec(word)?.[1] ?? '';
  if (digits.length === 5 || digits.length === 7 || digits === '') return undefined;
  const wide = digits.length < 6 ? digits.replace(/./g, '$&$&') : digits;
  const [red = 0, green = 0, blue = 0, alpha = 255] = (wide.match(/../g) ?? []).map((pair) =>
    Number.parseInt(pair, 16),
  );
  return { rgb: [red, green, blue], alpha: alpha / 255 };
}

function fromNumbers(word: string): Color | undefined {
  const numbers =
    /^rgba?\(([^()]{1,60})\)$/
      .exec(word)?.[1]
      ?.trim()
      .split(/[\s,/]+/) ?? [];
  if (numbers.length < 3) return undefined;
  const [red = 0, green = 0, blue = 0] = numbers.map(
    (number) => Number.parseFloat(number) * (number.endsWith('%') ? 2.55 : 1),
  );
  const alpha = numbers[3] === undefined ? 1 : Number.parseFloat(numbers[3]) / (numbers[3].endsWith('%') ? 100 : 1);
  return [red, green, blue, alpha].some(Number.isNaN) ? undefined : { rgb: [red, green, blue], alpha };
}

// Such shades look the same.
const nearestShade = 8;

export const isAlike = (a: Color, b: Color): boolean =>
  a.rgb.every((value, index) => Math.abs(value - (b.rgb[index] ?? 0)) <= nearestShade);
