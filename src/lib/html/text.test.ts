import { beforeEach, describe, expect, it } from 'vitest';
import { type HtmlReader, htmlReader } from './text.ts';

let read: HtmlReader;
// Each as a mail of its own.
beforeEach(async () => {
  read = await htmlReader();
});

const made: Readonly<Record<string, readonly [string, string]>> = {
  'a link': ['<p>See <a href="https://x.example/?t=1">our prices</a>.</p>', 'See our prices.'],
  'a link without quotes': ['<p><a href=https://x.example/track/1>Track it</a> now</p>', 'Track it now'],
  'a link that is an address': ['<a href="https://x.example/">https://x.example/</a>', 'https://x.example/'],
  'a link over two paragraphs': ['<a href="x"><p>One</p><p>Two</p></a>', 'One\n\nTwo'],
  'a link around a picture': ['<p>Hi</p><a href="https://x.example/"><img src="cid:y"></a>', 'Hi'],
  'pictures alone': ['<img src="cid:y" alt="Autumn sale"><img src="cid:z">', 'Autumn sale'],
  'numbers for characters of Windows-1252': ['It&#146;s 5 &#150; 7 &#128; &#x99;', 'It’s 5 – 7 € ™'],
  'entities with and without their semicolon': [
    'R&D &amp; caf&eacute &copy 2026 &nosuch;',
    'R&D & café © 2026 &nosuch;',
  ],
  'tags within words': [
    '<font size=5>D</font>ear H<sub>2</sub>O, 5<sup>th</sup>, <b>b</b>ig, a<wbr>b',
    'Dear H2O, 5th, big, ab',
  ],
  'a comment within a word': ['on<!-- x -->e t<!--[if mso]>x<![endif]-->wo', 'one two'],
  'a table': ['<table><tr><th>Item</th><th>Qty</th></tr><tr><td>Bolt</td><td>4</td></tr></table>', 'Item Qty\nBolt 4'],
  'a table with sections and white space': [
    '<table>\n<thead>\n<tr>\n<td> Item </td>\n<td>\nQty\n</td>\n</tr>\n</thead>\n<tbody><tr><td>Nut</td> <td>5</td></tr></tbody></table>',
    'Item Qty\nNut 5',
  ],
  'a table of Word': [
    '<table><tr><td><p class=MsoNormal><span>Item<o:p></o:p></span></p></td><td><p class=MsoNormal>Qty<o:p></o:p></p></td></tr></table>',
    'Item Qty',
  ],
  'cells that end with a line break or hold blanks': [
    '<table><tr><td>Item<br></td><td>&nbsp;</td><td>&nbsp;5&nbsp;&nbsp;€ </td></tr></table>',
    'Item 5 €',
  ],
  'tables within tables': [
    '<table><tr><td><table><tr><td>One</td></tr></table></td></tr><tr><td><table><tr><td>Two</td><td>2</td></tr></table></td></tr></table>',
    'One\nTwo 2',
  ],
  'a table without closing tags': ['<table><tr><td>a<td>b<tr><td>c<td>d</table>', 'a b\nc d'],
  lines: ['one<br>two<br/>three<div>four</div>five', 'one\ntwo\nthree\nfour\nfive'],
  paragraphs: ['<p>one\ntwo</p>\n\n<p>three</p>', 'one two\n\nthree'],
  'empty paragraphs of Outlook': ['<p>one</p><p><o:p>&nbsp;</o:p></p><p>two</p>', 'one\n\ntwo'],
  lists: ['<ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>', '* one\n* two\n  * deep'],
  headings: ['<h1>Big news</h1><p>small</p>', 'Big news\n\nsmall'],
  'preformatted text': ['<pre>a  b\n  c</pre>', 'a  b\n  c'],
  'an answer above a quote': [
    '<html><body><p>Yes, 40 pieces.</p><blockquote type="cite"><html><body><p>How many?</p></body></html></blockquote></body></html>',
    'Yes, 40 pieces.\n\n> How many?',
  ],
  'what is indented': [
    '<blockquote style="margin:0 0 0 40px;border:none;padding:0px">Note this</blockquote>',
    'Note this',
  ],
  'words after the end': ['<html><body><p>Mail</p></body></html><p>Disclaimer</p>', 'Mail\n\nDisclaimer'],
  'words before the beginning': ['Fwd:<html><body><p>Mail</p></body></html>', 'Fwd:\n\nMail'],
  'a title, a script and a form': [
    '<title>T</title><script>a()</script><p>Hi</p><select><option>o</option></select><textarea>x</textarea>',
    'Hi',
  ],
  'elements shown as lines': ['<span style="display:block">A</span><span style="display:block">B</span>', 'A\nB'],
  'no tags at all': ['first line\nsecond &amp; last', 'first line\nsecond & last'],
  'a style sheet within the body': ['<p>Hi</p><style>p { color: red }</style><p>Ada</p>', 'Hi\n\nAda'],
};

