/** A piece of markup whose values are escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Markup)[]): Markup {
  const text = parts.reduce((whole, part, index) => {
    const value = values[index - 1];
    return whole + (value instanceof Markup ? value.text : escapeHtml(value ?? '')) + part;
  });
  return new Markup(text);
}

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const nothing = new Markup('');
export const join = (pieces: readonly Markup[]): Markup => new Markup(pieces.map((piece) => piece.text).join(''));

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Characters that turn the direction of text could make an address look like another; they are dropped.
const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export const escapeHtml = (text: string): string =>
  text.replace(bidi, '').replace(/[&<>"']/g, (character) => entities[character] ?? '');
