import { base64, bytes, type CorpusMessage, chapter, head, lines, multipart } from './build.ts';

const { mails, add } = chapter();

// Text beside HTML, and text made of HTML.
const part = (type: string, content: string, ...headers: readonly string[]): string =>
  lines(`Content-Type: ${type}; charset=utf-8`, ...headers, '', content);
const alternative = (plain: string, html: string): string =>
  lines(
    head('Subject: a', 'Content-Type: multipart/alternative; boundary=b'),
    '',
    multipart('b', part('text/plain', plain), part('text/html', html)),
  );
const html = (content: string): string =>
  lines(
    head('Subject: h', 'Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: base64'),
    '',
    base64(content),
  );

for (const [name, plain] of Object.entries({
  empty: '',
  'a space': ' ',
  'tabs and line breaks': '\t\r\n \t\r\n\r\n',
  'a no-break space': '\u00a0',
  'no-break spaces in lines': '\u00a0\r\n\u00a0\u00a0\r\n',
  'a zero-width space': '\u200b',
  'a byte order mark': '\ufeff',
  'joiners and marks': '\u200c\u200d\u200e\u200f\u2060',
  'soft hyphens and grapheme joiners': '\u00ad\u034f \u00ad\u034f',
  'wide spaces': '\u2003\u3000\u2028',
  'a Hangul filler': '\u3164',
  'no-break spaces as HTML writes them': '&nbsp;\r\n&#160;&zwnj;',
})) {
  add(`a blank text (${name}) beside HTML`, alternative(plain, '<p>Your order <b>815</b> has been shipped.</p>'), {
    text: 'Your order 815 has been shipped.',
    html: '<p>Your order <b>815</b> has been shipped.</p>',
  });
}
add('a short text beside HTML', alternative('.', '<p>More than that</p>'), { text: '.' });
add(
  'a blank text beside HTML with pictures, in quoted-printable',
  lines(
    head('Subject: a', 'Content-Type: multipart/related; boundary=r'),
    '',
    multipart(
      'r',
      lines(
        'Content-Type: multipart/alternative; boundary=b',
        '',
        multipart(
          'b',
          part('text/plain', '=20=\r\n=C2=A0', 'Content-Transfer-Encoding: quoted-printable'),
          part('text/html', '<p>Ticket 12 was closed.</p>'),
        ),
      ),
      lines('Content-Type: image/png', 'Content-ID: <x>', '', 'x'),
    ),
  ),
  { text: 'Ticket 12 was closed.' },
);
add('a text and HTML that is blank', alternative('Here it is', ' \u00a0'), { text: 'Here it is' });

add(
  'HTML alone, with what programs put into it',
  html(
    '<html><head><style>.pre{display:none}</style></head><body><div class="pre">secret</div><p>It&#146;s <a href=https://x.example/?t=1>H<sub>2</sub>O</a>.</p><table><tr><td>Bolt<td>4<tr><td>Nut<td>5</table></body></html>',
  ),
  { text: 'It’s H2O.\n\nBolt 4\nNut 5', truncated: [] },
);

// Text that is in truth HTML, and text that speaks of it.
const plain = (content: string, ...headers: readonly string[]): string =>
  lines(head('Subject: p', 'Content-Type: text/plain; charset=utf-8', ...headers), '', content);
add('plain text that is an HTML document', plain('<!DOCTYPE html><html><body><p>Hello there</p></body></html>'), {
  text: 'Hello there',
  html: undefined,
});
add('plain text that is HTML from beginning to end', plain('<div>Hello<br>there</div>'), { text: 'Hello\nthere' });
add('plain text that begins with HTML', plain('<!-- x --><p>Hello</p>\r\n<p>there</p>\r\nAda'), {
  text: 'Hello\n\nthere\n\nAda',
});
add('plain text about HTML', plain('Put <div> around it, and </div> behind.'), {
  text: 'Put <div> around it, and </div> behind.',
});
add('plain text that begins with an address in brackets', plain('<https://x.example/> is the place'), {
  text: '<https://x.example/> is the place',
});

