import { expect, it } from 'vitest';
import { styleSheetOf } from './style-sheet.ts';

const at = (tag: string, classes = '', id?: string) => ({
  tag,
  classes: classes.split(' ').filter((name) => name !== ''),
  id,
});
const displays = (css: string, ...path: ReturnType<typeof at>[]): (string | undefined)[] => {
  const element = path.at(-1) ?? at('p');
  return styleSheetOf(`<style>${css}</style>`)
    .stylesOf(element, path.slice(0, -1))
    .map((style) => style.get('display')?.value);
};

it.each([
  ['p{display:none}', [at('p')], ['none']],
  ['*{display:none}', [at('p')], []],
  ['.a{display:none} p.a{display:block}', [at('p', 'a b')], ['none', 'block']],
  ['.a.b{display:none}', [at('p', 'a')], []],
  ['.a.b{display:none}', [at('p', 'b a')], ['none']],
  ['#x{display:none}', [at('p', '', 'x')], ['none']],
  ['[class=a],[id="x"]{display:none}', [at('p', 'a', 'x')], ['none', 'none']],
  ['td > .a{display:none}', [at('td'), at('p', 'a')], ['none']],
  ['.out td .a{display:none}', [at('div', 'out'), at('table'), at('td'), at('p', 'a')], ['none']],
  ['.out td .a{display:none}', [at('div'), at('td'), at('p', 'a')], []],
  ['.a:hover,.a::before,u + .a{display:none}', [at('p', 'a')], []],
  ['/* .a{display:none} */ .a{color:red}', [at('p', 'a')], [undefined]],
  ['@import "x"; .a{display:none}', [at('p', 'a')], ['none']],
  ['@media print{.a{display:none}}', [at('p', 'a')], []],
  ['@media (max-width:600px){.a{display:none}} .b{display:none}', [at('p', 'a b')], ['none']],
  [
    '@media only screen and (min-width: 480px) { .a{display:none} .b{display:block} }',
    [at('p', 'a b')],
    ['none', 'block'],
  ],
  ['@font-face{font-family:x} .a{display:none}', [at('p', 'a')], ['none']],
  ['.a{display:none', [at('p', 'a')], ['none']],
])('%s', (css, path, expected) => {
  expect(displays(css, ...path)).toEqual(expected);
});

it('finds no rules in comments of the HTML', () => {
  const sheet = styleSheetOf('<!--[if mso]><style>p{display:none}</style><![endif]--><style>b{display:none}</style>');
  expect(sheet.stylesOf(at('p'), [])).toEqual([]);
  expect(sheet.stylesOf(at('b'), [])).toHaveLength(1);
});
