import { expect, it } from 'vitest';
import { withoutStyles } from './style-blocks.ts';

it.each([
  ['<p>Hello</p><style>p{color:red}</style><p>you</p>', '<p>Hello</p><p>you</p>'],
  ['<STYLE type="text/css">a</STYLE >b<style>c</style>', 'b'],
  ['a<style>b', 'a<style>b'],
  ['a<styled>b</styled>', 'a<styled>b</styled>'],
  ['<!-- <style> -->kept<style>gone</style>', '<!-- <style> -->kept'],
  ['<!--[if mso]><style>a</style><![endif]-->b', '<!--[if mso]><style>a</style><![endif]-->b'],
  ['a<!-- b<style>c</style>', 'a<!-- b<style>c</style>'],
])('%j', (html, expected) => {
  expect(withoutStyles(html)).toBe(expected);
});

it.each(['<style>', '</style', '<!--', '<!-- <style>'])('gets through a megabyte of %j', (piece) => {
  const html = `<style>${piece.repeat((1024 * 1024) / piece.length)}`;
  expect(withoutStyles(html) === html).toBe(true);
});