// Several texts.
const mixed = (...parts: readonly string[]): string =>
  lines(head('Subject: m', 'Content-Type: multipart/mixed; boundary=b'), '', multipart('b', ...parts));
add(
  'plain text and HTML one after the other',
  mixed(part('text/plain', 'Plain first.'), part('text/html', '<style>p{color:red}</style><p>Then HTML.</p>')),
  {
    text: 'Plain first.\n\nThen HTML.',
    html: '<div>Plain first.</div>\n<style>p{color:red}</style><p>Then HTML.</p>',
  },
);
add('HTML and plain text after it', mixed(part('text/html', '<p>One</p>'), part('text/plain', 'Two < 3\r\nnext')), {
  text: 'One\n\nTwo < 3\nnext',
  html: '<p>One</p>\n<div>Two &#60; 3<br>next</div>',
});
add(
  'HTML, a picture and HTML again',
  mixed(
    part('text/html', '<p>Before</p>'),
    lines('Content-Type: image/png', '', 'x'),
    part('text/html', '<p>After</p>'),
  ),
  { text: 'Before\n\nAfter', html: '<p>Before</p>\n<p>After</p>' },
);
add(
  'both forms, and the lines that a list adds',
  mixed(
    lines(
      'Content-Type: multipart/alternative; boundary=i',
      '',
      multipart('i', part('text/plain', 'Mail'), part('text/html', '<p>Mail</p>')),
    ),
    part('text/plain', '_______\r\nTo unsubscribe'),
  ),
  { text: 'Mail\n\n_______\nTo unsubscribe', html: '<p>Mail</p>\n<div>_______<br>To unsubscribe</div>' },
);
add(
  'HTML in several pieces within an alternative',
  lines(
    head('Subject: apple', 'Content-Type: multipart/alternative; boundary=a'),
    '',
    multipart(
      'a',
      part('text/plain', 'Before\r\nAfter'),
      lines(
        'Content-Type: multipart/mixed; boundary=i',
        '',
        multipart('i', part('text/html', '<p>Before</p>'), part('text/html', '<p>After</p>')),
      ),
    ),
  ),
  { text: 'Before\nAfter', html: '<p>Before</p>\n<p>After</p>' },
);
add(
  'base64 in pieces that were encoded one by one',
  mixed(
    part('text/plain', 'UGxhaW4=\r\nIGZpcnN0Lg==', 'Content-Transfer-Encoding: base64'),
    part('text/html', 'PHA+T25lLg==\r\nIFR3byB0d28u\r\nIFRocmVlITwvcD4=', 'Content-Transfer-Encoding: base64'),
  ),
  { text: 'Plain first.\n\nOne. Two two. Three!', html: '<div>Plain first.</div>\n<p>One. Two two. Three!</p>' },
);

// format=flowed (RFC 3676)
const flowed = (content: string, more = ''): string =>
  lines(head('Subject: f', `Content-Type: text/plain; charset=utf-8; format=flowed${more}`), '', content);
