import { type CorpusMessage, chapter, lines } from './build.ts';

const { mails, add } = chapter();

const mail = (...headers: readonly string[]): string => lines(...headers, 'Subject: people', '', 'x');
const from = (header: string) => mail('Message-ID: <m@x.example>', `From: ${header}`, 'To: ada@contoso.example');

// Who wrote it: the event and the filter have to name the same one.
const senders: readonly (readonly [string, string, string, string])[] = [
  ['a name with a comma', 'Foo, Joe <joe@x.example>', 'Foo, Joe', 'joe@x.example'],
  ['a company', 'Company, Inc. <mb@x.example>', 'Company, Inc.', 'mb@x.example'],
  ['degrees', 'Joe Foo, PhD, MBA <joe@x.example>', 'Joe Foo, PhD, MBA', 'joe@x.example'],
  ['a name and a department', 'Hopper, Grace (Sales) <grace@x.example>', 'Hopper, Grace', 'grace@x.example'],
  ['a comma in an encoded word', '=?utf-8?Q?F=C3=B6=C3=B6,_Joe?= <joe@x.example>', 'Föö, Joe', 'joe@x.example'],
  ['a name alone before an address', 'Foo, joe@x.example', '', 'joe@x.example'],
  ['a group', 'T: eve@y.example, good@x.example;', '', 'eve@y.example'],
  ['a group in quotes', '"T": Eve <eve@y.example>, good@x.example;', 'Eve', 'eve@y.example'],
  ['an empty group and an address', 'T:;, eve@y.example', '', 'eve@y.example'],
  ['empty brackets and an address', '<>, joe@x.example', '', 'joe@x.example'],
  ['two addresses', 'Eve <eve@y.example>, good@x.example', 'Eve', 'eve@y.example'],
  ['an address as a name', '"good@x.example" <eve@y.example>', 'good@x.example', 'eve@y.example'],
  [
    'an address as a name in an encoded word',
    '=?utf-8?Q?good=40x.example?= <eve@y.example>',
    'good@x.example',
    'eve@y.example',
  ],
  ['an address in a comment', '(good@x.example) <eve@y.example>', 'good@x.example', 'eve@y.example'],
  ['two addresses in brackets', 'Eve <eve@y.example> <good@x.example>', 'Eve', 'eve@y.example'],
  ['a quoted local part', '"good@x.example"@y.example', '', '"good@x.example"@y.example'],
  ['a quoted local part in brackets', 'Eve <"good@x.example, "@y.example>', 'Eve', '"good@x.example, "@y.example'],
  ['quotes that are not needed', '"eve"@y.example', '', 'eve@y.example'],
  ['a route', '<@good.example:eve@y.example>', '', 'eve@y.example'],
  ['everything in an encoded word', '=?utf-8?Q?Eve_<eve@y.example>?=', 'Eve', 'eve@y.example'],
  ['a bracket without its end', 'Eve <eve@y.example', 'Eve', 'eve@y.example'],
  ['a colon in the name', 'Ticket: 123 <eve@y.example>', 'Ticket: 123', 'eve@y.example'],
  ['an IDN', 'Eve <eve@xn--mnchen-3ya.example>', 'Eve', 'eve@xn--mnchen-3ya.example'],
];
for (const [name, header, shown, address] of senders)
  add(`From with ${name}`, from(header), { from: { name: shown, address } });
add('From twice', mail('From: Eve <eve@y.example>', 'From: good@x.example'), {
  from: { name: 'Eve', address: 'eve@y.example' },
});
add('From with a name alone', from('Foo'), { from: { name: 'Foo', address: '' } });
add('From with nobody', from('undisclosed:;'), { from: undefined });

