import { base64, bytes, type CorpusMessage, chapter, head, lines, multipart } from './build.ts';

const { mails, add } = chapter();

// What is a file, what is shown within the text, and what is neither.
const part = (type: string, content: string, ...headers: readonly string[]): string =>
  lines(`Content-Type: ${type}`, ...headers, '', content);
const coded = (type: string, ...headers: readonly string[]): string =>
  part(type, base64('data'), ...headers, 'Content-Transfer-Encoding: base64');
const inline = (name: string) => `Content-Disposition: inline; filename="${name}"`;
const attached = (name: string) => `Content-Disposition: attachment; filename="${name}"`;
const id = (own: string) => `Content-ID: <${own}>`;
const text = part('text/plain; charset=utf-8', 'the text');
const html = (body: string): string => part('text/html; charset=utf-8', body);
const mail = (type: string, ...parts: readonly string[]): string =>
  lines(head('Subject: files', 'MIME-Version: 1.0', `Content-Type: ${type}; boundary=b`), '', multipart('b', ...parts));
const nested = (type: string, ...parts: readonly string[]): string =>
  lines(`Content-Type: ${type}; boundary=n`, '', multipart('n', ...parts));

const only = (inlineToo: boolean, more: Readonly<Record<string, unknown>> = {}) => ({
  attachments: [{ inline: inlineToo, ...more }],
});