const hidden: Readonly<Record<string, string>> = {
  'display:none': '<div style="display:none">secret</div>',
  'display : NONE !important': '<div style="color:red; DISPLAY : NONE !important">secret</div>',
  'visibility:hidden': '<span style="visibility:hidden">secret</span>',
  'opacity:0': '<div style="opacity:0">secret</div>',
  'max-height:0': '<div style="max-height:0;overflow:hidden">secret</div>',
  'height:0 and overflow:hidden': '<div style="height:0px;overflow:hidden;">secret</div>',
  'font-size:0': '<span style="font-size:0">secret</span>',
  'font-size:1px': '<div style="font-size:1px;line-height:1px">secret</div>',
  'font-size:2px': '<div style="font-size:2px">secret</div>',
  'a box of one pixel':
    '<div style="position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)">secret</div>',
  'font:0/0': '<span style="font:0/0 a">secret</span>',
  'white on white': '<span style="color:#ffffff">secret</span>',
  'nearly white on white': '<body bgcolor="#FFFFFF"><font color="#fefefe">secret</font></body>',
  'the colour of its table':
    '<table bgcolor="#f4f4f4"><tr><td style="color:rgb(244, 244, 244)">secret</td></tr></table>',
  'no colour': '<p style="color:transparent">secret</p>',
  'mso-hide': '<div style="mso-hide:all">secret</div>',
  'text-indent': '<p style="text-indent:-9999px">secret</p>',
  'a place far away': '<div style="position:absolute;left:-9999px">secret</div>',
  'the attribute hidden': '<div hidden>secret</div>',
  'all at once, as newsletters do':
    '<div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;mso-hide:all;">secret&nbsp;&zwnj;&nbsp;&zwnj;</div>',
  'a class': '<style>.pre{display:none}</style><div class="big pre">secret</div>',
  'a class of a style sheet in the head':
    '<html><head><style type="text/css"><!--\n.a, .pre { display: none !important; }\n--></style></head><body><div class="pre">secret</div></body></html>',
  'a class with a tag': '<style>div.pre{opacity:0}</style><div class="PRE">secret</div>',
  'an id': '<style>#pre{visibility:hidden}</style><span id="pre">secret</span>',
  'a class within another':
    '<style>.wrap td .pre{display:none}</style><div class=wrap><table><tr><td><p class=pre>secret</p></td></tr></table></div>',
  'a class that makes it tiny': '<style>.pre{font-size:0;color:#fff}</style><div class="pre">secret</div>',
  'a style sheet for screens': '<style>@media screen { .pre { display:none } }</style><div class="pre">secret</div>',
};
const shown: Readonly<Record<string, string>> = {
  'white on black': '<body bgcolor="#000000"><p style="color:#fff">Hello</p></body>',
  'white on a picture': '<td background="https://x.example/y.png"><p style="color:white">Hello</p></td>',
  'white on a gradient': '<div style="background:linear-gradient(#000,#333);color:#fff">Hello</div>',
  'white on the colour of a class': '<style>.btn{background:#06c}</style><a class="btn" style="color:#fff">Hello</a>',
  'small letters within a cell that has none':
    '<table><tr><td style="font-size:0px"><div style="font-size:13px">Hello</div></td></tr></table>',
  'a button beside the one of Outlook':
    '<!--[if mso]><v:roundrect>Hello</v:roundrect><![endif]--><a href="x" style="mso-hide:all">Hello</a>',
  'a part for others than Outlook': '<!--[if !mso]><!--><div style="mso-hide:all">Hello</div><!--<![endif]-->',
  'a class that is hidden on small screens':
    '<style>@media (max-width:600px){.big{display:none}}</style><p class="big">Hello</p>',
  'a class that is hidden on paper': '<style>@media print{.big{display:none}}</style><p class="big">Hello</p>',
  'a style sheet in a comment': '<!--[if mso]><style>p{display:none}</style><![endif]--><p>Hello</p>',
  'all of it hidden': '<div style="display:none"><p>Hello</p></div>',
  'a hidden element that the style shows': '<p hidden style="display:block">Hello</p>',
};

