const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);

/** Plain text as HTML that looks the same: line breaks and indents stay. */
export const htmlFromText = (text: string): string =>
  `<div>${escapeHtml(text.replace(/\s+$/, ''))
    .replace(/\t/g, '    ')
    .replace(/^ +| {2,}/gm, (blanks) => '&nbsp;'.repeat(blanks.length - 1).concat(' '))
    .replace(/\n/g, '<br>\n')}</div>`;
