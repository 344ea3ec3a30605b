import { ada, bytes, type CorpusMessage, chapter, head, lines, multipart } from './build.ts';

const { mails, add } = chapter();

// Made to keep a reader busy, to make it fall over, or to make it say something that is not so.
const nest = (depth: number, open: (n: number) => string, inner: string): string =>
  Array.from({ length: depth }, (_, n) => open(n)).join('') + inner;

add(
  'two thousand multiparts inside each other',
  lines(
    head('Subject: deep'),
    nest(
      2000,
      (n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
      'Content-Type: text/plain\r\n\r\nx',
    ),
  ),
  { subject: 'deep' },
);
add(
  'five hundred mails inside each other',
  lines(
    head('Subject: dolls'),
    nest(500, () => 'Content-Type: message/rfc822\r\n\r\nSubject: x\r\n', '\r\nx'),
  ),
  { subject: 'dolls' },
);
add(
  'multiparts and mails inside each other by turns',
  lines(
    head('Subject: turns'),
    nest(
      200,
      (n) =>
        `Content-Type: multipart/mixed; boundary=t${n}\r\n\r\n--t${n}\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n`,
      '\r\nx',
    ),
  ),
  { subject: 'turns' },
);
add(
  'five thousand empty parts',
  lines(head('Subject: parts', 'Content-Type: multipart/mixed; boundary=b'), '', `${'--b\r\n\r\n'.repeat(5000)}--b--`),
  { subject: 'parts' },
);
add(
  'ten thousand text parts',
  lines(
    head('Subject: parts', 'Content-Type: multipart/mixed; boundary=b'),
    '',
    `${'--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'.repeat(10_000)}--b--`,
  ),
  { subject: 'parts', from: ada, attachments: [], truncated: ['text', 'html', 'structure'] },
);
add(
  'sixty thousand events',
  lines(
    head('Subject: events', 'Content-Type: text/calendar; method=REQUEST'),
    '',
    'BEGIN:VCALENDAR',
    'BEGIN:VEVENT\r\nUID:u\r\nSUMMARY:s\r\nEND:VEVENT\r\n'.repeat(60_000),
  ),
  { subject: 'events', calendar: { uid: 'u', summary: 's' }, truncated: ['structure'] },
);
add(
  'addresses of sixty thousand groups',
  lines('Message-ID: <m@x.example>', 'From: Ada <ada@contoso.example>', `To: ${'g:'.repeat(60_000)};`, '', 'x'),
  { from: ada, text: 'x' },
);
add(
  'five thousand text parts',
  lines(
    head('Subject: parts', 'Content-Type: multipart/mixed; boundary=b'),
    '',
    `${'--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'.repeat(5000)}--b--`,
  ),
  { subject: 'parts' },
);
add(
  'five thousand files',
  lines(
    head('Subject: files', 'Content-Type: multipart/mixed; boundary=b'),
    '',
    `${'--b\r\nContent-Disposition: attachment; filename=a\r\nContent-Type: image/png\r\n\r\nx\r\n'.repeat(5000)}--b--`,
  ),
  { subject: 'files' },
);
add(
  'lines that are nearly a boundary',
  lines(
    head('Subject: nearly', 'Content-Type: multipart/mixed; boundary=bbbb'),
    '',
    '--bbbb',
    '',
    `${'--bbb\r\n'.repeat(50_000)}--bbbb--`,
  ),
  { subject: 'nearly' },
);
add('a hundred thousand headers', lines(head('Subject: many'), 'X-A: b\r\n'.repeat(100_000), 'x'), { subject: 'many' });
add(
  'a subject of ten megabytes',
  lines(
    'Message-ID: <m@contoso.example>',
    'From: Ada <ada@contoso.example>',
    `Subject: ${'x'.repeat(10_000_000)}`,
    '',
    'x',
  ),
  { from: ada },
);
add(
  'a subject of ten thousand encoded words',
  lines(head(`Subject: ${Array.from({ length: 10_000 }, () => '=?utf-8?Q?=C3=BC?=').join('\r\n ')}`), '', 'x'),
  { text: 'x' },
);
add('a header folded fifty thousand times', lines(head(`Subject: a${'\r\n b'.repeat(50_000)}`), '', 'x'), {
  from: ada,
});
add(
  'twenty thousand recipients',
  lines(
    'Message-ID: <m@x.example>',
    'From: Ada <ada@contoso.example>',
    `To: ${Array.from({ length: 20_000 }, (_, n) => `u${n}@x.example`).join(',\r\n ')}`,
    'Subject: all',
    '',
    'x',
  ),
  { subject: 'all' },
);
add(
  'a megabyte of opening parentheses in an address',
  lines('Message-ID: <m@x.example>', `From: ${'('.repeat(100_000)}ada@contoso.example`, 'Subject: comments', '', 'x'),
  { subject: 'comments' },
);
add(
  'a hundred thousand quotes in an address',
  lines('Message-ID: <m@x.example>', `From: ${'"a" '.repeat(50_000)}<ada@contoso.example>`, 'Subject: quotes', '', 'x'),
  { subject: 'quotes' },
);
add(
  'a hundred thousand groups in an address',
  lines('Message-ID: <m@x.example>', `To: ${'g:'.repeat(50_000)}a@x.example;`, 'Subject: groups', '', 'x'),
  { subject: 'groups' },
);
add(
  'a hundred thousand references',
  lines(
    head(`References: ${Array.from({ length: 100_000 }, (_, n) => `<${n}@x>`).join(' ')}`, 'Subject: refs'),
    '',
    'x',
  ),
  { subject: 'refs' },
);
add(
  'a message id of 100 KB',
  lines(`Message-ID: <${'m'.repeat(100_000)}@x.example>`, 'From: Ada <ada@contoso.example>', 'Subject: id', '', 'x'),
  { subject: 'id' },
);
add(
  'ten thousand parameters',
  lines(
    head(
      'Subject: parameters',
      `Content-Type: text/plain${Array.from({ length: 10_000 }, (_, n) => `; p${n}=v`).join('')}`,
    ),
    '',
    'x',
  ),
  { subject: 'parameters' },
);
add('a line of five megabytes', lines(head('Subject: line'), '', 'x'.repeat(5_000_000)), { subject: 'line' });
add('two hundred thousand line breaks', lines(head('Subject: breaks'), '', '\r\n'.repeat(200_000)), {
  subject: 'breaks',
});
add(
  'a megabyte of equals signs in quoted-printable',
  lines(
    head('Subject: qp', 'Content-Type: text/plain', 'Content-Transfer-Encoding: quoted-printable'),
    '',
    '='.repeat(1_000_000),
  ),
  { subject: 'qp' },
);
add(
  'a megabyte of what is not base64',
  lines(
    head('Subject: b64', 'Content-Type: text/plain', 'Content-Transfer-Encoding: base64'),
    '',
    '!-_.*'.repeat(200_000),
  ),
  { subject: 'b64' },
);
add(
  'HTML of a hundred thousand entities',
  lines(head('Subject: entities', 'Content-Type: text/html'), '', '&amp;&#x41;&nosuch;'.repeat(30_000)),
  { subject: 'entities' },
);
add(
  'HTML of a hundred thousand comments',
  lines(head('Subject: comments', 'Content-Type: text/html'), '', `<!--${'<!--x-->'.repeat(50_000)}`),
  { subject: 'comments' },
);
add(
  'HTML of nested tables',
  lines(head('Subject: tables', 'Content-Type: text/html'), '', '<table><tr><td>'.repeat(20_000)),
  { subject: 'tables' },
);
add(
  'HTML with an attribute of a megabyte',
  lines(head('Subject: attribute', 'Content-Type: text/html'), '', `<p title="${'x'.repeat(1_000_000)}">x</p>`),
  { subject: 'attribute' },
);
add(
  'a boundary that fits everything',
  lines(
    head('Subject: empty boundary', 'Content-Type: multipart/mixed; boundary=""'),
    '',
    '--',
    'Content-Type: text/plain',
    '',
    'a few words',
    '----',
  ),
  { subject: 'empty boundary' },
);
add(
  'random bytes for a body',
  bytes(
    head('Subject: noise', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'),
    '\r\n\r\n',
    Array.from({ length: 50_000 }, (_, n) => ((n * 7919 + (n >> 3) * 104_729) >> 2) & 0xff),
  ),
  { subject: 'noise' },
);
add(
  'random bytes for headers',
  bytes(
    'Subject: noise\r\n',
    Array.from({ length: 5000 }, (_, n) => ((n * 7919 + (n >> 3) * 104_729) >> 2) & 0xff),
    '\r\n\r\nx',
  ),
  {},
);
add(
  'random bytes for everything',
  bytes(Array.from({ length: 20_000 }, (_, n) => ((n * 6151 + (n >> 5) * 92_821) >> 3) & 0xff)),
  {},
);
add(
  'names of the prototype everywhere',
  lines(
    'Message-ID: <m@x.example>',
    'From: __proto__ <constructor@x.example>',
    'Subject: toString',
    '__proto__: x',
    'constructor: y',
    'Content-Type: multipart/mixed; boundary=b; __proto__=x; hasOwnProperty=y',
    '',
    multipart('b', lines('Content-Type: text/plain; constructor=z', '__proto__: z', '', 'x')),
  ),
  {
    subject: 'toString',
    from: { name: '__proto__', address: 'constructor@x.example' },
  },
);
add(
  'a bounce made of nothing but headers',
  lines(
    head('Subject: s', 'Content-Type: multipart/report; report-type=delivery-status; boundary=b'),
    '',
    multipart('b', lines('Content-Type: message/delivery-status', '', 'A: b\r\n'.repeat(20_000))),
  ),
  { subject: 's' },
);
add(
  'a calendar of a hundred thousand lines',
  lines(
    head('Subject: s', 'Content-Type: text/calendar'),
    '',
    'BEGIN:VCALENDAR\r\n',
    'BEGIN:VEVENT\r\n'.repeat(100_000),
  ),
  { subject: 's' },
);
add(
  'a flowed text without an end',
  lines(head('Subject: flowed', 'Content-Type: text/plain; format=flowed'), '', 'word \r\n'.repeat(50_000)),
  { subject: 'flowed' },
);
add(
  'quotes a thousand deep',
  lines(
    head('Subject: quotes', 'Content-Type: text/plain; format=flowed'),
    '',
    ...Array.from({ length: 1000 }, (_, n) => `${'>'.repeat(n)} x`),
  ),
  { subject: 'quotes' },
);
add(
  'a date of 100 KB',
  lines(head(`Date: Sun, 01 Mar 2026 10:00:00 ${'('.repeat(100_000)}`, 'Subject: date'), '', 'x'),
  { subject: 'date' },
);

export const hostile: readonly CorpusMessage[] = mails;
