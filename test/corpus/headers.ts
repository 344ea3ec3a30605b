import { ada, bytes, type CorpusMessage, chapter, head, lines, multipart } from './build.ts';

const { mails, add } = chapter();

// RFC 2047, bent in every way that has been seen, and what a reader shows.
const subjects: readonly (readonly [string, string, string | undefined])[] = [
  ['encoded words with no space between', '=?utf-8?Q?a?==?utf-8?Q?b?=', undefined],
  ['encoded words with text on both sides', 'x =?utf-8?Q?=C3=BC?= y', 'x ü y'],
  ['encoded words glued to text', 'Re:=?utf-8?Q?=C3=BC?=', undefined],
  ['two words and a space between them', '=?utf-8?Q?a?= =?utf-8?Q?b?=', 'ab'],
  ['underscores for spaces', '=?utf-8?Q?a_b=5Fc?=', 'a b_c'],
  ['spaces inside an encoded word', '=?utf-8?Q?a b c?=', 'a b c'],
  ['a language tag (RFC 2231)', '=?utf-8*en?Q?col=C3=B6r?=', 'colör'],
  ['base64 without padding', '=?utf-8?B?R3LDvMOfZQ?=', 'Grüße'],
  ['base64 with too much padding', '=?utf-8?B?R3LDvMOfZQ====?=', 'Grüße'],
  ['base64 in the URL alphabet', '=?utf-8?B?w7_Dvg-_?=', undefined],
  ['an encoding that is neither B nor Q', '=?utf-8?X?abc?=', undefined],
  ['an encoded word without its end', '=?utf-8?Q?never ends', undefined],
  ['an encoded word of nothing', '=?utf-8?Q??=', ''],
  ['an encoded word in an encoded word', '=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=', '=?utf-8?Q?x?='],
  ['an encoded NUL', '=?utf-8?Q?a=00b?=', 'ab'],
  ['an encoded line break', '=?utf-8?Q?a=0D=0ABcc:_evil@x.example?=', 'a Bcc: evil@x.example'],
  ['a charset of nothing', '=??Q?abc?=', undefined],
  ['lower case of everything', '=?utf-8?q?=c3=bc?=', 'ü'],
  ['a broken escape', '=?utf-8?Q?100=25_=zz_=4?=', undefined],
  ['words in two charsets', '=?utf-8?Q?=C3=BC?= =?iso-8859-1?Q?=FC?=', 'üü'],
  ['a word of 2,000 characters', `=?utf-8?Q?${'a'.repeat(2000)}?=`, 'a'.repeat(2000)],
  ['a word that is folded inside', '=?utf-8?Q?a=20\r\n b?=', undefined],
  ['directions and joiners', '=?utf-8?B?4oCueHl64oCs8J+RqOKAjfCfkac=?=', undefined],
];
for (const [name, subject, shown] of subjects) {
  add(
    `a subject of ${name}`,
    lines(head(`Subject: ${subject}`), '', 'x'),
    shown === undefined ? { from: ada, text: 'x' } : { subject: shown, text: 'x' },
  );
}

