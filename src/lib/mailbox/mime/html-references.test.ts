import { describe, expect, it } from 'vitest';
import { referenceName, referencesIn } from './html-references.ts';

// What real HTML looks like is in test/corpus/files.ts.
describe('what HTML shows', () => {
  it.each([
    ['<img src="cid:a">', true],
    ['<img src=cid:a>', true],
    ['<img srcset="cid:a 2x">', false],
    ['<object data="cid:a">', true],
    ['<a href="cid:a">', false],
    ['<img title="src of cid:a">', false],
    ['<img src="cid:a', false],
    ['<img src="cid:%61">', true],
    ['<img src="cid:&#x61;">', true],
    ['<p style="background:url(&quot;cid:a&quot;)">', true],
    ['', false],
  ])('%s holds a: %j', (html, is) => {
    expect(referencesIn(html, true).names.has('a')).toBe(is);
  });

  it('is compared without what addresses are written in', () => {
    expect([referenceName('cid:a%40x'), referenceName(' a\r\n@x'), referenceName('100%')]).toEqual([
      'a@x',
      'a@x',
      '100%',
    ]);
  });

  it.each([
    ['src=', 'src='.repeat(250_000)],
    ['src and spaces', `src${' '.repeat(9)}`.repeat(80_000)],
    ['pictures', '<img src="cid:a@x">'.repeat(50_000)],
    ['quotes', 'src="'.repeat(200_000)],
  ])('is found in 1 MB of %s in linear time', (_, html) => {
    expect(referencesIn(html, true).whole).toBe(true);
  });
});
