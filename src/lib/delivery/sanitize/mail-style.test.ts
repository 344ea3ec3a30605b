import { expect, it } from 'vitest';
import { mailStyle } from './mail-style.ts';

const styled = (text: string, tag = 'div', indentPx = 500): string => {
  const { own } = mailStyle(text, { tag, widthPx: 640, indentPx, ownIndentPx: 0, fontPx: 16 });
  return [...own].map(([name, value]) => `${name}:${value}`).join(';');
};

it.each([
  'color:red',
  'color:rgba(1, 2, 3, .5)',
  "font-family:'Segoe UI',Arial,sans-serif",
  'font-family:\u5fae\u8f6f\u96c5\u9ed1,"Microsoft YaHei"',
  'font-size:11.0pt',
  'font-size:90%',
  'margin:0 auto',
  'margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex',
  'margin-left:.5in;text-indent:-.25in',
  'border:1px solid rgb(1, 2, 3)',
  'width:600px',
  'max-width:100%',
  'line-height:1.5',
  'text-decoration:underline',
])('keeps %s', (style) => {
  expect(styled(style)).toBe(style);
});

it.each([
  ['COLOR: Red !important ;', 'color:Red'],
  ['background:#fff', 'background-color:#fff'],
  ['background:#fff url(x)', ''],
  ['color:red;color:blue', 'color:blue'],
  ['font-size:72px', 'font-size:48px'],
  ['font-size:1.4em', 'font-size:x-large'],
  ['font-size:larger', 'font-size:large'],
  ['font:bold 14px/20px Arial, sans-serif', 'font:bold 14px Arial, sans-serif'],
  ['font:900px Arial', 'font:48px Arial'],
  ['font-size:20px;line-height:30px', 'font-size:20px;line-height:1.5'],
  ['line-height:150%', 'line-height:1.5'],
  ['line-height:900px', 'line-height:3'],
  ['line-height:0', ''],
  ['width:5000px', 'width:100%'],
  ['width:300%', 'width:100%'],
  ['width:50%;padding:0 10px', 'padding:0 10px'],
  ['width:10px', ''],
  ['height:100px', 'min-height:100px'],
  ['height:100px;min-height:50px', 'min-height:50px'],
  ['white-space:pre', 'white-space:pre-wrap'],
  ['white-space:nowrap', ''],
  ['margin:10px -1px', ''],
  ['margin-left:101px', ''],
  ['margin:1e1px', ''],
  ['text-indent:-.25in', ''],
  ['margin-left:.1in;text-indent:-.25in', 'margin-left:.1in'],
  ['padding:0 0 0', 'padding:0 0 0'],
  ['padding:1px 2px 3px 4px 5px', ''],
  ['text-decoration:underline 900px', ''],
  ["font-family:'a;color:red", 'color:red'],
  ['constructor:x;__proto__:y;font-size:constructor', ''],
])('makes of %s: %s', (style, kept) => {
  expect(styled(style)).toBe(kept);
});

it.each([
  ['td', 'width:10px', 'width:10px'],
  ['td', 'height:30px', 'height:30px'],
  ['td', 'display:block', ''],
  ['img', 'width:10px;height:20px', 'width:10px;height:20px'],
  ['img', 'margin:0 20px', ''],
  ['span', 'padding:10px 20px', 'padding:10px 20px;display:inline-block'],
  ['span', 'border-bottom:1px dotted', 'border-bottom:1px dotted'],
  ['table', 'width:100%;margin:0 10px', 'width:100%'],
])('sanitises a %s with %s: %s', (tag, style, kept) => {
  expect(styled(style, tag)).toBe(kept);
});

it('moves in no further than there is room', () => {
  expect(styled('margin-left:40px;color:red', 'div', 40)).toBe('margin-left:40px;color:red');
  expect(styled('margin-left:40px;color:red', 'div', 39)).toBe('color:red');
  expect(styled('border:20px solid red;padding:5px', 'div', 30)).toBe('');
});
