import { base64, bytes, type CorpusMessage, chapter, encode, head, lines, multipart, quoted } from './build.ts';

const { mails, add } = chapter();

// Every charset that mail still comes in, each with words of a language that needs it: in the subject as encoded words
// of both kinds, in the text in one transfer encoding and in the HTML in another.
const words: Readonly<Record<string, string>> = {
  'windows-1250': 'Zażółć gęślą jaźń',
  'windows-1251': 'Съешь ещё этих булок',
  'windows-1252': 'Où est l’œuvre – déjà à 5 €',
  'windows-1253': 'Ξεσκεπάζω την ψυχή',
  'windows-1254': 'Pijamalı hasta yağız şoföre çabucak',
  'windows-1255': 'שלום לכם חברים',
  'windows-1257': 'Įlinkdama fechtuotojo špaga',
  'windows-1258': 'Đă âê ôơ ưđ',
  'iso-8859-2': 'Příliš žluťoučký kůň',
  'iso-8859-3': 'Eĥoŝanĝo ĉiuĵaŭde',
  'iso-8859-4': 'Šī ir glāžšķūņa',
  'iso-8859-5': 'Широкая электрификация',
  'iso-8859-6': 'مرحبا بالعالم',
  'iso-8859-7': 'Καλημέρα κόσμε',
  'iso-8859-8': 'דג סקרן שט בים',
  'iso-8859-10': 'Kæmi ný öxi hér',
  'iso-8859-13': 'Žąsis ėda šieną',
  'iso-8859-14': 'Ŵyth ŷd',
  'iso-8859-15': 'Œuvre à 5 €',
  'iso-8859-16': 'Țara și șoseaua',
  'koi8-u': 'Щастя і добробут',
  'x-mac-cyrillic': 'Здравствуй мир',
  macintosh: 'Ça coûte “cher”',
  ibm866: 'Привет из DOS',
  'windows-874': 'สวัสดีชาวโลก',
  gbk: '你好，世界',
  big5: '你好，世界',
  shift_jis: 'こんにちは世界',
  'euc-jp': 'こんにちは世界',
  'euc-kr': '안녕하세요 세계',
};

for (const [charset, text] of Object.entries(words)) {
  const encoded = encode(charset, text);
  const html = encode(charset, `<p>${text}</p>`);
  const subject = `=?${charset}?B?${encoded.toString('base64')}?= =?${charset.toUpperCase()}?Q?${quoted(encode(charset, ' '))}?= =?${charset}?q?${quoted(encoded)}?=`;
  add(
    `everything in ${charset}`,
    lines(
      head(`Subject: ${subject}`, 'Content-Type: multipart/alternative; boundary=b'),
      '',
      multipart(
        'b',
        lines(
          `Content-Type: text/plain; charset=${charset}`,
          'Content-Transfer-Encoding: quoted-printable',
          '',
          quoted(encoded),
        ),
        lines(`Content-Type: text/html; charset="${charset}"`, 'Content-Transfer-Encoding: base64', '', base64(html)),
      ),
    ),
    { subject: `${text} ${text}`, text, html: `<p>${text}</p>`, truncated: [] },
  );
}