// Names of files: RFC 2231, and what stands in for it.
const filenames: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['ten pieces in order', Array.from({ length: 10 }, (_, n) => `filename*${n}="${n}"`), '0123456789'],
  [
    'eleven pieces of which the last is .txt',
    [...Array.from({ length: 11 }, (_, n) => `filename*${n}=${n}`), 'filename*11=.txt'],
    '012345678910.txt',
  ],
  ['pieces in any order', ['filename*1=b', 'filename*2=.txt', 'filename*0=a'], 'ab.txt'],
  ['pieces with and without an encoding', ["filename*0*=utf-8''Gr%C3%BC", 'filename*1="sse.txt"'], 'Grüsse.txt'],
  ['pieces without the first', ['filename*1=b', 'filename*2=.txt'], undefined],
  ['an encoding without a charset', ["filename*=''plain.txt"], undefined],
  ['an encoding nobody knows', ["filename*=x-none''abc.txt"], undefined],
  ['a language too', ["filename*=utf-8'de'Gr%C3%BC%C3%9Fe.txt"], 'Grüße.txt'],
  ['broken percent signs', ["filename*=utf-8''100%.txt"], undefined],
  [
    'both kinds, of which the encoded one counts',
    ['filename="fallback.txt"', "filename*=utf-8''r%C3%A9al.txt"],
    undefined,
  ],
  ['a name in ISO-8859-1', ["filename*=iso-8859-1''caf%E9.txt"], 'café.txt'],
  ['a name without quotes and with spaces', ['filename=two words.txt'], undefined],
  ['an encoded word in quotes', ['filename="=?utf-8?B?R3LDvMOfZS50eHQ=?="'], 'Grüße.txt'],
  ['an encoded NUL', ["filename*=utf-8''a%00b.txt"], undefined],
  ['an encoded slash', ["filename*=utf-8''..%2F..%2Fetc%2Fpasswd"], undefined],
  ['two names', ['filename=a.txt', 'filename=b.txt'], undefined],
  ['a hundred pieces', Array.from({ length: 100 }, (_, n) => `filename*${n}=x`), 'x'.repeat(100)],
];
for (const [name, parameters, filename] of filenames) {
  add(
    `a file name of ${name}`,
    lines(
      head('Subject: file', 'Content-Type: multipart/mixed; boundary=b'),
      '',
      multipart(
        'b',
        lines('Content-Type: text/plain', '', 'see the file'),
        lines(
          'Content-Type: application/octet-stream',
          lines('Content-Disposition: attachment;', ` ${parameters.join(';\r\n ')}`),
          '',
          'data',
        ),
      ),
    ),
    { text: 'see the file', attachments: [filename === undefined ? { part: '2' } : { part: '2', filename }] },
  );
}

// People.
const senders: readonly (readonly [string, string, unknown])[] = [
  [
    'an address in the display name',
    '"ada@contoso.example" <eve@x.example>',
    { name: 'ada@contoso.example', address: 'eve@x.example' },
  ],
  ['a name in comments', 'ada@contoso.example (Ada Lovelace)', { address: 'ada@contoso.example' }],
  [
    'quotes inside quotes',
    '"Ada \\"the first\\" L" <ada@contoso.example>',
    { name: 'Ada "the first" L', address: 'ada@contoso.example' },
  ],
  [
    'a comma in the name',
    '"Lovelace, Ada" <ada@contoso.example>',
    { name: 'Lovelace, Ada', address: 'ada@contoso.example' },
  ],
  [
    'a comma without quotes',
    'Lovelace, Ada <ada@contoso.example>',
    { name: 'Lovelace, Ada', address: 'ada@contoso.example' },
  ],
  ['no address at all', 'Ada', { name: 'Ada', address: '' }],
  ['angle brackets without an end', 'Ada <ada@contoso.example', { name: 'Ada', address: 'ada@contoso.example' }],
  ['two addresses', 'a@x.example, b@x.example', { address: 'a@x.example' }],
  ['nothing', '', undefined],
  ['an address in Unicode (RFC 6532)', '用户 <用户@例子.公司>', { name: '用户', address: '用户@例子.公司' }],
  ['a domain in punycode', 'a@xn--mnchen-3ya.example', { address: 'a@xn--mnchen-3ya.example' }],
  ['spaces in the address', '<ada @ contoso . example>', { address: 'ada@contoso.example' }],
  ['an IP address', 'ada@[192.0.2.1]', { address: 'ada@[192.0.2.1]' }],
  ['a route (RFC 822)', '<@relay.example:ada@contoso.example>', { address: 'ada@contoso.example' }],
  ['control characters', 'A\u0001da\u0007 <ada@contoso.example>', undefined],
  ['a local part in quotes', '"ada lovelace"@contoso.example', { address: '"ada lovelace"@contoso.example' }],
];
for (const [name, from, wanted] of senders) {
  add(
    `a sender with ${name}`,
    lines('Message-ID: <m@x.example>', `From: ${from}`, 'Subject: s', '', 'x'),
    wanted === undefined ? { subject: 's', text: 'x' } : { from: wanted },
  );
}

