import { expect, it } from 'vitest';
import { address, folders, instant, line } from './fields.ts';

it.each(['Contoso Sales', 'Grüße, 你好', 'a <b> & "c"', '  trimmed  ', '👩‍👩‍👧'])('%j is a line', (text) => {
  expect(line(100).parse(text)).toBe(text.trim());
});

it.each([
  '',
  '   ',
  'a\nb',
  'a\rb',
  'a\u0000b',
  'a\u007fb',
  'a\u0085b',
  'a\u009bb',
  'a\u2028b',
  'a\u2029b',
  'a\ud800b',
])('%j is no line', (text) => {
  expect(line(100).safeParse(text).success).toBe(false);
});

it.each(['ada@contoso.example', "o'brien+x@contoso.example", 'grüße@münchen.example', '用户@例子.公司'])(
  '%j is an address',
  (text) => {
    expect(address.parse(text)).toBe(text);
  },
);

it.each([
  'ada',
  'a@b@c',
  'a b@c',
  'a\u0000@b',
  'a\u0085@b',
  'a\ud800@b',
  '"a"@b',
  '<a@b>',
  'a@b,c@d',
  `${'a'.repeat(250)}@b.example`,
])('%j is no address', (text) => {
  expect(address.safeParse(text).success).toBe(false);
});

it.each([
  ['2026-11-22T08:00:00Z', '2026-11-22T08:00:00.000Z'],
  ['2026-11-22T08:00:00.5+01:00', '2026-11-22T07:00:00.500Z'],
  ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
])('%s is the time %s', (text, iso) => {
  expect(instant.parse(text).toISOString()).toBe(iso);
});

it.each([
  '2026-11-22',
  '2026-11-22T08:00:00',
  'tomorrow',
  '0001-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '9999-12-31T23:59:59-01:00',
])('%s is no time that is taken', (text) => {
  expect(instant.safeParse(text).success).toBe(false);
});

it('takes folders by what they are for and by their path', () => {
  const list = ['inbox', { role: 'archive' }, { path: 'Projekte/2026' }];
  expect(folders.parse(list)).toEqual([{ role: 'inbox' }, { role: 'archive' }, { path: 'Projekte/2026' }]);
  // Outlook lets people make such names.
  expect(folders.parse([{ path: 'Rechnungen ' }, { path: ' 2026' }])).toEqual([
    { path: 'Rechnungen ' },
    { path: ' 2026' },
  ]);
});

it.each([
  [[]],
  [['Projekte']],
  [[{ path: '' }]],
  [[{ path: ' ' }]],
  [[{ path: 'a\nb' }]],
  [[{ role: 'inbox', path: 'INBOX' }]],
  [[{ role: 'starred' }]],
  [[7]],
  ['inbox'],
  [Array.from({ length: 11 }, (_, n) => ({ path: `f${n}` }))],
  [Array.from({ length: 4 }, (_, n) => ({ path: `${n}${'x'.repeat(240)}` }))],
])('does not take %j as folders', (list) => {
  expect(folders.safeParse(list).success).toBe(false);
});
