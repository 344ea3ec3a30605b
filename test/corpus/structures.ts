import { base64, bytes, type CorpusMessage, chapter, head, lines, multipart } from './build.ts';

const { mails, add } = chapter();

const part = (type: string, ...content: readonly string[]): string => lines(`Content-Type: ${type}`, '', ...content);
const text = part('text/plain; charset=utf-8', 'the text');
const html = part('text/html; charset=utf-8', '<p>the text</p>');
const mail = (type: string, body: string, ...more: readonly string[]): string =>
  lines(head('Subject: structure', 'MIME-Version: 1.0', `Content-Type: ${type}`, ...more), '', body);
const file = (name: string, type = 'application/octet-stream', disposition = 'attachment') =>
  lines(
    `Content-Type: ${type}`,
    `Content-Disposition: ${disposition}; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    base64('data'),
  );
const image = (id: string, name = 'a.png') =>
  lines(
    `Content-Type: image/png; name="${name}"`,
    `Content-ID: <${id}>`,
    'Content-Disposition: inline',
    'Content-Transfer-Encoding: base64',
    '',
    'iVBORw0KGgo=',
  );

add(
  'what Outlook sends: related in mixed, alternative in related',
  mail(
    'multipart/mixed; boundary=m',
    multipart(
      'm',
      part(
        'multipart/related; boundary=r',
        multipart(
          'r',
          part(
            'multipart/alternative; boundary=a',
            multipart('a', text, part('text/html', '<p>the text</p><img src="cid:image001.png@01DA">')),
          ),
          image('image001.png@01DA'),
        ),
      ),
      file('plan.docx'),
    ),
  ),
  {
    text: 'the text',
    html: '<p>the text</p><img src="cid:image001.png@01DA">',
    attachments: [
      { part: '1.2', inline: true, contentId: 'image001.png@01DA' },
      { part: '2', filename: 'plan.docx', inline: false },
    ],
  },
);
add(
  'what Apple Mail sends: text, file, text',
  mail(
    'multipart/mixed; boundary=m',
    multipart(
      'm',
      part('text/plain', 'before'),
      file('photo.jpg', 'image/jpeg', 'inline'),
      part('text/plain', 'after'),
    ),
  ),
  { attachments: [{ filename: 'photo.jpg', inline: false }] },
);
add(
  'the same image twice',
  mail(
    'multipart/related; boundary=r',
    multipart(
      'r',
      part('text/html', '<img src="cid:a@x"><img src="cid:a@x">'),
      image('a@x', 'a.png'),
      image('a@x', 'b.png'),
    ),
  ),
  { attachments: [{ contentId: 'a@x' }, { contentId: 'a@x' }] },
);
add(
  'an image by its location',
  mail(
    'multipart/related; boundary=r',
    multipart(
      'r',
      part('text/html', '<img src="a.png">'),
      lines(
        'Content-Type: image/png',
        'Content-Location: a.png',
        'Content-Transfer-Encoding: base64',
        '',
        'iVBORw0KGgo=',
      ),
    ),
  ),
  {
    attachments: [{ contentType: 'image/png' }],
  },
);
const kinds: readonly (readonly [string, string])[] = [
  ['multipart/parallel', 'parallel'],
  ['multipart/x-nobody-knows', 'a kind nobody knows'],
  ['MULTIPART/MIXED', 'capitals'],
  ['multipart/mixed; charset=utf-8', 'a charset'],
  ['multipart/form-data', 'form data'],
  ['multipart/appledouble', 'appledouble'],
  ['multipart/byteranges', 'byteranges'],
];
for (const [type, name] of kinds)
  add(`a multipart of ${name}`, mail(`${type}; boundary=b`, multipart('b', text, file('a.bin'))), {
    attachments: [{ part: '2', filename: 'a.bin' }],
  });

const boundaries: readonly (readonly [string, string, string])[] = [
  ['seventy characters', 'x'.repeat(70), `"${'x'.repeat(70)}"`],
  ['two hundred characters', 'x'.repeat(200), `"${'x'.repeat(200)}"`],
  ['spaces inside', 'a b', '"a b"'],
  ['every sign that is allowed', "'()+_,-./:=?", `"'()+_,-./:=?"`],
  ['dashes', '----', '"----"'],
  ['one character', 'b', 'b'],
  ['the letters of another language', 'gr\u00fcn', '"gr\u00fcn"'],
];
for (const [name, boundary, written] of boundaries) {
  add(`a boundary of ${name}`, mail(`multipart/mixed; boundary=${written}`, multipart(boundary, text, file('a.bin'))), {
    subject: 'structure',
  });
}
add(
  'blanks after a boundary',
  mail('multipart/mixed; boundary=b', lines('--b  ', text, '--b\t', file('a.bin'), '--b-- ')),
  { text: 'the text', attachments: [{ filename: 'a.bin' }] },
);
add(
  'text before and after the parts',
  mail('multipart/mixed; boundary=b', lines('This is a message in MIME format.', multipart('b', text), 'an epilogue')),
  { text: 'the text' },
);
add(
  'no MIME-Version',
  lines(
    head('Subject: structure', 'Content-Type: multipart/mixed; boundary=b'),
    '',
    multipart('b', text, file('a.bin')),
  ),
  { attachments: [{ filename: 'a.bin' }] },
);
add('a boundary in single quotes', mail("multipart/mixed; boundary='b'", multipart("'b'", text)), {
  subject: 'structure',
});
add('two boundaries in the header', mail('multipart/mixed; boundary=b; boundary=c', multipart('b', text)), {
  subject: 'structure',
});
add('a comment in the content type', mail('multipart/mixed (what else); boundary=b (really)', multipart('b', text)), {
  subject: 'structure',
});
add('a content type that is folded', mail('multipart/mixed;\r\n\tboundary="b"', multipart('b', text, file('a.bin'))), {
  text: 'the text',
  attachments: [{ filename: 'a.bin' }],
});
add('a content type of nonsense', mail(';;;=/', 'text all the same'), { subject: 'structure' });
add(
  'two content types',
  lines(head('Subject: structure', 'Content-Type: text/plain', 'Content-Type: text/html'), '', '<p>x</p>'),
  { subject: 'structure' },
);
add(
  'parts with LF alone',
  mail('multipart/mixed; boundary=b', multipart('b', text, file('a.bin'))).replaceAll('\r\n', '\n'),
  { text: 'the text', attachments: [{ filename: 'a.bin' }] },
);
add('an attachment that is not closed', mail('multipart/mixed; boundary=b', lines('--b', text, '--b', file('a.bin'))), {
  text: 'the text',
  attachments: [{ filename: 'a.bin' }],
});
add(
  'parts after the end',
  mail('multipart/mixed; boundary=b', lines(multipart('b', text), '--b', file('late.bin'), '--b--')),
  { text: 'the text' },
);
add(
  'an outer boundary inside an inner part',
  mail(
    'multipart/mixed; boundary=o',
    lines('--o', 'Content-Type: multipart/mixed; boundary=i', '', '--i', text, '--o', file('a.bin'), '--o--'),
  ),
  { subject: 'structure' },
);
add(
  'an inner boundary like the outer',
  mail(
    'multipart/mixed; boundary=b',
    multipart('b', part('multipart/alternative; boundary=b', multipart('b', text, html))),
  ),
  { subject: 'structure' },
);

for (const [type, content] of [
  ['text/enriched', '<bold>Now</bold> is the time'],
  ['text/richtext', '<bold>Now</bold>'],
  ['text/rtf', '{\\rtf1 hello}'],
  ['text/markdown', '# hello'],
  ['text/x-amp-html', '<!doctype html><html amp4email>'],
  ['text/vcard', 'BEGIN:VCARD\r\nEND:VCARD'],
  ['text/csv', 'a,b'],
  ['message/partial; id="x"; number=1; total=2', 'Subject: half'],
  ['message/external-body; access-type=URL; URL="https://x.example/f"', 'Content-Type: image/png'],
  ['message/global', 'Subject: inner\r\n\r\nx'],
  ['application/rtf', '{\\rtf1}'],
  ['model/vrml', 'x'],
  ['x-private/thing', 'x'],
] as const) {
  add(`a mail that is ${type.split(';')[0]} alone`, mail(type, content), { subject: 'structure' });
  add(
    `a mail with a part of ${type.split(';')[0]}`,
    mail('multipart/mixed; boundary=b', multipart('b', text, part(type, content))),
    { text: 'the text' },
  );
}
add(
  'AMP between text and HTML',
  mail(
    'multipart/alternative; boundary=b',
    multipart('b', text, part('text/x-amp-html', '<html amp4email></html>'), html),
  ),
  { text: 'the text', html: '<p>the text</p>' },
);

// Things that carry something else.
add(
  'a mail signed by S/MIME as a whole',
  mail(
    'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"',
    base64('ASN.1'),
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="smime.p7m"',
  ),
  {
    attachments: [{ part: '1', filename: 'smime.p7m' }],
  },
);
add(
  'a mail encrypted by S/MIME',
  mail(
    'application/x-pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
    base64('ASN.1'),
    'Content-Transfer-Encoding: base64',
  ),
  { attachments: [{ filename: 'smime.p7m' }] },
);
add(
  'a mail signed by PGP/MIME',
  mail(
    'multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature"; boundary=b',
    multipart(
      'b',
      text,
      lines(
        'Content-Type: application/pgp-signature; name="signature.asc"',
        '',
        '-----BEGIN PGP SIGNATURE-----',
        '-----END PGP SIGNATURE-----',
      ),
    ),
  ),
  {
    text: 'the text',
    attachments: [{ filename: 'signature.asc' }],
  },
);
add(
  'a mail signed by PGP in its text',
  mail(
    'text/plain',
    lines(
      '-----BEGIN PGP SIGNED MESSAGE-----',
      'Hash: SHA256',
      '',
      '- -- the text',
      '-----BEGIN PGP SIGNATURE-----',
      '',
      'x',
      '-----END PGP SIGNATURE-----',
    ),
  ),
  { subject: 'structure' },
);
add(
  'a mail encrypted by PGP in its text',
  mail('text/plain', lines('-----BEGIN PGP MESSAGE-----', '', 'hQEMA', '-----END PGP MESSAGE-----')),
  { subject: 'structure' },
);
add(
  'a mail under Microsoft’s rights management',
  mail(
    'multipart/mixed; boundary=b',
    multipart('b', text, file('message.rpmsg', 'application/x-microsoft-rpmsg-message')),
  ),
  { attachments: [{ filename: 'message.rpmsg' }] },
);
add('uuencode in the text', mail('text/plain', lines('see', 'begin 644 a.txt', '#:&D*', '`', 'end')), {
  subject: 'structure',
});
add(
  'uuencode as a transfer encoding',
  mail(
    'multipart/mixed; boundary=b',
    multipart(
      'b',
      text,
      lines(
        'Content-Type: text/plain; name=a.txt',
        'Content-Transfer-Encoding: x-uuencode',
        'Content-Disposition: attachment',
        '',
        'begin 644 a.txt',
        '#:&D*',
        '`',
        'end',
      ),
    ),
  ),
  {
    attachments: [{ filename: 'a.txt' }],
  },
);
add(
  'yEnc in the text',
  bytes(
    head('Subject: yenc'),
    '\r\n\r\n=ybegin line=128 size=3 name=a\r\n',
    [0x92, 0x93, 0x94],
    '\r\n=yend size=3\r\n',
  ),
  { subject: 'yenc' },
);
add(
  'BinHex',
  mail('application/mac-binhex40; name=a.hqx', '(This file must be converted with BinHex 4.0)\r\n\r\n:x:'),
  { attachments: [{ filename: 'a.hqx' }] },
);
add(
  'winmail.dat with text beside it',
  mail('multipart/mixed; boundary=b', multipart('b', text, file('winmail.dat', 'application/ms-tnef'))),
  { text: 'the text', attachments: [{ filename: 'winmail.dat', contentType: 'application/ms-tnef' }] },
);
add(
  'TNEF without a name',
  mail(
    'multipart/mixed; boundary=b',
    multipart(
      'b',
      text,
      lines(
        'Content-Type: application/vnd.ms-tnef',
        'Content-Transfer-Encoding: base64',
        '',
        base64(Buffer.from('789f3e22', 'hex')),
      ),
    ),
  ),
  { text: 'the text' },
);
add(
  'a report of Exchange’s journal',
  mail(
    'multipart/mixed; boundary=b',
    multipart(
      'b',
      part('text/plain', 'Sender: ada@contoso.example'),
      part('message/rfc822', 'Subject: inner', '', 'x'),
    ),
    'X-MS-Journal-Report:',
  ),
  {
    attachments: [{ part: '2', contentType: 'message/rfc822' }],
  },
);
add(
  'a mail in a mail in a mail',
  mail(
    'message/rfc822',
    lines(
      'Subject: one',
      'Content-Type: message/rfc822',
      '',
      'Subject: two',
      'Content-Type: message/rfc822',
      '',
      'Subject: three',
      '',
      'x',
    ),
  ),
  { subject: 'structure', attachments: [{ part: '1' }] },
);
add(
  'a forwarded mail with files of its own',
  mail(
    'multipart/mixed; boundary=o',
    multipart(
      'o',
      text,
      part(
        'message/rfc822',
        'Subject: inner',
        'Content-Type: multipart/mixed; boundary=i',
        '',
        multipart('i', part('text/plain', 'inner text'), file('inner.bin')),
      ),
    ),
  ),
  {
    text: 'the text',
    attachments: [{ part: '2', contentType: 'message/rfc822' }],
  },
);
for (const [name, encoding] of [
  ['lower case', 'BASE64'],
  ['a comment', 'base64 (as usual)'],
  ['quotes', '"base64"'],
  ['a blank', ' base64 '],
  ['the wrong name', 'base-64'],
] as const) {
  add(
    `a transfer encoding in ${name}`,
    lines(
      head('Subject: structure', 'Content-Type: text/plain', `Content-Transfer-Encoding: ${encoding}`),
      '',
      base64('words'),
    ),
    { subject: 'structure' },
    { contradictory: true },
  );
}
add(
  'base64 in one line of 200 KB',
  lines(
    head('Subject: structure', 'Content-Type: text/plain', 'Content-Transfer-Encoding: base64'),
    '',
    Buffer.from('word '.repeat(30_000)).toString('base64'),
  ),
  { subject: 'structure' },
);
add(
  'base64 with its padding in the middle',
  lines(
    head('Subject: structure', 'Content-Type: text/plain', 'Content-Transfer-Encoding: base64'),
    '',
    'SGVs',
    'bG8=',
    'IHdv',
    'cmxk',
  ),
  { text: 'Hello world' },
);
add(
  'quoted-printable in lower case, with blanks at the ends',
  lines(
    head(
      'Subject: structure',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
    ),
    '',
    'gr=c3=bc=  ',
    'n',
  ),
  { subject: 'structure' },
);

export const structures: readonly CorpusMessage[] = mails;