// Recipients: only with an address.
const recipients: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'names with commas',
    'Berhane, Kidane T - Eagan, MN <kb@x.example>, ada@contoso.example',
    ['kb@x.example', 'ada@contoso.example'],
  ],
  ['a name whose address is missing', 'Bob, ada@contoso.example', ['ada@contoso.example']],
  ['a name alone', 'Bob', []],
  ['empty brackets', '<>, Bob <>', []],
  ['undisclosed recipients', 'undisclosed-recipients:;', []],
  ['Outlook’s semicolons', 'Foo; ada@contoso.example; Bob <bob@x.example>', ['ada@contoso.example', 'bob@x.example']],
  [
    'two groups',
    'A: a@x.example, "B, C" <b@x.example>;, D: d@x.example;',
    ['a@x.example', 'b@x.example', 'd@x.example'],
  ],
  [
    'a list in encoded words',
    '=?utf-8?Q?A,_B?= <ab@x.example>,\r\n =?utf-8?Q?C;_D?= <cd@x.example>',
    ['ab@x.example', 'cd@x.example'],
  ],
  ['quotes and commas', '"A, B" <ab@x.example>, "C <c>" <cd@x.example>', ['ab@x.example', 'cd@x.example']],
];
for (const [name, header, addresses] of recipients) {
  const people = addresses.map((address) => ({ address }));
  add(`recipients with ${name}`, mail('From: eve@y.example', `To: ${header}`), { to: people });
  add(
    `copies and answers with ${name}`,
    mail('From: eve@y.example', `Cc: ${header}`, `Bcc: ${header}`, `Reply-To: ${header}`),
    { cc: people, bcc: people, replyTo: people },
  );
}
add('To twice', mail('From: eve@y.example', 'To: a@x.example', 'To: Foo, Joe <joe@x.example>'), {
  to: [{ address: 'a@x.example' }, { name: 'Foo, Joe', address: 'joe@x.example' }],
});

// Ids.
const ids: readonly (readonly [string, readonly string[], Readonly<Record<string, unknown>>])[] = [
  [
    'a comment',
    ['Message-ID: <3D4@x.example>', ' (added by <postmaster@x.example>)'],
    { messageId: '<3D4@x.example>' },
  ],
  [
    'a fold within',
    ['Message-ID: <prod-AA==@communication.aca', '\tdomia.example>'],
    { messageId: '<prod-AA==@communication.acadomia.example>' },
  ],
  ['letters beyond ASCII', ['Message-ID: <1@m\u00fcller.example>'], { messageId: '<1@m\u00fcller.example>' }],
  ['letters in two parts', ['Message-ID: <1@mu\u0308ller.example>'], { messageId: '<1@m\u00fcller.example>' }],
  ['an encoded word', ['Message-ID: =?utf-8?Q?<1@m=C3=BCller.example>?='], { messageId: '<1@m\u00fcller.example>' }],
  ['nothing', ['Message-ID: <>'], { messageId: undefined }],
];
for (const [name, header, wanted] of ids) add(`an id with ${name}`, mail(...header, 'From: a@x.example'), wanted);

const answered: readonly (readonly [string, string, string | undefined])[] = [
  [
    'a person and a date',
    'Message from Gary <gary@y.example> of "28 Aug 2002 15:06:39 EDT." <m2a@y.example>',
    '<m2a@y.example>',
  ],
  ['a person alone', 'Message of "28 Aug 2002" from Ada <ada@contoso.example>', undefined],
  ['the recipient', '<ada@contoso.example>', undefined],
  ['the sender', 'bob@x.example', undefined],
  ['a comment', '<m2a@y.example> (Gary\'s message of "28 Aug 2002")', '<m2a@y.example>'],
  ['a comma', '<1@y.example>, <2@y.example>', '<1@y.example>'],
  ['letters beyond ASCII', '<1@m\u00fcller.example>', '<1@m\u00fcller.example>'],
  ['itself', '<m@x.example>', undefined],
];
for (const [name, header, wanted] of answered)
  add(
    `In-Reply-To with ${name}`,
    mail('Message-ID: <m@x.example>', 'From: bob@x.example', 'To: ada@contoso.example', `In-Reply-To: ${header}`),
    { inReplyTo: wanted, references: [] },
  );
add(
  'three hundred references',
  mail('From: a@x.example', `References: ${Array.from({ length: 300 }, (_, n) => `<${n}@x.example>`).join('\r\n ')}`),
  { references: Array.from({ length: 300 }, (_, n) => `<${n}@x.example>`) },
);
add(
  'references that name the mail itself',
  mail('Message-ID: <m@x.example>', 'References: <1@x.example> <m@x.example>'),
  {
    references: ['<1@x.example>'],
  },
);

export const people: readonly CorpusMessage[] = mails;
