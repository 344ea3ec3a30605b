/** A text in English and in Chinese. `{}` is any text in English; `{1}`, `{2}` are those texts in Chinese, in their order. */
export type Rows = readonly (readonly [english: string, chinese: string])[];

/**
 * Texts that other parts of the command line make in English only, in Chinese, sentence by sentence.
 * @returns undefined unless every sentence of the text is known
 */
export function createTranslation(rows: Rows): (english: string) => string | undefined {
  const known = rows.map(([english, chinese]) => ({ form: formOf(english), chinese }));
  function part(english: string): string | undefined {
    for (const { form, chinese } of known) {
      const match = form.exec(english);
      // A name stays as it is; a phrase that is known is translated.
      if (match !== null) return chinese.replace(/\{(\d)\}/g, (_, at) => whole(match[at] ?? '') ?? match[at] ?? '');
    }
    return undefined;
  }
  function whole(english: string): string | undefined {
    const sentences = english.split(/(?<=\.) (?=[A-Z-])/);
    const parts = sentences.map(part);
    return parts.includes(undefined) ? undefined : parts.join('');
  }
  return whole;
}

const formOf = (english: string): RegExp => {
  const escaped = english.split('{}').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('(.+?)')}$`, 's');
};
