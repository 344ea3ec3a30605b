export interface Declaration {
  readonly value: string;
  readonly important: boolean;
}

/** Declarations by property, in lower case; only of properties that decide whether something is seen. */
export type Style = ReadonlyMap<string, Declaration>;

const properties = new Set(
  ['display', 'visibility', 'opacity', 'height', 'max-height', 'width', 'max-width', 'overflow', 'overflow-x'].concat(
    ['overflow-y', 'font', 'font-size', 'color', 'background', 'background-color', 'background-image'],
    ['text-indent', 'position', 'left', 'top', 'mso-hide'],
  ),
);

// Longer values hold pictures.
const longestValue = 200;

/** Of a style attribute, or of what stands between braces in a style sheet. */
export function declarationsIn(text: string): Style {
  const style = new Map<string, Declaration>();
  for (const declaration of text.split(';')) {
    const colon = declaration.indexOf(':');
    const name = declaration.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (!properties.has(name)) continue;
    const said = declaration.slice(colon + 1, colon + 1 + longestValue).toLowerCase();
    const value = said.replace(/!\s*important/, '').trim();
    const before = style.get(name);
    const important = said.includes('!') && /!\s*important/.test(said);
    if (before?.important !== true || important) style.set(name, { value, important });
  }
  return style;
}

/** Several styles as one: the last to say something counts, unless another calls it important. */
export function together(styles: readonly Style[]): Style {
  if (styles.length < 2) return styles[0] ?? new Map();
  const all = new Map<string, Declaration>();
  for (const style of styles) {
    for (const [name, declaration] of style) {
      if (all.get(name)?.important !== true || declaration.important) all.set(name, declaration);
    }
  }
  return all;
}