// The same charset under the names that programs give it.
const aliases: readonly (readonly [string, string, string])[] = [
  ['utf8', 'utf-8', 'Grüße'],
  ['UTF_8', 'utf-8', 'Grüße'],
  ['unicode-1-1-utf-8', 'utf-8', 'Grüße'],
  ['cp1252', 'windows-1252', 'Grüße'],
  ['latin1', 'windows-1252', 'Grüße'],
  ['iso8859-1', 'windows-1252', 'Grüße'],
  ['iso_8859-1:1987', 'windows-1252', 'Grüße'],
  ['x-sjis', 'shift_jis', '日本'],
  ['ks_c_5601-1987', 'euc-kr', '한국'],
  ['gb2312', 'gbk', '中国'],
  ['x-gbk', 'gbk', '中国'],
  ['cn-big5', 'big5', '台灣'],
  ['koi', 'koi8-r', 'Россия'],
  ['cp1251', 'windows-1251', 'Россия'],
  ['tis-620', 'windows-874', 'ไทย'],
  ['utf8mb4', 'utf-8', 'Grüße'],
  ['utf_8_sig', 'utf-8', 'Grüße'],
  ['"UTF-8;"', 'utf-8', 'Grüße'],
  ['"iso-10646/utf8"', 'utf-8', 'Grüße'],
  ['x-unicode-2-0-utf-8', 'utf-8', 'Grüße'],
  ['win-1251', 'windows-1251', 'Россия'],
  ['windows1251', 'windows-1251', 'Россия'],
  ['x-cp-1250', 'windows-1250', 'Łódź'],
  ['latin-2', 'iso-8859-2', 'Łódź'],
  ['iso8859_15', 'iso-8859-15', '5 €'],
  ['latin9', 'iso-8859-15', '5 €'],
  ['x-mac-roman', 'macintosh', 'Ça'],
  ['cp866', 'ibm866', 'Привет'],
  ['windows-936', 'gbk', '中国'],
  ['gb_2312-80', 'gbk', '中国'],
  ['big5-hkscs', 'big5', '台灣'],
  ['cp932', 'shift_jis', '日本'],
  ['ms_kanji', 'shift_jis', '日本'],
  ['cp51932', 'euc-jp', '日本'],
  ['uhc', 'euc-kr', '한국'],
];
for (const [alias, charset, text] of aliases) {
  const encoded = charset === 'utf-8' ? Buffer.from(text) : encode(charset, text);
  add(
    `${charset} under the name ${alias}`,
    bytes(
      head('Subject: alias', `Content-Type: text/plain; charset=${alias}`, 'Content-Transfer-Encoding: 8bit'),
      '\r\n\r\n',
      encoded,
    ),
    { text },
  );
}

// Names that say nothing: something readable comes out, and nothing breaks.
for (const charset of [
  'default',
  'unknown-8bit',
  'binary',
  'x-user-defined',
  '8bit',
  'charset',
  '"utf-8;"',
  "'utf-8'",
  '*',
  '',
]) {
  add(
    `text in a charset called ${charset === '' ? 'nothing' : charset}`,
    lines(
      head('Subject: odd charset', `Content-Type: text/plain; charset=${charset}`, 'Content-Transfer-Encoding: base64'),
      '',
      base64('plain words'),
    ),
    { subject: 'odd charset', text: 'plain words' },
  );
}

// Labels that say nothing: UTF-8 is seen, and all else is what the mail says elsewhere, or Windows-1252.
for (const label of ['unknown-8bit', 'x-user-defined', 'us-ascii', '']) {
  const type = `Content-Type: text/plain${label === '' ? '' : `; charset=${label}`}`;
  const called = label === '' ? 'no charset' : `the charset ${label}`;
  add(`UTF-8 in ${called}`, bytes(head('Subject: u', type), '\r\n\r\n', Buffer.from('Grüße aus 北京')), {
    text: 'Grüße aus 北京',
  });
  add(`Latin-1 in ${called}`, bytes(head('Subject: l', type), '\r\n\r\nkalender', [0xe5], 'ret'), {
    text: 'kalenderåret',
  });
  add(
    `KOI8-R in ${called}, as the subject says`,
    bytes(
      head(`Subject: =?koi8-r?B?${encode('koi8-r', 'Привет').toString('base64')}?=`, type),
      '\r\n\r\n',
      encode('koi8-r', 'Привет мир'),
    ),
    { subject: 'Привет', text: 'Привет мир' },
  );
}

// HTML that says its charset itself.
for (const [name, open] of Object.entries({
  'a meta element': '<html><head><meta charset="CHARSET"></head><body>',
  'a meta element of old':
    '<html><head><meta http-equiv="Content-Type" content="text/html; charset=CHARSET"></head><body>',
  'a meta element without quotes': '<META HTTP-EQUIV=Content-Type CONTENT=text/html;charset=CHARSET>',
  'a meta element after a long comment and a style sheet': `<html><head><!-- ${'x'.repeat(5000)} <meta charset=utf-8> --><style>${'p{}'.repeat(2000)}</style><meta charset='CHARSET'/>`,
  'an XML declaration': '<?xml version="1.0" encoding="CHARSET"?><html><body>',
})) {
  for (const [charset, text] of [
    ['windows-1251', 'Привет'],
    ['gb2312', '家居'],
  ] as const) {
    const content = bytes(open.replace('CHARSET', charset), encode(charset, text));
    add(
      `HTML in ${charset} by ${name}`,
      bytes(head('Subject: m', 'Content-Type: text/html', 'Content-Transfer-Encoding: 8bit'), '\r\n\r\n', content),
      { text },
    );
    add(
      `HTML in ${charset} by ${name}, though it is called ASCII, beside a text that says nothing`,
      lines(
        head('Subject: m', 'Content-Type: multipart/alternative; boundary=b'),
        '',
        multipart(
          'b',
          lines(
            'Content-Type: text/plain',
            'Content-Transfer-Encoding: quoted-printable',
            '',
            quoted(encode(charset, text)),
          ),
          lines('Content-Type: text/html; charset=us-ascii', 'Content-Transfer-Encoding: base64', '', base64(content)),
        ),
      ),
      { text },
    );
  }
}
add(
  'HTML whose meta element names a charset that it is not in',
  lines(head('Subject: m', 'Content-Type: text/html'), '', '<meta charset="windows-1251"><p>Grüße</p>'),
  { text: 'Grüße' },
);

