import { ada, base64, bytes, type CorpusMessage, chapter, head, lines } from './build.ts';

const { mails: all, add } = chapter();

// Plain mails and their encodings
add('a plain mail', lines(head('Subject: Hello', 'Date: Sun, 01 Mar 2026 10:00:00 +0100'), '', 'Hi'), {
  subject: 'Hello',
  from: ada,
  text: 'Hi',
  html: undefined,
  date: new Date('2026-03-01T09:00:00Z'),
  messageId: '<m@contoso.example>',
  truncated: [],
  attachments: [],
});
add(
  'UTF-8 in 8bit',
  lines(
    head(
      'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
    ),
    '',
    'Grüße aus Köln',
  ),
  { subject: 'Grüße', text: 'Grüße aus Köln' },
);
add(
  'quoted-printable with soft breaks',
  lines(
    head('Subject: q', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable'),
    '',
    'a long =',
    'line =E2=82=AC',
  ),
  { text: 'a long line €' },
);
add(
  'quoted-printable that is broken',
  lines(
    head('Subject: q', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable'),
    '',
    'half =E2=8 and =ZZ and =',
  ),
  { subject: 'q' },
);
add(
  'base64',
  lines(
    head('Subject: b', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64'),
    '',
    base64('Olá, mundo'),
  ),
  { text: 'Olá, mundo' },
);
add(
  'base64 that is cut',
  lines(
    head('Subject: b', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64'),
    '',
    'SGVsbG8gd29yb',
  ),
  { subject: 'b' },
);
add(
  'base64 with foreign characters in it',
  lines(
    head('Subject: b', 'Content-Type: text/plain', 'Content-Transfer-Encoding: base64'),
    '',
    'SGVs*bG8\x07gd2',
    '!9ybGQ=',
  ),
  { text: 'Hello world' },
);
add('an unknown charset', lines(head('Subject: c', 'Content-Type: text/plain; charset=x-klingon'), '', 'qapla'), {
  text: 'qapla',
});
add(
  'an unknown transfer encoding',
  lines(head('Subject: c', 'Content-Type: text/plain', 'Content-Transfer-Encoding: x-rot13'), '', 'uryyb'),
  { text: 'uryyb' },
);
add(
  'ISO-8859-1',
  bytes(
    head('Subject: l', 'Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\nna',
    [0xef],
    've caf',
    [0xe9],
  ),
  { text: 'naïve café' },
);
add(
  'Windows-1252 that calls itself ISO-8859-1',
  bytes(
    head('Subject: l', 'Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\n',
    [0x80],
    '5 ',
    [0x93],
    'quoted',
    [0x94],
  ),
  { text: '€5 “quoted”' },
);
add(
  'KOI8-R',
  bytes(
    head(
      'Subject: =?koi8-r?B?8NLJ18XU?=',
      'Content-Type: text/plain; charset=koi8-r',
      'Content-Transfer-Encoding: 8bit',
    ),
    '\r\n\r\n',
    [0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4],
  ),
  { subject: 'Привет', text: 'Привет' },
);
add(
  'GB18030',
  bytes(
    head(
      'Subject: =?gb18030?B?xOO6ww==?=',
      'Content-Type: text/plain; charset=gb18030',
      'Content-Transfer-Encoding: 8bit',
    ),
    '\r\n\r\n',
    [0xc4, 0xe3, 0xba, 0xc3, 0x95, 0x32, 0x82, 0x36],
  ),
  { subject: '你好', text: '你好𠀀' },
);
add(
  'GB2312 in the subject without an encoding',
  bytes(
    'Message-ID: <g@x.example>\r\nFrom: a@x.example\r\nSubject: ',
    [0xc4, 0xe3, 0xba, 0xc3],
    '\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n',
    [0xc4, 0xe3],
  ),
  { subject: '你好', text: '你' },
);
add(
  'Big5',
  bytes(
    head('Subject: =?big5?B?p0Gmbg==?=', 'Content-Type: text/plain; charset=big5', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\n',
    [0xa7, 0x41, 0xa6, 0x6e],
  ),
  { subject: '你好', text: '你好' },
);
add(
  'ISO-2022-JP',
  bytes(
    head(
      'Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=',
      'Content-Type: text/plain; charset=iso-2022-jp',
      'Content-Transfer-Encoding: 7bit',
    ),
    '\r\n\r\n\x1b$BF|K\\\x1b(B',
  ),
  { subject: '日本', text: '日本' },
);
add(
  'Shift_JIS',
  bytes(
    head('Subject: s', 'Content-Type: text/plain; charset=shift_jis', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\n',
    [0x93, 0xfa, 0x96, 0x7b],
  ),
  { text: '日本' },
);
add(
  'EUC-KR',
  bytes(
    head('Subject: s', 'Content-Type: text/plain; charset=ks_c_5601-1987', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\n',
    [0xc7, 0xd1, 0xb1, 0xdb],
  ),
  { text: '한글' },
);
add(
  'Windows-1256',
  bytes(
    head('Subject: s', 'Content-Type: text/plain; charset=windows-1256', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\n',
    [0xe3, 0xd1, 0xcd, 0xc8, 0xc7],
  ),
  { text: 'مرحبا' },
);
add(
  'UTF-16 in base64',
  lines(
    head('Subject: u', 'Content-Type: text/plain; charset=utf-16le', 'Content-Transfer-Encoding: base64'),
    '',
    base64(Buffer.from('sixteen', 'utf16le')),
  ),
  { text: 'sixteen' },
);
add('UTF-7', lines(head('Subject: u', 'Content-Type: text/plain; charset=utf-7'), '', 'Hi +AKM-1'), { subject: 'u' });
add(
  'UTF-8 that is invalid',
  bytes(
    head('Subject: u', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\nok ',
    [0xff, 0xfe, 0xc3],
    ' end',
  ),
  { subject: 'u' },
);
add(
  '8-bit text without a charset',
  bytes(head('Subject: u', 'Content-Transfer-Encoding: 8bit'), '\r\n\r\nfa', [0xe7], 'ade'),
  { subject: 'u' },
);
add(
  'format=flowed',
  lines(
    head('Subject: f', 'Content-Type: text/plain; charset=us-ascii; format=flowed'),
    '',
    'one paragraph ',
    'on two lines',
    'end',
  ),
  { text: 'one paragraph on two lines\nend' },
);
add(
  'format=flowed with delsp',
  lines(head('Subject: f', 'Content-Type: text/plain; charset=us-ascii; format=flowed; delsp=yes'), '', 'abc ', 'def'),
  { text: 'abcdef' },
);
add('lines that end in LF alone', `${head('Subject: lf').replaceAll('\r\n', '\n')}\n\nbody\nmore`, { subject: 'lf' });
add('a NUL in the text', bytes(head('Subject: n'), '\r\n\r\nbefore', [0], 'after'), { subject: 'n' });
add('a NUL as an encoded word', lines(head('Subject: =?utf-8?B?YQBi?='), '', 'x'), { subject: 'ab' });
add(
  'half a surrogate pair in the text',
  lines(
    head('Subject: s', 'Content-Type: text/plain; charset=utf-16le', 'Content-Transfer-Encoding: base64'),
    '',
    base64(Buffer.from([0x41, 0, 0x3d, 0xd8])),
  ),
  { subject: 's' },
);

add(
  'UTF-8 without a charset',
  bytes(head('Subject: u', 'Content-Transfer-Encoding: 8bit'), '\r\n\r\n', Buffer.from('façade')),
  { text: 'façade' },
);
add(
  'UTF-8 that calls itself ASCII, in quoted-printable',
  lines(
    head('Subject: u', 'Content-Type: text/plain; charset=us-ascii', 'Content-Transfer-Encoding: quoted-printable'),
    '',
    'fa=C3=A7ade',
  ),
  { text: 'façade' },
);
add(
  'Latin-1 without a charset, in base64',
  lines(
    head('Subject: u', 'Content-Type: text/html', 'Content-Transfer-Encoding: base64'),
    '',
    base64(Buffer.from('façade', 'latin1')),
  ),
  { html: 'façade' },
);

// Headers
add('no headers at all', '\r\nonly a body', { from: undefined, subject: '', messageId: undefined });
add('no body at all', lines(head('Subject: none'), ''), { subject: 'none', text: '' });
add('no empty line', head('Subject: endless'), { subject: 'endless', text: '' });
add('no From', lines('Message-ID: <m@x.example>', 'To: alan@contoso.example', 'Subject: anonymous', '', 'x'), {
  from: undefined,
  subject: 'anonymous',
});
add('no To, Date, Subject and Message-ID', lines('From: ada@contoso.example', '', 'x'), {
  to: [],
  subject: '',
  date: undefined,
  messageId: undefined,
});
add('an empty From', lines('Message-ID: <m@x.example>', 'From: ', 'Subject: e', '', 'x'), { from: undefined });
add(
  'two From and two Subject',
  lines(
    'Message-ID: <1@x.example>',
    'From: first@x.example',
    'From: second@x.example',
    'Subject: first',
    'Subject: second',
    '',
    'x',
  ),
  { from: { address: 'first@x.example' }, subject: 'first' },
);
add(
  'two Message-IDs',
  lines('Message-ID: <1@x.example>', 'Message-ID: <2@x.example>', 'From: a@x.example', 'Subject: s', '', 'x'),
  { messageId: '<1@x.example>' },
);
add('a folded Message-ID', lines('Message-ID:', ' <folded@x.example>', 'From: a@x.example', 'Subject: s', '', 'x'), {
  messageId: '<folded@x.example>',
});
add('a folded subject of encoded words', lines(head('Subject: =?utf-8?B?5pel5pys?=', ' =?utf-8?B?6Kqe?='), '', 'x'), {
  subject: '日本語',
});
add(
  'a character split between two encoded words',
  lines(head('Subject: =?utf-8?B?5pel5pw=?= =?utf-8?B?rA==?='), '', 'x'),
  { from: ada },
);
add('an encoded word that is broken', lines(head('Subject: =?utf-8?X?abc?= and =?utf-8?B?'), '', 'x'), { from: ada });
add('an encoded word in a charset nobody knows', lines(head('Subject: =?x-none?Q?abc?='), '', 'x'), { subject: 'abc' });
add(
  'raw UTF-8 in the headers',
  lines('Message-ID: <u@x.example>', 'From: Jürgen <j@x.example>', 'Subject: Grüße', '', 'x'),
  { subject: 'Grüße', from: { name: 'Jürgen', address: 'j@x.example' } },
);
add(
  'Latin-1 in the headers',
  bytes(
    'Message-ID: <l@x.example>\r\nFrom: J',
    [0xfc],
    'rgen <j@x.example>\r\nSubject: Gr',
    [0xfc, 0xdf],
    'e\r\n\r\nx',
  ),
  { subject: 'Grüße', from: { name: 'Jürgen', address: 'j@x.example' } },
);
add('a subject of 20,000 characters', lines(head(`Subject: ${'long '.repeat(4000)}`), '', 'x'), { text: 'x' });
add('a header of 300 KB', lines(head('Subject: big header', `X-Big: ${'x'.repeat(300_000)}`), '', 'after the header'), {
  subject: 'big header',
});
add(
  'five thousand headers',
  lines(head('Subject: many', ...Array.from({ length: 5000 }, (_, n) => `X-${n}: y`)), '', 'x'),
  { subject: 'many' },
);
add(
  'a header line without a colon',
  lines('Message-ID: <m@x.example>', 'this is no header', 'Subject: after it', '', 'x'),
  { messageId: '<m@x.example>' },
);
add('an mbox line on top', lines('From ada@contoso.example Sun Mar  1 10:00:00 2026', head('Subject: mbox'), '', 'x'), {
  subject: 'mbox',
});
add('a comment in the date', lines(head('Subject: d', 'Date: Sun, 1 Mar 2026 10:00:00 +0100 (CET)'), '', 'x'), {
  date: new Date('2026-03-01T09:00:00Z'),
});
add('a date that is none', lines(head('Subject: d', 'Date: the day before yesterday'), '', 'x'), { date: undefined });
add('a date before the age of mail', lines(head('Subject: d', 'Date: Thu, 01 Jan 1601 00:00:00 +0000'), '', 'x'), {
  date: undefined,
});
add(
  'undisclosed recipients',
  lines(
    'Message-ID: <m@x.example>',
    'From: ada@contoso.example',
    'To: undisclosed-recipients:;',
    'Subject: u',
    '',
    'x',
  ),
  { to: [] },
);
add(
  'a group of addresses',
  lines(
    'Message-ID: <m@x.example>',
    'From: ada@contoso.example',
    'To: Team: a@x.example, "B, C" <b@x.example>;, d@x.example',
    'Subject: g',
    '',
    'x',
  ),
  { to: [{ address: 'a@x.example' }, { name: 'B, C', address: 'b@x.example' }, { address: 'd@x.example' }] },
);
add(
  'quoted and encoded names',
  lines(
    'Message-ID: <m@x.example>',
    'From: "Doe, Jane \\"JD\\"" <jane@x.example>',
    'To: =?utf-8?B?546L5bCP5piO?= <wang@x.example>',
    'Subject: n',
    '',
    'x',
  ),
  { from: { name: 'Doe, Jane "JD"', address: 'jane@x.example' }, to: [{ name: '王小明', address: 'wang@x.example' }] },
);
add(
  'a thousand recipients',
  lines(
    'Message-ID: <m@x.example>',
    'From: ada@contoso.example',
    `To: ${Array.from({ length: 1000 }, (_, n) => `p${n}@x.example`).join(',\r\n ')}`,
    'Subject: t',
    '',
    'x',
  ),
  { subject: 't' },
);
add(
  'CR and LF smuggled into a name',
  lines(
    'Message-ID: <m@x.example>',
    'From: =?utf-8?Q?Evil=0D=0ABcc:_x?= <e@x.example>',
    'Subject: =?utf-8?Q?a=0D=0Ab?=',
    '',
    'x',
  ),
  { subject: 'a b' },
);
add(
  'a thread',
  lines(head('Subject: Re: t', 'In-Reply-To: <b@x.example>', 'References: <a@x.example>', '\t<b@x.example>'), '', 'x'),
  { inReplyTo: '<b@x.example>', references: ['<a@x.example>', '<b@x.example>'] },
);
add(
  'references that are no message ids',
  lines(head('Subject: t', 'In-Reply-To: your letter of Monday', 'References: , ;'), '', 'x'),
  { inReplyTo: undefined, references: [] },
);
add(
  'an extreme thread',
  lines(
    head('Subject: t', `References: ${Array.from({ length: 3000 }, (_, n) => `<r${n}@x.example>`).join('\r\n ')}`),
    '',
    'x',
  ),
  { subject: 't' },
);

// Multipart
const alternative = (boundary: string, plain: string, html: string): string =>
  lines(
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    plain,
    `--${boundary}`,
    'Content-Type: text/html; charset=utf-8',
    '',
    html,
    `--${boundary}--`,
    '',
  );
add(
  'text and HTML',
  lines(
    head('Subject: a', 'MIME-Version: 1.0', 'Content-Type: multipart/alternative; boundary=B'),
    '',
    alternative('B', 'plain', '<p>rich</p>'),
  ),
  { text: 'plain', html: '<p>rich</p>', attachments: [] },
);
add(
  'HTML alone',
  lines(
    head('Subject: h', 'MIME-Version: 1.0', 'Content-Type: text/html; charset=utf-8'),
    '',
    '<html><body><p>Only <b>rich</b></p></body></html>',
  ),
  { text: 'Only rich' },
);
const png = base64(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
add(
  'an inline image and an attachment',
  lines(
    head('Subject: i', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=M'),
    '',
    '--M',
    'Content-Type: multipart/related; boundary=R',
    '',
    '--R',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<img src="cid:logo@x">',
    '--R',
    'Content-Type: image/png; name=logo.png',
    'Content-ID: <logo@x>',
    'Content-Disposition: inline; filename=logo.png',
    'Content-Transfer-Encoding: base64',
    '',
    png,
    '--R--',
    '--M',
    'Content-Type: application/pdf',
    'Content-Disposition: attachment; filename="Invoice 1.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    base64('%PDF-1.4'),
    '--M--',
    '',
  ),
  {
    html: '<img src="cid:logo@x">',
    attachments: [
      { part: '1.2', filename: 'logo.png', contentType: 'image/png', inline: true, contentId: 'logo@x' },
      { part: '2', filename: 'Invoice 1.pdf', contentType: 'application/pdf', inline: false },
    ],
  },
);
const withFile = (...headers: readonly string[]): string =>
  lines(
    head('Subject: file', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=M'),
    '',
    '--M',
    'Content-Type: text/plain',
    '',
    'see file',
    '--M',
    ...headers,
    'Content-Transfer-Encoding: base64',
    '',
    base64('file'),
    '--M--',
    '',
  );
const file = (filename: string) => ({ text: 'see file', attachments: [{ part: '2', filename }] });
add(
  'a file name in RFC 2231',
  withFile(
    'Content-Type: application/octet-stream',
    "Content-Disposition: attachment; filename*=utf-8''%E6%97%A5%E6%9C%AC.txt",
  ),
  file('日本.txt'),
);
add(
  'a file name in RFC 2231 pieces',
  withFile(
    'Content-Type: application/octet-stream',
    "Content-Disposition: attachment; filename*0*=utf-8''%E2%82%AC;",
    ' filename*1=" rates";',
    ' filename*2=".txt"',
  ),
  file('€ rates.txt'),
);
add(
  'a file name as an encoded word',
  withFile(
    'Content-Type: application/octet-stream; name="=?utf-8?B?w5xiZXJzaWNodC5wZGY=?="',
    'Content-Disposition: attachment; filename="=?utf-8?B?w5xiZXJzaWNodC5wZGY=?="',
  ),
  file('Übersicht.pdf'),
);
add(
  'a file name that walks out of its folder',
  withFile('Content-Type: application/octet-stream', 'Content-Disposition: attachment; filename="../../etc/passwd"'),
  file('.._.._etc_passwd'),
);
add(
  'a file name that reads backwards',
  withFile(
    'Content-Type: application/octet-stream',
    "Content-Disposition: attachment; filename*=utf-8''invoice%E2%80%AEfdp.exe",
  ),
  file('invoicefdp.exe'),
);
add(
  'a file without a name',
  withFile('Content-Type: application/pdf', 'Content-Disposition: attachment'),
  file('part-2.pdf'),
);
add(
  'a file name of 400 characters',
  withFile('Content-Type: application/pdf', `Content-Disposition: attachment; filename="${'n'.repeat(400)}.pdf"`),
  { text: 'see file' },
);
add(
  'winmail.dat',
  withFile(
    'Content-Type: application/ms-tnef; name="winmail.dat"',
    'Content-Disposition: attachment; filename="winmail.dat"',
  ),
  { text: 'see file', attachments: [{ part: '2', filename: 'winmail.dat', contentType: 'application/ms-tnef' }] },
);
add(
  'a text file as an attachment',
  withFile('Content-Type: text/plain; name=log.txt', 'Content-Disposition: attachment; filename=log.txt'),
  file('log.txt'),
);
add(
  'a disposition nobody knows',
  withFile('Content-Type: image/png', 'Content-Disposition: floating; filename=x.png'),
  file('x.png'),
);
const nested = (depth: number): string => {
  const open = Array.from({ length: depth }, (_, n) =>
    lines(`Content-Type: multipart/mixed; boundary=b${n}`, '', `--b${n}`, ''),
  );
  const close = Array.from({ length: depth }, (_, n) => lines('', `--b${depth - 1 - n}--`));
  return `${open.join('')}Content-Type: text/plain\r\n\r\nat the bottom${close.join('')}\r\n`;
};
for (const depth of [5, 20, 24, 30, 50]) {
  add(`multiparts nested ${depth} deep`, `${head('Subject: deep', 'MIME-Version: 1.0')}\r\n${nested(depth)}`, {
    subject: 'deep',
    from: ada,
    text: 'at the bottom',
  });
}
add('multiparts nested 300 deep', `${head('Subject: very deep', 'MIME-Version: 1.0')}\r\n${nested(300)}`, {
  subject: 'very deep',
  from: ada,
});
add(
  'six hundred parts',
  lines(
    head('Subject: many parts', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=P'),
    '',
    ...Array.from({ length: 600 }, (_, n) =>
      lines('--P', `Content-Type: application/octet-stream; name=f${n}`, 'Content-Disposition: attachment', '', 'x'),
    ),
    '--P--',
    '',
  ),
  { subject: 'many parts' },
);
add(
  'a multipart without its boundary',
  lines(
    head('Subject: lost', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed'),
    '',
    '--B',
    'Content-Type: text/plain',
    '',
    'lost text',
    '--B--',
  ),
  { subject: 'lost' },
);
add(
  'a boundary that never comes',
  lines(
    head('Subject: lost', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=never'),
    '',
    'text in the preamble',
  ),
  { subject: 'lost' },
);
add(
  'a boundary that is never closed',
  lines(
    head('Subject: open', 'MIME-Version: 1.0', 'Content-Type: multipart/alternative; boundary=B'),
    '',
    '--B',
    'Content-Type: text/plain',
    '',
    'still here',
  ),
  { text: 'still here' },
);
add(
  'a boundary with odd characters',
  lines(
    head('Subject: odd', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="=_[(.*)]+?/ x"'),
    '',
    '--=_[(.*)]+?/ x',
    'Content-Type: text/plain',
    '',
    'odd',
    '--=_[(.*)]+?/ x--',
  ),
  { text: 'odd' },
);
add(
  'an inner boundary that begins like the outer',
  lines(
    head('Subject: p', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=B'),
    '',
    '--B',
    'Content-Type: multipart/alternative; boundary=BB',
    '',
    alternative('BB', 'inner', '<p>inner</p>'),
    '--B--',
    '',
  ),
  { text: 'inner' },
);
add(
  'an empty multipart',
  lines(head('Subject: empty', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=B'), '', '--B--', ''),
  { subject: 'empty', text: '' },
);
add(
  'a part without headers',
  lines(
    head('Subject: bare', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=B'),
    '',
    '--B',
    '',
    'bare part',
    '--B--',
    '',
  ),
  { text: 'bare part' },
);
add(
  'text after an attachment',
  lines(
    head('Subject: list', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=B'),
    '',
    '--B',
    'Content-Type: text/plain',
    '',
    'first',
    '--B',
    'Content-Type: image/png',
    '',
    'x',
    '--B',
    'Content-Type: text/plain',
    '',
    'footer',
    '--B--',
    '',
  ),
  { text: 'first\n\nfooter', attachments: [{ part: '2', filename: 'part-2.png' }] },
);
add('a content type that is none', lines(head('Subject: t', 'Content-Type: text'), '', 'x'), { subject: 't' });
add(
  'a content type full of parameters',
  lines(
    head(
      'Subject: t',
      `Content-Type: text/plain; charset=utf-8; ${Array.from({ length: 500 }, (_, n) => `p${n}=${n}`).join('; ')}`,
    ),
    '',
    'x',
  ),
  { text: 'x' },
);
add(
  'a parameter called __proto__',
  lines(head('Subject: t', 'Content-Type: text/plain; __proto__=x; constructor=y; charset=utf-8'), '', 'x'),
  { text: 'x' },
);
add(
  'a forwarded mail as a part',
  lines(
    head('Subject: Fwd', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=B'),
    '',
    '--B',
    'Content-Type: text/plain',
    '',
    'see below',
    '--B',
    'Content-Type: message/rfc822',
    '',
    lines('Message-ID: <inner@x.example>', 'From: other@x.example', 'Subject: inner', '', 'inner text'),
    '--B--',
    '',
  ),
  {
    text: 'see below',
    subject: 'Fwd',
    attachments: [{ part: '2', contentType: 'message/rfc822', filename: 'inner.eml' }],
  },
);
add(
  'a mail that is a mail and nothing else',
  lines(
    head('Subject: wrap', 'MIME-Version: 1.0', 'Content-Type: message/rfc822'),
    '',
    'Subject: inner',
    '',
    'inner text',
  ),
  { subject: 'wrap' },
);
add(
  'a signed mail',
  lines(
    head(
      'Subject: signed',
      'MIME-Version: 1.0',
      'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=S',
    ),
    '',
    '--S',
    'Content-Type: text/plain',
    '',
    'trust me',
    '--S',
    'Content-Type: application/pkcs7-signature; name=smime.p7s',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename=smime.p7s',
    '',
    base64('sig'),
    '--S--',
    '',
  ),
  { text: 'trust me', attachments: [{ part: '2', filename: 'smime.p7s' }] },
);
add(
  'an encrypted mail',
  lines(
    head(
      'Subject: sealed',
      'MIME-Version: 1.0',
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename=smime.p7m',
    ),
    '',
    base64('sealed'),
  ),
  { text: '', attachments: [{ part: '1', filename: 'smime.p7m' }] },
);
add(
  'a digest',
  lines(
    head('Subject: digest', 'MIME-Version: 1.0', 'Content-Type: multipart/digest; boundary=D'),
    '',
    '--D',
    '',
    'Subject: one',
    '',
    'x',
    '--D',
    '',
    'Subject: two',
    '',
    'y',
    '--D--',
    '',
  ),
  { subject: 'digest' },
);
add(
  'HTML that runs scripts',
  lines(
    head('Subject: x', 'Content-Type: text/html; charset=utf-8'),
    '',
    '<p onclick=a()>t</p><script>alert(1)</script>',
  ),
  { subject: 'x' },
);
add(
  'HTML of 100 KB in one line',
  lines(head('Subject: x', 'Content-Type: text/html; charset=utf-8'), '', `<p>${'word '.repeat(20_000)}</p>`),
  { subject: 'x', truncated: [] },
);
add(
  'HTML of ten thousand open tags',
  lines(head('Subject: x', 'Content-Type: text/html; charset=utf-8'), '', '<div>'.repeat(10_000)),
  { subject: 'x' },
);
add(
  'a large attachment before the text',
  lines(
    head('Subject: order', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=B'),
    '',
    '--B',
    'Content-Type: application/zip; name=a.zip',
    'Content-Transfer-Encoding: base64',
    '',
    base64(Buffer.alloc(300_000, 7)),
    '--B',
    'Content-Type: text/plain',
    '',
    'text at last',
    '--B--',
    '',
  ),
  { text: 'text at last', truncated: [], attachments: [{ part: '1', filename: 'a.zip' }] },
);
add(
  'a mail that tries the boundary of our copy',
  lines(
    head('Subject: copy', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=B'),
    '',
    '--B',
    'Content-Type: text/plain',
    '',
    '--=_copy_0-0',
    'Content-Type: text/html',
    '',
    '<b>smuggled</b>',
    '--=_copy_0-0--',
    '--B',
    'Content-Type: application/zip',
    'Content-Transfer-Encoding: base64',
    '',
    base64(Buffer.alloc(200_000, 1)),
    '--B--',
    '',
  ),
  { html: undefined },
);

// Automatic mails
add(
  'an out-of-office answer of Exchange',
  lines(
    head('Subject: Automatic reply: t', 'Auto-Submitted: auto-generated', 'X-Auto-Response-Suppress: All'),
    '',
    'away',
  ),
  { autoReply: true },
);
add('an answer marked by RFC 3834', lines(head('Subject: t', 'Auto-Submitted: auto-replied (vacation)'), '', 'away'), {
  autoReply: true,
});
add('a mail that says it is not automatic', lines(head('Subject: t', 'Auto-Submitted: no'), '', 'x'), {
  autoReply: false,
});
add(
  'a mail that only wants no out-of-office answers',
  lines(head('Subject: t', 'X-Auto-Response-Suppress: OOF'), '', 'x'),
  { autoReply: false },
);
add('a mailing list', lines(head('Subject: t', 'Precedence: list', 'List-Id: <l.x.example>'), '', 'x'), {
  autoReply: false,
});
add('precedence auto_reply', lines(head('Subject: t', 'Precedence: auto_reply'), '', 'x'), { autoReply: true });
const dsn = (returned: readonly string[], ...status: readonly string[]): string =>
  lines(
    'Message-ID: <dsn@x.example>',
    'From: Mail Delivery System <mailer-daemon@x.example>',
    'To: ada@contoso.example',
    'Subject: Undeliverable',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=R',
    '',
    '--R',
    'Content-Type: text/plain',
    '',
    'It did not arrive.',
    '--R',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.x.example',
    '',
    ...status,
    '--R',
    ...returned,
    '--R--',
    '',
  );
const failed = [
  'Final-Recipient: rfc822; nobody@x.example',
  'Action: failed',
  'Status: 5.1.1',
  'Diagnostic-Code: smtp; 550 5.1.1 no such',
  ' user here',
];
const bounce = {
  action: 'failed',
  status: '5.1.1',
  recipient: 'nobody@x.example',
  diagnostic: '550 5.1.1 no such user here',
  originalMessageId: '<orig@contoso.example>',
};
add(
  'a bounce with the mail that came back',
  dsn(
    [
      'Content-Type: message/rfc822',
      '',
      'Message-ID: <orig@contoso.example>',
      'From: ada@contoso.example',
      'Subject: hi',
      '',
      'hi',
    ],
    ...failed,
  ),
  { bounce, autoReply: true, text: 'It did not arrive.' },
);
add(
  'a bounce with the headers that came back',
  dsn(['Content-Type: text/rfc822-headers', '', 'Message-ID: <orig@contoso.example>', 'Subject: hi'], ...failed),
  { bounce },
);
add(
  'a bounce for two of three',
  dsn(
    ['Content-Type: text/rfc822-headers', '', 'Subject: hi'],
    'Final-Recipient: rfc822; ok@x.example',
    'Action: delivered',
    'Status: 2.0.0',
    '',
    ...failed,
  ),
  { bounce: { action: 'failed', recipient: 'nobody@x.example' } },
);
add(
  'a mail that is late',
  dsn(
    ['Content-Type: text/rfc822-headers', '', 'Subject: hi'],
    'Final-Recipient: rfc822;nobody@x.example',
    'Action: Delayed',
    'Status: 4.4.1 (timeout)',
  ),
  { bounce: { action: 'delayed', status: '4.4.1' } },
);
add('a bounce that says nothing', dsn(['Content-Type: text/rfc822-headers', '', ''], 'X-Nothing: here'), {
  bounce: { action: 'failed', status: '', recipient: '' },
});
add(
  'a read receipt',
  lines(
    head(
      'Subject: Read: t',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=disposition-notification; boundary=R',
    ),
    '',
    '--R',
    'Content-Type: text/plain',
    '',
    'read',
    '--R',
    'Content-Type: message/disposition-notification',
    '',
    'Disposition: manual-action/MDN-sent-manually; displayed',
    '--R--',
    '',
  ),
  { autoReply: true, bounce: undefined },
);

// Invitations
const event = (...more: readonly string[]): string =>
  lines(
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'METHOD:REQUEST',
    'BEGIN:VTIMEZONE',
    'TZID:Europe/Berlin',
    'BEGIN:STANDARD',
    'DTSTART:16010101T030000',
    'END:STANDARD',
    'END:VTIMEZONE',
    'BEGIN:VEVENT',
    'UID:u-1@x.example',
    'SUMMARY:Plan\\, then',
    '  do',
    ...more,
    'BEGIN:VALARM',
    'SUMMARY:not this',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
  );
const invitation = (ics: string): string =>
  lines(
    head('Subject: Invitation', 'MIME-Version: 1.0', 'Content-Type: multipart/alternative; boundary=C'),
    '',
    '--C',
    'Content-Type: text/plain',
    '',
    'come',
    '--C',
    'Content-Type: text/calendar; charset=utf-8; method=REQUEST',
    'Content-Transfer-Encoding: base64',
    '',
    base64(ics),
    '--C--',
    '',
  );
add(
  'an invitation with time zones',
  invitation(
    event(
      'DTSTART;TZID="Europe/Berlin":20260301T100000',
      'DTEND:20260301T100000Z',
      'ORGANIZER;CN="Ada: L":mailto:ada@contoso.example',
      'ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=Alan:MAILTO:alan@contoso.example',
      'ATTENDEE:mailto:b@x.example',
    ),
  ),
  {
    text: 'come',
    attachments: [],
    calendar: {
      method: 'REQUEST',
      uid: 'u-1@x.example',
      summary: 'Plan, then do',
      start: '2026-03-01T10:00:00[Europe/Berlin]',
      end: '2026-03-01T10:00:00Z',
      organizer: 'ada@contoso.example',
      attendees: ['alan@contoso.example', 'b@x.example'],
    },
  },
);
add('an invitation for a whole day', invitation(event('DTSTART;VALUE=DATE:20260301')), {
  calendar: { start: '2026-03-01' },
});
add('an invitation in floating time', invitation(event('DTSTART:20260301T100000')), {
  calendar: { start: '2026-03-01T10:00:00' },
});
add('a calendar without an event', invitation(lines('BEGIN:VCALENDAR', 'END:VCALENDAR')), { calendar: undefined });
add('a calendar that is none', invitation('\u0000\u0001 not a calendar : ; : ; ""'), { calendar: undefined });
add(
  'a calendar that is never closed',
  invitation(lines('BEGIN:VCALENDAR', 'METHOD:CANCEL', 'BEGIN:VEVENT', 'UID:open')),
  { calendar: { method: 'CANCEL', uid: 'open' } },
);
add('an invitation as a named file', invitation(event()).replace('method=REQUEST', 'method=REQUEST; name=invite.ics'), {
  calendar: { uid: 'u-1@x.example' },
  attachments: [{ part: '2', filename: 'invite.ics' }],
});

// Nothing and noise
add('an empty message', '', { subject: '', text: '', from: undefined });
add('a single line break', '\r\n', { text: '' });
add('noise', Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 7919 + (n >> 3)) % 256)));
add(
  'noise in a mail',
  bytes(
    head('Subject: noise', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=B'),
    '\r\n\r\n--B\r\n',
    Array.from({ length: 4096 }, (_, n) => 1 + ((n * 7919 + (n >> 3)) % 255)),
    '\r\n--B--',
  ),
  { from: ada },
);

/** The mails that the reader was written against. */
export const messages: readonly CorpusMessage[] = all;