describe('the text of HTML', () => {
  it.each(Object.entries(made))('converts %s to what a person reads', (_, [html, text]) => {
    expect(read(html)).toEqual({ text, cut: false });
  });

  it.each(Object.entries(hidden))('holds no words that are hidden by %s', (_, html) => {
    expect(read(`${html}<p>Hello</p>`)).toEqual({ text: 'Hello', cut: false });
  });

  it.each(Object.entries(shown))('holds words that only seem hidden: %s', (_, html) => {
    expect(read(html)).toEqual({ text: 'Hello', cut: false });
  });

  it('has lists that begin where Roman numbers end', () => {
    expect(read('<ol type=I start=5000><li>one</ol>').text).toBe('1. one');
    expect(read('<ol type=a start=3><li>three</ol>').text).toBe('c. three');
  });
});

// Each of them took seconds, or more memory than there is, before it was bounded.
const hostile: Readonly<Record<string, string>> = {
  brackets: '<'.repeat(1_000_000),
  'links that do not end': '<a href='.repeat(120_000),
  'links within links': '<a><p>'.repeat(150_000),
  'elements within elements': '<div>'.repeat(200_000),
  'forms within forms': '<form>'.repeat(150_000),
  'tables within tables': '<table><tr><td>'.repeat(60_000),
  'quotes within quotes, around much text': `${'<blockquote>'.repeat(200)}<pre>${'x\n'.repeat(400_000)}`,
  'lists within lists, around much text': `${'<ul><li>'.repeat(200)}<pre>${'x\n'.repeat(400_000)}`,
  'elements side by side': '<b>x</b>'.repeat(120_000),
  entities: '&amp;'.repeat(200_000),
  comments: '<!-- x -->'.repeat(100_000),
  'comments that do not end': '<!--'.repeat(250_000),
  'style sheets that do not end': '<style>'.repeat(140_000),
  rules: `<style>${'.a{display:none}'.repeat(30_000)}</style>${'<p class=a>x</p>'.repeat(2_000)}`,
  'rules about elements within others': `<style>${Array.from({ length: 900 }, (_, n) => `.a .b .c .d${n}{display:none}`).join('')}</style>${'<div class=x>'.repeat(900)}${'<p class="d1 d2 d3 d4 d5">x'.repeat(15_000)}`,
  classes: `<style>.a{display:none}</style>${`<p class="${'b '.repeat(5_000)}">x</p>`.repeat(90)}`,
  declarations: `<p style="${'color:red;'.repeat(100_000)}">x`,
  attributes: `<p ${'a=b '.repeat(250_000)}>x`,
};

describe('a megabyte of HTML', () => {
  it.each(Object.entries(hostile))('reads %s up to a limit', (_, html) => {
    expect(read(html).text.length).toBeLessThan(1_500_000);
  });

  it('marks text as truncated if it has more elements than are read', () => {
    expect(read('<div>'.repeat(2_000)).cut).toBe(true);
    expect(read('<p>one</p>'.repeat(4_000)).cut).toBe(false);
    expect(read('<b>x</b>'.repeat(120_000)).cut).toBe(true);
  });

  it('still holds nothing hidden where it is cut', () => {
    expect(read(`<p>Hello</p><div style="display:none">${'<b>secret</b>'.repeat(30_000)}</div>`)).toEqual({
      text: 'Hello',
      cut: true,
    });
  });

  it('counts all pieces of a mail together', () => {
    const cut = Array.from({ length: 50 }, () => read('<p>x</p>'.repeat(1_000)).cut);
    expect(cut.indexOf(true)).toBe(16);
    expect(cut.slice(16)).not.toContain(false);
  });

  it('reads half of a megabyte of plain text', () => {
    const { text, cut } = read(`<p>${'word '.repeat(200_000)}</p>`);
    expect(cut).toBe(true);
    expect(text.length).toBeGreaterThan(500_000);
  });
});