// Dates.
const dates: readonly (readonly [string, string, Date | undefined])[] = [
  ['the zone CET', 'Sun, 01 Mar 2026 10:00:00 CET', new Date('2026-03-01T09:00:00Z')],
  ['the zone CEST', 'Sun, 01 Mar 2026 10:00:00 CEST', new Date('2026-03-01T08:00:00Z')],
  ['a zone of three countries', 'Sun, 01 Mar 2026 10:00:00 IST', undefined],
  ['a month as a number', 'Sun, 01 03 2026 10:00:00 +0000', undefined],
  ['slashes', '03/01/2026 10:00:00 +0000', undefined],
  ['a zone by its name', 'Sun, 01 Mar 2026 10:00:00 EST', new Date('2026-03-01T15:00:00Z')],
  ['no seconds', 'Sun, 01 Mar 2026 10:00 +0000', new Date('2026-03-01T10:00:00Z')],
  ['no day of the week', '1 Mar 2026 10:00:00 +0000', new Date('2026-03-01T10:00:00Z')],
  ['the wrong day of the week', 'Mon, 01 Mar 2026 10:00:00 +0000', new Date('2026-03-01T10:00:00Z')],
  ['a comment', 'Sun, 01 Mar 2026 10:00:00 +0000 (GMT)', new Date('2026-03-01T10:00:00Z')],
  ['the year 26', 'Sun, 01 Mar 26 10:00:00 +0000', new Date('2026-03-01T10:00:00Z')],
  ['the year 12026', 'Sun, 01 Mar 12026 10:00:00 +0000', undefined],
  ['ISO 8601', '2026-03-01T10:00:00Z', new Date('2026-03-01T10:00:00Z')],
  ['day 31 of February', 'Tue, 31 Feb 2026 10:00:00 +0000', undefined],
  ['a zone of +9999', 'Sun, 01 Mar 2026 10:00:00 +9999', undefined],
  ['months in German', 'So, 01 Mär 2026 10:00:00 +0100', undefined],
];
for (const [name, date, wanted] of dates) {
  add(`a date with ${name}`, lines(head(`Date: ${date}`, 'Subject: d'), '', 'x'), { subject: 'd', date: wanted });
}

add('headers with spaces before the colon', lines('Subject : spaced', 'From: Ada <ada@contoso.example>', '', 'x'), {
  from: ada,
});
add(
  'headers in capitals',
  lines('MESSAGE-ID: <m@x.example>', 'FROM: Ada <ada@contoso.example>', 'SUBJECT: loud', '', 'x'),
  {
    from: ada,
    subject: 'loud',
  },
);
add('the same subject twice', lines(head('Subject: first', 'Subject: second'), '', 'x'), { text: 'x' });
add('a subject that is folded at every word', lines(head('Subject: one', ' two', '\tthree', '  four'), '', 'x'), {
  subject: 'one two three  four',
});
add('a line of blanks between the headers', lines(head('Subject: s'), ' ', 'X-After: y', '', 'x'), { from: ada });
add('NUL in the headers', bytes('From: Ada <ada@contoso.example>\r\nSubject: a', [0], 'b\r\n\r\nx'), { text: 'x' });
add(
  'every control character in a header',
  bytes(
    head('Subject: c'),
    '\r\nX-Controls: ',
    Array.from({ length: 31 }, (_, n) => (n === 9 || n === 12 ? 32 : n + 1)),
    '\r\n\r\nx',
  ),
  {
    subject: 'c',
  },
);
add('line ends of LF alone', head('Subject: lf', '', 'first', 'second').replaceAll('\r\n', '\n'), {
  subject: 'lf',
  from: ada,
});
add(
  'a message id without brackets',
  lines('Message-ID: bare@x.example', 'From: Ada <ada@contoso.example>', 'Subject: s', '', 'x'),
  {
    messageId: 'bare@x.example',
  },
);
add('a message id in two lines', lines('Message-ID:', ' <folded@x.example>', 'Subject: s', '', 'x'), {
  messageId: '<folded@x.example>',
});

export const headers: readonly CorpusMessage[] = mails;