// Labels that cannot be true.
const labelled = (label: string, ...content: readonly (string | Buffer | readonly number[])[]): Buffer =>
  bytes(head('Subject: l', `Content-Type: text/plain; charset=${label}`), '\r\n\r\n', ...content);
add(
  'Windows-1252 that calls itself UTF-8',
  labelled('utf-8', 'Gr', [0xfc, 0xdf], 'e ', [0x80], ' aus K', [0xf6], 'ln'),
  {
    text: 'Grüße € aus Köln',
  },
);
add(
  'UTF-8 with a line in Latin-1 below',
  labelled('utf-8', Buffer.from('Grüße aus 北京\r\n--\r\n'), 'Gr', [0xfc, 0xdf], 'e'),
  {
    text: 'Grüße aus 北京\n--\nGrüße',
  },
);
add(
  'KOI8-R that calls itself UTF-8, as the subject says',
  bytes(
    head(
      `Subject: =?koi8-r?B?${encode('koi8-r', 'Привет').toString('base64')}?=`,
      'Content-Type: text/plain; charset=utf-8',
    ),
    '\r\n\r\n',
    encode('koi8-r', 'Привет'),
  ),
  { text: 'Привет' },
);
for (const label of ['iso-8859-1', 'windows-1252', 'koi8-r', 'iso-8859-2', 'gb2312', 'shift_jis', 'utf-16']) {
  add(`UTF-8 that calls itself ${label}`, labelled(label, Buffer.from('Grüße aus 北京, Привет')), {
    text: 'Grüße aus 北京, Привет',
  });
}
add('Shift_JIS that calls itself ISO-2022-JP', labelled('iso-2022-jp', encode('shift_jis', '日本語の本文です')), {
  text: '日本語の本文です',
});
add('UTF-8 as some databases write it', labelled('utf-8', 'x', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], 'y'), {
  text: 'x\u{1F600}y',
});

// Charsets beyond the Encoding Standard.
add('code page 850', labelled('IBM850', 'Gr', [0x81, 0xe1], 'e'), { text: 'Grüße' });
add('code page 437', labelled('cp437', 'caf', [0x82]), { text: 'café' });
add('code page 858 by its number', labelled('ibm00858', '5 ', [0xd5]), { text: '5 €' });
add('code page 852', labelled('cp852', [0x9d, 0xa2], 'd', [0xab]), { text: 'Łódź' });
add('Mac Central European', labelled('x-mac-ce', [0xfc, 0x97], 'd', [0x90]), { text: 'Łódź' });
add(
  'UTF-7 in the text and the subject',
  lines(
    head('Subject: =?utf-7?Q?Gr+APwA3w-e?=', 'Content-Type: text/plain; charset=unicode-1-1-utf-7'),
    '',
    'Gr+APwA3w-e +AKM-1',
  ),
  { subject: 'Grüße', text: 'Grüße £1' },
);
add(
  'UTF-7 that would be a script',
  lines(
    head('Subject: s', 'Content-Type: text/html; charset=utf-7'),
    '',
    '+ADw-script+AD4-alert(1)+ADw-/script+AD4-words',
  ),
  { text: 'words' },
);
add('ISO-2022-KR', labelled('iso-2022-kr', [0x1b], '$)C', [0x0e], '>H3g', [0x0f], ' ok\r\n', [0x0e], '>H3g'), {
  text: '안녕 ok\n안녕',
});
// Nothing but the bytes tells.
for (const [charset, subject, text] of [
  ['gb18030', '季度报告', '您好，请查收附件中的报价单。'],
  ['big5', '季度報告', '您好，請查收附件中的報價單。'],
  ['shift_jis', '報告', '会議は明日の午後三時に変更されました。'],
  ['koi8-r', 'Отчёт', 'Встреча переносится на завтра в 15:00.'],
] as const) {
  const name = encode(charset, `${subject}.pdf`);
  const html = bytes('<p>', encode(charset, text), '</p>');
  add(
    `${charset} that nothing labels, neither text nor subject nor file`,
    bytes(
      lines('Message-ID: <m@contoso.example>', 'From: Ada <ada@contoso.example>', 'Subject: '),
      encode(charset, subject),
      lines('', 'Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/plain', '', ''),
      encode(charset, text),
      lines('', '--b', 'Content-Type: application/pdf', 'Content-Disposition: attachment; filename="'),
      name,
      lines('"', '', 'x', '--b--', ''),
    ),
    { subject, text, attachments: [{ filename: `${subject}.pdf` }] },
  );
  add(
    `${charset} in HTML that names no charset`,
    bytes(head(`Subject: ${charset}`, 'Content-Type: text/html'), '\r\n\r\n', html),
    { text, html: `<p>${text}</p>` },
  );
}

