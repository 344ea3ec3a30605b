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
    alias === 'UTF_8' || alias === 'iso_8859-1:1987' ? { subject: 'alias' } : { text },
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

add(
  'UTF-7 in the text and the subject',
  lines(head('Subject: =?utf-7?Q?Gr+APwA3w-e?=', 'Content-Type: text/plain; charset=utf-7'), '', 'Gr+APwA3w-e'),
  { from: { address: 'ada@contoso.example' } },
);
add(
  'UTF-7 that would be a script',
  lines(head('Subject: s', 'Content-Type: text/html; charset=utf-7'), '', '+ADw-script+AD4-alert(1)+ADw-/script+AD4-'),
  { subject: 's' },
);
add(
  'ISO-2022-KR',
  bytes(
    head('Subject: kr', 'Content-Type: text/plain; charset=iso-2022-kr'),
    '\r\n\r\n',
    [0x1b],
    '$)C',
    [0x0e],
    '0!',
    [0x0f],
  ),
  { subject: 'kr' },
);
add(
  'HZ-GB-2312',
  lines(head('Subject: hz', 'Content-Type: text/plain; charset=hz-gb-2312'), '', 'This is ~{<:Ky2;~} in HZ'),
  { subject: 'hz' },
);
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
  'surrogates written as UTF-8',
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