for (const [name, [content, text]] of Object.entries({
  'a quote and its answer': ['> Can you come? \r\nNo, on Tuesday.', '> Can you come?\nNo, on Tuesday.'],
  'a wrapped quote': [
    '> one that is \r\n> wrapped here.\r\nMine is \r\nwrapped, too.',
    '> one that is wrapped here.\nMine is wrapped, too.',
  ],
  'quotes in quotes': ['>> deep and \r\n>> wrapped\r\n> less \r\n> so\r\nmine', '>> deep and wrapped\n> less so\nmine'],
  'quotes without the space': ['>tight and \r\n>wrapped', '> tight and wrapped'],
  'a quote that ends with a space': ['> one \r\n\r\nanswer', '> one\n\nanswer'],
  'empty lines in quotes': ['> a\r\n>\r\n> b', '> a\n>\n> b'],
  'a signature': ['Text that goes \r\n-- \r\nGrace \r\nHopper', 'Text that goes\n-- \nGrace Hopper'],
  'a quoted signature': ['> Text\r\n> -- \r\n> Ada', '> Text\n> -- \n> Ada'],
  'stuffed lines': [' From here \r\n on\r\n > no quote', 'From here on\n> no quote'],
  'a paragraph without an end': ['one \r\ntwo ', 'one two'],
})) {
  add(`flowed text with ${name}`, flowed(content ?? ''), { text: text ?? '' });
}
add(
  'flowed text in Chinese, whose spaces are only for wrapping',
  flowed('你好 \r\n世界 \r\n> 引 \r\n> 用', '; DelSp=Yes'),
  {
    text: '你好世界\n> 引用',
  },
);
add(
  'flowed text in quoted-printable',
  lines(
    head(
      'Subject: f',
      'Content-Type: text/plain; format="flowed"; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
    ),
    '',
    '> gr=C3=BC=C3=9F=20\r\n> dich=20\r\nDanke',
  ),
  {
    text: '> grüß dich\nDanke',
  },
);
add('text that is not flowed, though its lines end with spaces', plain('one \r\ntwo'), { text: 'one \ntwo' });

// Quoted-printable
const quoted = (content: string): string => plain(content, 'Content-Transfer-Encoding: Quoted-Printable');
for (const [name, [content, text]] of Object.entries({
  'spaces after a soft break': ['Hello =  \r\nworld, gr=C3=\r\n=BC=c3=9fe', 'Hello world, grüße'],
  'a tab after a soft break': ['a=\t\r\nb', 'ab'],
  'a soft break at the end': ['end=', 'end'],
  'an equals sign that begins nothing': ['1 = 1 and =ZZ', '1 = 1 and =ZZ'],
  'an equals sign of its own and spaces': ['x =3D  \r\ny', 'x =  \ny'],
  'lower case': ['=e2=82=ac', '€'],
  'encoded line breaks': ['a=0D=0Ab', 'a\nb'],
})) {
  add(`quoted-printable with ${name}`, quoted(content ?? ''), { text: text ?? '' });
}

// Multiparts that are none.
const partless = (type: string, ...body: readonly string[]): string =>
  lines(head('Subject: odd', `Content-Type: ${type}`), '', ...body);
add(
  'a multipart that names no boundary and has no parts',
  partless('multipart/mixed', 'The text of it.', 'And more.'),
  {
    text: 'The text of it.\nAnd more.',
  },
);
add(
  'a multipart whose boundary never comes',
  partless('multipart/alternative; boundary="Apple-1"', 'some text', '', 'more'),
  {
    text: 'some text\n\nmore',
  },
);
add(
  'a multipart that names no boundary and has parts',
  partless(
    'multipart/alternative',
    '--xyz',
    part('text/plain', 'plain words'),
    '--xyz',
    part('text/html', '<p>HTML words</p>'),
    '--xyz--',
  ),
  { text: 'plain words', html: '<p>HTML words</p>' },
);
add('a multipart with nothing but its end', partless('multipart/mixed; boundary=b', '--b--', ''), { text: '' });
add(
  'a multipart without parts, in raw bytes of Windows-1251',
  bytes(
    head('Subject: =?windows-1251?B?z/Do4uXy?=', 'Content-Type: multipart/mixed'),
    '\r\n\r\n',
    [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2],
  ),
  { subject: 'Привет', text: 'Привет' },
);
add(
  'a type that is none, of a file and of the text',
  mixed(
    lines('Content-Type: text', '', 'words'),
    lines('Content-Type: /', 'Content-Disposition: attachment; filename=x.bin', '', 'x'),
  ),
  { text: 'words', attachments: [{ part: '2', filename: 'x.bin', contentType: 'application/octet-stream' }] },
);

export const texts: readonly CorpusMessage[] = mails;
