import { expect, it } from 'vitest';
import { processorMsOf } from '../../../../test/support/processor-time.ts';
import { snippetOf } from './snippet.ts';

it.each([
  ['', ''],
  [' \r\n\t \u00a0\u200b', ''],
  ['Hello\r\n\r\n  world ', 'Hello world'],
  ['Yes.\n> No?\n > Maybe.\nRegards', 'Yes. Regards'],
  ['a\u200b\u200bb\u00ad', 'ab'],
  ['Sale! \u200c \u00a0\u200c \u00a0\u200c now', 'Sale! now'],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['Order \u034f \u034f\u200c \u3164now', 'Order now'],
  ['> only\n>> quoted', 'only quoted'],
  ['Hello\n----------\n\n=====\nAda', 'Hello Ada'],
  ['...', '...'],
  ['View in browser ( https://click.example.net/ls/click?upn=aB3aB3 )\n\nOur prices', 'View in browser … Our prices'],
  ['Track <https://x.example/1>, [https://x.example/2] or (mailto:a@x.example)', 'Track … , … or …'],
  [`See https://x.example/${'a'.repeat(60)} now`, 'See … now'],
  [`${`https://x.example/${'a'.repeat(60)}\n`.repeat(3)}Hello`, '… Hello'],
  ['See https://x.example/prices now', 'See https://x.example/prices now'],
  ['[cid:image001.png@01D9] [image: Logo] Hello', 'Hello'],
])('returns the snippet of %j as %j', (text, snippet) => {
  expect(snippetOf(text)).toBe(snippet);
});

it('has 200 characters and a mark that there is more', () => {
  expect(snippetOf('x'.repeat(200))).toBe('x'.repeat(200));
  expect(snippetOf('x'.repeat(201))).toBe(`${'x'.repeat(200)}…`);
});

it('does not cut a character in two', () => {
  const snippet = snippetOf('\u{1F4E7}'.repeat(500));
  expect(snippet).toBe(`${'\u{1F4E7}'.repeat(200)}…`);
});

it('looks at the beginning of a huge text only', () => {
  const text = '\n'.repeat(50_000_000);
  expect(processorMsOf(() => expect(snippetOf(text)).toBe(''))).toBeLessThan(1000);
});