add('ISO-2022-KR without a label', bytes(head('Subject: kr'), '\r\n\r\n', [0x1b], '$)C', [0x0e], '>H3g', [0x0f]), {
  text: '안녕',
});
add('ISO-2022-CN', labelled('iso-2022-cn', [0x1b], '$)A', [0x0e], '<R>S', [0x0f], '!'), { text: '家居!' });
add('HZ-GB-2312', labelled('hz-gb-2312', 'This is ~{<R>S~} in ~~HZ'), { text: 'This is 家居 in ~HZ' });
add('ISO-2022-JP without a label', bytes(head('Subject: jp'), '\r\n\r\n\x1b$BF|K\\\x1b(B ok'), { text: '日本 ok' });
add('ISO-2022-JP that calls itself UTF-8', labelled('utf-8', '\x1b$BF|K\\\x1b(B ok'), { text: '日本 ok' });
add(
  'ISO-2022-JP with half-wide letters and an older standard',
  labelled('iso-2022-jp', '\x1b(I123\x1b(B \x1b$(D0!\x1b(B'),
  {
    text: 'ｱｲｳ 丂',
  },
);

// Headers.
const raw = (charset: string, ...content: readonly (string | Buffer | readonly number[])[]): Buffer =>
  bytes(
    'Message-ID: <m@x.example>\r\nFrom: a@x.example\r\n',
    ...content,
    `\r\nContent-Type: text/plain; charset=${charset}\r\n\r\nx`,
  );
