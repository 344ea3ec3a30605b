import { beforeAll, describe, expect, it } from 'vitest';
import { loadVisibleHtml, type VisibleHtml } from './visible.ts';

let visible: VisibleHtml;
beforeAll(async () => {
  visible = await loadVisibleHtml();
});

describe('HTML for a page', () => {
  it.each([
    ['<style>.m{display:none}</style><p>a</p><p class="m">b</p>', '<style>.m{display:none}</style><p>a</p>'],
    ['<div style="opacity:0;overflow:hidden">pre</div><p>Body</p>', '<p>Body</p>'],
    ['<p>a<span style="max-height:0">b</span>c</p >d', '<p>ac</p >d'],
    ['<p style="visibility:hidden">a<p>b', '<p>b'],
    ['x<img style="opacity:0" src="y">z', 'xz'],
    [
      '<style>.t{font-size:0}</style><div class="t">tiny &amp; <b style="font-size:9pt">not</b></div>',
      '<style>.t{font-size:0}</style><div class="t"> <b style="font-size:9pt">not</b></div>',
    ],
  ])('%j is %j', (html, shown) => {
    expect(visible.forPage(html)).toBe(shown);
  });

  it.each([
    '<p>Hello</p>',
    '<p style="color:#fff">White, which the page decides</p>',
    '<style>.big{color:red}</style><p class="big">Hello</p>',
    '<title>t</title><script>s</script><p>x</p>',
    '<div style="display:none">all of it</div>',
  ])('%j stays as it is', (html) => {
    expect(visible.forPage(html)).toBe(html);
  });

  it('leaves HTML with too many elements unchanged for the sanitiser to refuse', () => {
    const html = `<style>.a{display:none}</style>${'<p class=a>x</p>'.repeat(30_000)}`;
    expect(visible.forPage(html)).toBe(html);
  });
});
