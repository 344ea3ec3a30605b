import { expect, it } from 'vitest';
import { breakLongWords } from './mail-words.ts';

const w = (length: number) => 'w'.repeat(length);

it.each([
  ['a word that is not long', w(40), w(40)],
  ['a word that is', w(85), `${w(40)}<wbr />${w(40)}<wbr />${w(5)}`],
  ['words', `${w(30)} ${w(30)}\n${w(30)}`, `${w(30)} ${w(30)}\n${w(30)}`],
  ['a word in two colours', `<b>${w(30)}</b><i>${w(30)}</i>`, `<b>${w(30)}</b><i>${w(10)}<wbr />${w(20)}</i>`],
  ['words in two cells', `<td>${w(30)}</td><td>${w(30)}</td>`, `<td>${w(30)}</td><td>${w(30)}</td>`],
  ['words in two lines', `${w(30)}<br />${w(30)}`, `${w(30)}<br />${w(30)}`],
  ['the address of a link', `<a href="https://x.example/${w(90)}">x</a>`, `<a href="https://x.example/${w(90)}">x</a>`],
  ['entities', '&amp;'.repeat(42), `${'&amp;'.repeat(40)}<wbr />${'&amp;'.repeat(2)}`],
  ['spaces that do not break', '\u00a0'.repeat(42), `${'\u00a0'.repeat(40)}<wbr />${'\u00a0'.repeat(2)}`],
  ['Chinese', '\u4f60\u597d'.repeat(50), '\u4f60\u597d'.repeat(50)],
  ['a tag that does not end', `${w(50)}<b`, `${w(40)}<wbr />${w(10)}<b`],
])('%s', (_what, html, broken) => {
  expect(breakLongWords(html)).toBe(broken);
});
