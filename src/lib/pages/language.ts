/** Languages of the pages. */
export type Language = 'en' | 'zh';

/** The language that a browser prefers (Accept-Language, RFC 9110 section 12.5.4); English where it names neither. */
export function pickLanguage(acceptLanguage: string | null): Language {
  const wishes = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((item, order) => {
      const [tag = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
      const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1');
      return { tag, weight: Number.isFinite(weight) ? weight : 0, order };
    })
    .filter((wish) => wish.weight > 0)
    .sort((one, other) => other.weight - one.weight || one.order - other.order);
  for (const { tag } of wishes) {
    if (tag === 'zh' || tag.startsWith('zh-')) return 'zh';
    if (tag === 'en' || tag.startsWith('en-')) return 'en';
  }
  return 'en';
}