// Apple Mail marks all files as inline.
for (const [name, type] of [
  ['Invoice-7.pdf', 'application/pdf'],
  ['offer.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['z.zip', 'application/zip'],
  ['photo.jpeg', 'image/jpeg'],
  ['clip.mov', 'video/quicktime'],
  ['notes.txt', 'text/plain'],
  ['page.html', 'text/html'],
  ['me.vcf', 'text/vcard'],
  ['list.csv', 'text/csv'],
] as const) {
  add(
    `an inline ${name} between two texts`,
    mail(
      'multipart/mixed',
      part('text/plain', 'before'),
      coded(`${type}; name="${name}"`, inline(name)),
      part('text/plain', 'after'),
    ),
    only(false, { filename: name, contentType: type }),
  );
  add(
    `an inline ${name} between two pieces of HTML`,
    mail(
      'multipart/alternative',
      text,
      nested(
        'multipart/mixed',
        html('<p>before</p>'),
        coded(`${type}; name="${name}"`, inline(name)),
        html('<p>after</p>'),
      ),
    ),
    only(false, { filename: name }),
  );
}
add(
  'an inline PDF with a Content-ID in a multipart/related that does not name it',
  mail('multipart/related', html('<p>see file</p>'), coded('application/pdf; name=r.pdf', id('pdf1'), inline('r.pdf'))),
  only(false),
);
add(
  'an inline PDF that the HTML names all the same',
  mail('multipart/related', html('<img src="cid:pdf1">'), coded('application/pdf; name=r.pdf', id('pdf1'))),
  only(false),
);
add(
  'a PDF that is all there is',
  lines(
    head('Subject: files', 'Content-Type: application/pdf; name=a.pdf', inline('a.pdf')),
    'Content-Transfer-Encoding: base64',
    '',
    base64('data'),
  ),
  only(false),
);
add(
  'a picture that is all there is',
  lines(
    head('Subject: files', 'Content-Type: image/png; name=a.png', inline('a.png'), id('a')),
    'Content-Transfer-Encoding: base64',
    '',
    base64('data'),
  ),
  only(false),
);

// Pictures: what the HTML shows counts, and nothing else.
const shown: readonly (readonly [string, string, string])[] = [
  ['an image', '<img src="cid:a@x">', 'a@x'],
  ['an image in single quotes', "<img alt=x src='cid:a@x'>", 'a@x'],
  ['an image without quotes', '<img src=cid:a@x width=1>', 'a@x'],
  ['an image in capitals', '<IMG SRC = "CID:a@x">', 'a@x'],
  ['an image with percent signs', '<img src="cid:a%40x">', 'a@x'],
  ['an image with an entity', '<img src="cid:a&#64;x&amp;y">', 'a@x&y'],
  ['an image with spaces in its id', '<img src="cid:image 1.png">', 'image 1.png'],
  ['an image whose address is folded', '<img src="cid:\r\na@x">', 'a@x'],
  ['an image with a closing bracket in its id', '<img src="cid:a)b@x">', 'a)b@x'],
  ['a background', '<td background="cid:a@x">x</td>', 'a@x'],
  ['a style', '<p style="background:url(cid:a@x)">x</p>', 'a@x'],
  ['a style in quotes', "<style>p { background-image: url('cid:a@x') }</style><p>x</p>", 'a@x'],
  ['Outlook’s drawing', '<!--[if mso]><v:imagedata src="cid:a@x"/><![endif]-->', 'a@x'],
  ['a poster', '<video poster="cid:a@x"></video>', 'a@x'],
  ['an image after 60 KB of data', `<img src="data:image/png;base64,${'A'.repeat(60_000)}"><img src="cid:a@x">`, 'a@x'],
];
for (const [index, [name, body, own]] of shown.entries()) {
  const dispositions = [
    ['no disposition', []],
    ['inline', [inline('a.png')]],
    ['attached', [attached('a.png')]],
  ] as const;
  // What the disposition says is the same in all of them.
  for (const [how, headers] of index < 2 ? dispositions : dispositions.slice(0, 1)) {
    add(
      `a picture that is shown by ${name}, and has ${how}`,
      mail('multipart/related', html(body), coded('image/png; name=a.png', id(own), ...headers)),
      only(true, { contentId: own }),
    );
  }
}
const unseen: readonly (readonly [string, string, string])[] = [
  ['no address', '<p>x</p>', 'a@x'],
  ['another address', '<img src="cid:b@x">', 'a@x'],
  ['an address that begins so', '<img src="cid:a@x.example">', 'a@x'],
  ['a link', '<a href="cid:a@x">see</a>', 'a@x'],
  ['words alone', '<p>cid:a@x</p>', 'a@x'],
  ['an address without its end', '<img src="cid:a@x', 'a@x'],
];
for (const [name, body, own] of unseen) {
  for (const [how, headers] of [
    ['inline', [inline('a.png')]],
    ['no disposition', []],
  ] as const) {
    add(
      `a picture that ${name} shows not, and has ${how}`,
      mail('multipart/related', html(body), coded('image/png; name=a.png', id(own), ...headers)),
      only(false, { contentId: own }),
    );
  }
}
add(
  'a picture beside text alone',
  mail('multipart/related', text, coded('image/png; name=a.png', id('a@x'), inline('a.png'))),
  only(false),
);
add(
  'a picture that the text alone names',
  mail(
    'multipart/mixed',
    part('text/plain', 'Regards\r\n[cid:a@x]'),
    coded('image/png; name=a.png', id('a@x'), inline('a.png')),
  ),
  only(false),
);
add(
  'a picture in multipart/mixed that the HTML shows',
  mail('multipart/mixed', html('<img src="cid:a@x">'), coded('image/png', id('a@x'))),
  only(true),
);
add(
  'a picture that calls itself data',
  mail('multipart/related', html('<img src="cid:a@x">'), coded('application/octet-stream; name=logo.PNG', id('a@x'))),
  only(true),
);
add(
  'a picture that calls itself data in odd writing',
  mail('multipart/related', html('<img src="cid:a@x">'), coded('application/octetstream; name=logo.jpg', id('a@x'))),
  only(true),
);
add(
  'data that the HTML shows as a picture',
  mail('multipart/related', html('<img src="cid:a@x">'), coded('application/octet-stream; name=a.exe', id('a@x'))),
  only(false),
);
add(
  'a picture by its location',
  mail('multipart/related', html('<img src="pics/a.png">'), coded('image/png', 'Content-Location: pics/a.png')),
  only(true),
);
add(
  'a picture whose location nothing names',
  mail('multipart/related', html('<p>x</p>'), coded('image/png', 'Content-Location: pics/a.png')),
  only(false),
);
add(
  'a style sheet that the HTML loads',
  mail(
    'multipart/related',
    html('<style>@import url("cid:s@x")</style><p>x</p>'),
    part('text/css', 'p {}', id('s@x'), inline('s.css')),
  ),
  only(true),
);
add(
  'HTML in base64 that shows a picture',
  mail(
    'multipart/related',
    part('text/html; charset=utf-8', base64('<p>Grüße</p><img src="cid:a@x">'), 'Content-Transfer-Encoding: base64'),
    coded('image/png', id('a@x')),
  ),
  only(true),
);
add(
  'HTML in quoted-printable that shows a picture',
  mail(
    'multipart/related',
    part(
      'text/html; charset=utf-8',
      lines('<p>Gr=C3=BC=C3=9Fe</p><img src=3D"ci=', 'd:a@x">'),
      'Content-Transfer-Encoding: quoted-printable',
    ),
    coded('image/png', id('a@x')),
  ),
  only(true),
);
add(
  'HTML in UTF-16 that shows a picture',
  bytes(
    head('Subject: files', 'Content-Type: multipart/related; boundary=b'),
    '\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-16le\r\nContent-Transfer-Encoding: base64\r\n\r\n',
    Buffer.from('<img src="cid:a@x">', 'utf16le').toString('base64'),
    `\r\n--b\r\n${coded('image/png', id('a@x'))}\r\n--b--\r\n`,
  ),
  only(true),
);
add(
  'a picture that the second piece of HTML shows',
  mail('multipart/mixed', html('<p>x</p>'), html('<img src="cid:a@x">'), coded('image/png', id('a@x'))),
  only(true),
);
add(
  'one picture that is shown and one that is not',
  mail(
    'multipart/related',
    html('<img src="cid:a@x">'),
    coded('image/png', id('a@x'), inline('a.png')),
    coded('image/png', id('b@x'), inline('b.png')),
  ),
  {
    attachments: [
      { inline: true, contentId: 'a@x' },
      { inline: false, contentId: 'b@x' },
    ],
  },
);
add(
  'a picture that only a file of HTML shows',
  mail(
    'multipart/mixed',
    text,
    part('text/html', '<img src="cid:a@x">', attached('page.html')),
    coded('image/png', id('a@x'), inline('a.png')),
  ),
  { attachments: [{ inline: false }, { inline: false }] },
);

// Signatures.
const signature = (type: string, name: string | undefined) =>
  coded(
    name === undefined ? type : `${type}; name="${name}"`,
    ...(name === undefined ? [] : [`Content-Disposition: attachment; filename="${name}"`]),
  );
for (const [type, name] of [
  ['application/pkcs7-signature', 'smime.p7s'],
  ['application/x-pkcs7-signature', 'smime.p7s'],
  ['application/pgp-signature', 'OpenPGP_signature.asc'],
  ['application/pgp-signature', 'OpenPGP_signature'],
  ['application/pgp-signature', 'signature.asc'],
  ['application/pgp-signature', undefined],
  ['application/octet-stream', 'smime.p7s'],
] as const) {
  add(
    `a signature of ${type}, named ${name ?? 'nothing'}`,
    mail(`multipart/signed; protocol="${type}"; micalg=sha-256`, text, signature(type, name)),
    { text: 'the text', ...only(true, { signature: true }) },
  );
  add(
    `a signature of ${type}, named ${name ?? 'nothing'}, that a list has moved`,
    mail('multipart/mixed', text, signature(type, name), part('text/plain', 'footer of the list')),
    only(true, { signature: true }),
  );
}
add(
  'a file in a signed mail',
  mail(
    'multipart/signed; protocol="application/pkcs7-signature"',
    nested('multipart/mixed', text, coded('application/pdf', attached('a.pdf'))),
    signature('application/pkcs7-signature', 'smime.p7s'),
  ),
  {
    attachments: [
      { filename: 'a.pdf', inline: false },
      { filename: 'smime.p7s', signature: true },
    ],
  },
);
for (const [type, name] of [
  ['application/pgp-signature', 'plan.pdf.asc'],
  ['application/pkcs7-signature', 'contract.pdf.p7s'],
  ['application/pkcs7-mime', 'contract.pdf.p7m'],
  ['application/pgp-keys', 'OpenPGP_0x1234.asc'],
  ['application/ms-tnef', 'winmail.dat'],
] as const) {
  add(`a file that is called ${name}`, mail('multipart/mixed', text, signature(type, name)), {
    attachments: [{ filename: name, inline: false }],
  });
}

// Mails within mails.
const inner = (subject: string) => lines('From: Bob <bob@x.example>', `Subject: ${subject}`, '', 'inner text');
for (const [subject, filename] of [
  ['Inner one', 'Inner one.eml'],
  ['=?utf-8?Q?Gr=C3=BC=C3=9Fe=3A_a/b?=', 'Grüße: a_b.eml'],
  ['', 'part-2.eml'],
  ['...', 'part-2.eml'],
  [`long ${'x'.repeat(400)}`, `long ${'x'.repeat(191)}.eml`],
] as const) {
  for (const headers of [[], ['Content-Disposition: inline'], ['Content-Disposition: attachment']]) {
    add(
      `a forwarded mail about ${subject.slice(0, 20) || 'nothing'}, ${headers[0] ?? 'without disposition'}`,
      mail('multipart/mixed', text, part('message/rfc822', inner(subject), ...headers)),
      { text: 'the text', ...only(false, { filename }) },
    );
  }
}
add(
  'a forwarded mail that has a name',
  mail('multipart/mixed', text, part('message/rfc822; name="a.eml"', inner('Inner one'))),
  only(false, { filename: 'a.eml' }),
);
add(
  'a digest of mails that have names',
  mail(
    'multipart/mixed',
    text,
    nested('multipart/digest', part('message/rfc822', inner('One')), part('message/rfc822', inner('Two'))),
  ),
  { attachments: [{ filename: 'One.eml' }, { filename: 'Two.eml' }] },
);

// The text, and its other forms.
add('text that has a name', mail('multipart/mixed', part('text/plain; name=body.txt', 'the text')), {
  text: 'the text',
  ...only(true),
});
add(
  'text and HTML that have names',
  mail(
    'multipart/alternative',
    part('text/plain; name=a.txt', 'the text'),
    part('text/html; name=a.html', '<p>the text</p>', inline('a.html')),
  ),
  { text: 'the text', attachments: [{ inline: true }, { inline: true }] },
);
add(
  'HTML that has a name among its pictures',
  mail(
    'multipart/alternative',
    text,
    nested(
      'multipart/related',
      part('text/html; name=body.html', '<img src="cid:a@x">'),
      coded('image/png', id('a@x')),
    ),
  ),
  { attachments: [{ inline: true }, { inline: true }] },
);
for (const type of ['text/x-amp-html', 'text/watch-html', 'text/enriched', 'text/markdown', 'text/rtf']) {
  add(`the text once more as ${type}`, mail('multipart/alternative', text, part(type, 'x'), html('<p>the text</p>')), {
    attachments: [],
  });
}
add(
  'a named invitation among the forms of the text',
  mail(
    'multipart/alternative',
    text,
    part(
      'text/calendar; name=meeting.ics; method=REQUEST',
      lines('BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:u', 'END:VEVENT', 'END:VCALENDAR'),
    ),
  ),
  only(true, { filename: 'meeting.ics' }),
);
add(
  'a file among the forms of the text',
  mail('multipart/alternative', text, coded('application/pdf; name=a.pdf')),
  only(false),
);

export const files: readonly CorpusMessage[] = mails;