for (const [charset, text] of [
  ['koi8-r', 'Привет'],
  ['windows-1251', 'Привет'],
  ['gbk', '报告'],
  ['big5', '報告'],
  ['shift_jis', '報告'],
  ['euc-kr', '안녕'],
  ['iso-8859-2', 'Łódź'],
] as const) {
  add(
    `a raw subject in ${charset}, the charset of the text`,
    raw(charset, 'Subject: Re: ', encode(charset, text), ' 1'),
    {
      subject: `Re: ${text} 1`,
    },
  );
}
add(
  'a raw subject in the charset that HTML names',
  bytes(
    'From: a@x.example\r\nSubject: ',
    encode('koi8-r', 'Привет'),
    '\r\nContent-Type: text/html\r\n\r\n<meta charset=koi8-r><p>',
    encode('koi8-r', 'мир'),
  ),
  { subject: 'Привет', text: 'мир' },
);
add(
  'a raw subject in UTF-8 and a raw name in Latin-1',
  bytes(
    'From: J',
    [0xfc],
    'rgen <j@x.example>\r\nSubject: ',
    Buffer.from('Grüße'),
    '\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nx',
  ),
  { subject: 'Grüße', from: { name: 'Jürgen', address: 'j@x.example' } },
);
add(
  'raw bytes in an encoded word',
  raw('us-ascii', 'Subject: =?iso-8859-1?Q?Gr', [0xfc, 0xdf], 'e?= =?utf-8?Q?', Buffer.from('Köln'), '?='),
  {
    subject: 'GrüßeKöln',
  },
);
add('raw bytes beside an encoded word', raw('us-ascii', 'Subject: =?koi8-r?B?8NLJ18XU?= ', encode('koi8-r', 'мир')), {
  subject: 'Привет мир',
});
add('an encoded word in UTF-8 that is in truth Windows-1252', raw('utf-8', 'Subject: =?utf-8?Q?Gr=FC=DFe?='), {
  subject: 'Grüße',
});
add(
  'encoded words in charsets beyond the Encoding Standard',
  raw('utf-8', 'Subject: =?ibm850?Q?Gr=81=E1e?= =?x-user-defined?Q?_=E5r?= =?unknown-8bit?Q?_=C3=BC?='),
  {
    subject: 'Grüße år ü',
  },
);
add('a raw subject in ISO-2022-JP', raw('iso-2022-jp', 'Subject: Re: \x1b$BEE;R\x1b(B 1'), { subject: 'Re: 電子 1' });
add('a raw subject in ISO-2022-KR', raw('us-ascii', 'Subject: \x1b$)C\x0e>H3g\x0f'), { subject: '안녕' });
add('a raw name in ISO-2022-JP', bytes('From: \x1b$BEE;R\x1b(B <a@x.example>\r\nSubject: s\r\n\r\nx'), {
  from: { name: '電子', address: 'a@x.example' },
});
const jis = Buffer.from('\x1b$BEE;RF|K\\\x1b(B', 'latin1');
add(
  'ISO-2022-JP that goes on in the next encoded word',
  lines(
    head(
      `Subject: =?ISO-2022-JP?B?${jis.subarray(0, 5).toString('base64')}?=`,
      ` =?iso-2022-jp?B?${jis.subarray(5).toString('base64')}?=`,
    ),
    '',
    'x',
  ),
  { subject: '電子日本' },
);
add(
  'ISO-2022-JP in encoded words that each return to ASCII',
  lines(
    head('Subject: =?iso-2022-jp?B?GyRCRUUbKEI=?=', ' =?iso-2022-jp?B?GyRCO1IbKEI=?= =?iso-2022-jp?Q?_ok?='),
    '',
    'x',
  ),
  { subject: '電子 ok' },
);
add(
  'base64 that goes on in the next encoded word',
  lines(head('Subject: =?utf-8?B?5pel5pys6?= =?utf-8?B?Kqe?=', 'X: y'), '', 'x'),
  { subject: '日本語' },
);
add('a question mark in an encoded word', lines(head('Subject: =?utf-8?Q?Really??= yes'), '', 'x'), {
  subject: 'Really? yes',
});
add('an encoded word that is folded within', lines(head('Subject: =?utf-8?Q?Gr=C3', ' =BC=C3=9Fe?='), '', 'x'), {
  subject: 'Grüße',
});

// Names of files.
const named = (charset: string, name: Buffer | string): Buffer =>
  bytes(
    head('Subject: n', 'Content-Type: multipart/mixed; boundary=b'),
    `\r\n\r\n--b\r\nContent-Type: text/plain; charset=${charset}\r\n\r\nx\r\n--b\r\nContent-Type: application/pdf; name="`,
    name,
    '"\r\nContent-Disposition: attachment;\r\n filename="',
    name,
    '"\r\n\r\nx\r\n--b--\r\n',
  );
for (const [charset, name] of [
  ['iso-8859-1', 'Größe März.pdf'],
  ['gbk', '报告.pdf'],
  ['koi8-r', 'Отчёт.pdf'],
  ['big5', '報告.pdf'],
  ['euc-kr', '보고.pdf'],
] as const) {
  const encoded = encode(charset === 'iso-8859-1' ? 'windows-1252' : charset, name);
  add(`a raw file name in ${charset}`, named(charset, encoded), { attachments: [{ part: '2', filename: name }] });
}
add('a raw file name in UTF-8 beside a text in KOI8-R', named('koi8-r', Buffer.from('Größe.pdf')), {
  attachments: [{ filename: 'Größe.pdf' }],
});
add('a raw file name in ISO-2022-JP', named('iso-2022-jp', '\x1b$BEE;R\x1b(B.pdf'), {
  attachments: [{ filename: '電子.pdf' }],
});
add('a file name in code page 850', named('us-ascii', '=?ibm850?Q?Gr=94=E1e.pdf?='), {
  attachments: [{ filename: 'Größe.pdf' }],
});
add(
  'a file name whose encoded words are one text of ISO-2022-JP',
  named(
    'us-ascii',
    `=?iso-2022-jp?B?${jis.subarray(0, 5).toString('base64')}?= =?iso-2022-jp?B?${jis.subarray(5).toString('base64')}?=.pdf`,
  ),
  {
    attachments: [{ filename: '電子日本.pdf' }],
  },
);
for (const [name, [parameter, filename]] of Object.entries({
  'code page 850, by RFC 2231': ["filename*=ibm850''Gr%94%E1e.pdf", 'Größe.pdf'],
  'a charset nobody knows, by RFC 2231': ["filename*=unknown-8bit''Gr%F6%DFe.pdf", 'Größe.pdf'],
  'UTF-8 cut within a character, by RFC 2231': ["filename*0*=utf-8''Gr%C3;\r\n filename*1*=%B6.pdf", 'Grö.pdf'],
  'ISO-2022-JP, by RFC 2231': ["filename*=iso-2022-jp''%1B%24BEE%3BR%1B%28B.pdf", '電子.pdf'],
  'GB2312, by RFC 2231': ["filename*=gb2312''%B1%A8%B8%E6.pdf", '报告.pdf'],
  'Windows-1252 that calls itself UTF-8': ['filename="=?utf-8?Q?Gr=F6=DFe.pdf?="', 'Größe.pdf'],
  'encoded words of two kinds': ['filename="=?utf-8?B?5oql5ZGK?= =?utf-8?Q?=2Epdf?="', '报告.pdf'],
  'an encoded word without quotes': ['filename==?koi8-r?Q?=EF=D4=DE=A3=D4.pdf?=', 'Отчёт.pdf'],
})) {
  add(
    `a file name in ${name}`,
    lines(
      head('Subject: n', 'Content-Type: multipart/mixed; boundary=b'),
      '',
      multipart(
        'b',
        'Content-Type: text/plain\r\n\r\nx',
        `Content-Type: application/pdf\r\nContent-Disposition: attachment; ${parameter}\r\n\r\nx`,
      ),
    ),
    { attachments: [{ part: '2', filename: filename ?? '' }] },
  );
}

add(
  'UTF-16LE without a mark',
  lines(
    head('Subject: u16', 'Content-Type: text/plain; charset=utf-16le', 'Content-Transfer-Encoding: base64'),
    '',
    base64(Buffer.from('Grüße', 'utf16le')),
  ),
  { text: 'Grüße' },
);
add(
  'UTF-32, which nobody reads',
  lines(
    head('Subject: u32', 'Content-Type: text/plain; charset=utf-32', 'Content-Transfer-Encoding: base64'),
    '',
    base64(Buffer.from([0xff, 0xfe, 0, 0, 0x47, 0, 0, 0])),
  ),
  { subject: 'u32' },
);
add(
  'UTF-8 with a byte order mark',
  bytes(head('Subject: bom', 'Content-Type: text/plain; charset=utf-8'), '\r\n\r\n', [0xef, 0xbb, 0xbf], 'text'),
  { text: 'text' },
);
add(
  'overlong UTF-8',
  bytes(
    head('Subject: overlong', 'Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\n<p>a',
    [0xc0, 0xaf, 0xe0, 0x80, 0xaf, 0xf0, 0x80, 0x80, 0xaf],
    '../',
    [0xc0, 0xbc],
    'script',
    [0xc0, 0xbe],
    '</p>',
  ),
  { subject: 'overlong' },
);
add(
  'surrogates written as UTF-8, and half of one',
  bytes(
    head('Subject: cesu', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\nx',
    [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
    'y',
    [0xed, 0xa0, 0xbd],
  ),
  { subject: 'cesu' },
);
add(
  'UTF-8 that ends in the middle of a character',
  bytes(head('Subject: half', 'Content-Type: text/plain; charset=utf-8'), '\r\n\r\nhalf ', [0xf0, 0x9f, 0x98]),
  { subject: 'half' },
);
add(
  'UTF-8 in a text that says it is KOI8-R',
  lines(
    head('Subject: lie', 'Content-Type: text/plain; charset=koi8-r', 'Content-Transfer-Encoding: 8bit'),
    '',
    'Привет',
  ),
  { subject: 'lie' },
);
add(
  'a charset named twice',
  lines(
    head(
      'Subject: twice',
      'Content-Type: text/plain; charset=utf-8; charset=koi8-r',
      'Content-Transfer-Encoding: 8bit',
    ),
    '',
    'Grüße',
  ),
  { subject: 'twice' },
  { contradictory: true },
);
add(
  'HTML whose own meta says another charset',
  lines(
    head('Subject: meta', 'Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: 8bit'),
    '',
    '<html><head><meta charset="iso-8859-1"></head><body>Grüße</body></html>',
  ),
  { text: 'Grüße' },
);

export const charsets: readonly CorpusMessage[] = mails;
