import { base64, type CorpusMessage, chapter, lines, multipart } from './build.ts';

const { mails, add } = chapter();

interface Report {
  readonly from?: string;
  readonly headers?: readonly string[];
  readonly type?: string;
  readonly text: string;
  readonly status: readonly string[];
  readonly returned?: readonly string[];
  readonly returnedType?: string;
}

/** A mail in the form of RFC 3462. */
const report = ({
  from,
  headers = [],
  type = 'message/delivery-status',
  text,
  status,
  returned = [],
  returnedType = 'message/rfc822',
}: Report) =>
  lines(
    'Message-ID: <report@x.example>',
    `From: ${from ?? 'Mail Delivery System <MAILER-DAEMON@x.example>'}`,
    'To: ada@contoso.example',
    'Subject: Undeliverable: Hello',
    'Auto-Submitted: auto-replied',
    ...headers,
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=r',
    '',
    multipart(
      'r',
      text,
      lines(`Content-Type: ${type}`, '', ...status, ''),
      ...(returned.length === 0 ? [] : [lines(`Content-Type: ${returnedType}`, '', ...returned, '')]),
    ),
  );

const plain = (...text: readonly string[]): string => lines('Content-Type: text/plain; charset=utf-8', '', ...text);
const original = [
  'Message-ID: <original@contoso.example>',
  'From: ada@contoso.example',
  'To: gone@x.example',
  'Subject: Hello',
  '',
  'Hi',
];
const failed = { action: 'failed', status: '5.1.1', recipient: 'gone@x.example' };
const block = (...more: readonly string[]): string[] => [
  'Reporting-MTA: dns; mail.x.example',
  '',
  'Final-Recipient: rfc822; gone@x.example',
  ...more,
];

add(
  'a bounce of Exchange Online',
  report({
    from: '"Microsoft Outlook" <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.onmicrosoft.example>',
    headers: [
      'X-MS-Exchange-Message-Is-Ndr:',
      'X-MS-Exchange-Parent-Message-Id: <original@contoso.example>',
      'Content-Language: en-US',
    ],
    text: lines(
      'Content-Type: multipart/alternative; differences=Content-Type; boundary=alt',
      '',
      multipart(
        'alt',
        plain('Your message to gone@x.example couldn\u2019t be delivered.'),
        lines(
          'Content-Type: text/html; charset=utf-8',
          '',
          '<p>Your message to <b>gone@x.example</b> couldn\u2019t be delivered.</p>',
        ),
      ),
    ),
    status: [
      'Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.example',
      'Received-From-MTA: dns;AM0PR01MB5678.eurprd01.prod.exchangelabs.example',
      'Arrival-Date: Sun, 1 Mar 2026 10:00:00 +0000',
      '',
      'Final-Recipient: rfc822;gone@x.example',
      'Action: failed',
      'Status: 5.1.10',
      'Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient gone@x.example not found by SMTP address lookup',
      'Remote-MTA: dns;AM0PR01MB5678',
      'X-Display-Name: gone@x.example',
    ],
    returned: original,
  }),
  {
    bounce: {
      ...failed,
      status: '5.1.10',
      diagnostic: expect5110(),
      originalMessageId: '<original@contoso.example>',
    },
    autoReply: true,
  },
);

function expect5110(): string {
  return '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient gone@x.example not found by SMTP address lookup';
}

add(
  'a bounce of Postfix',
  report({
    text: lines(
      'Content-Description: Notification',
      plain(
        'This is the mail system at host mail.x.example.',
        '',
        "I'm sorry to have to inform you that your message could not",
        'be delivered.',
      ),
    ),
    status: [
      'Reporting-MTA: dns; mail.x.example',
      'X-Postfix-Queue-ID: 4B1234',
      'X-Postfix-Sender: rfc822; ada@contoso.example',
      'Arrival-Date: Sun,  1 Mar 2026 10:00:00 +0000 (UTC)',
      '',
      'Final-Recipient: rfc822; gone@x.example',
      'Original-Recipient: rfc822;gone@x.example',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mx.y.example',
      'Diagnostic-Code: smtp; 550 5.1.1 <gone@x.example>: Recipient address rejected:',
      '    User unknown in local recipient table',
    ],
    returned: original,
  }),
  {
    bounce: {
      ...failed,
      diagnostic: '550 5.1.1 <gone@x.example>: Recipient address rejected: User unknown in local recipient table',
    },
  },
);
add(
  'a bounce of Gmail',
  report({
    from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.example>',
    headers: [
      'X-Failed-Recipients: gone@x.example',
      'In-Reply-To: <original@contoso.example>',
      'References: <original@contoso.example>',
    ],
    text: lines(
      'Content-Type: multipart/related; boundary=rel',
      '',
      multipart(
        'rel',
        lines(
          'Content-Type: multipart/alternative; boundary=alt',
          '',
          multipart(
            'alt',
            plain('** Address not found **', '', "Your message wasn't delivered to gone@x.example"),
            lines('Content-Type: text/html', '', '<h1>Address not found</h1><img src="cid:icon.png">'),
          ),
        ),
        lines(
          'Content-Type: image/png; name="icon.png"',
          'Content-Disposition: attachment; filename="icon.png"',
          'Content-Transfer-Encoding: base64',
          'Content-ID: <icon.png>',
          '',
          'iVBORw0KGgo=',
        ),
      ),
    ),
    status: [
      'Reporting-MTA: dns; googlemail.example',
      'Arrival-Date: Sun, 01 Mar 2026 02:00:00 -0800 (PST)',
      'X-Original-Message-ID: <original@contoso.example>',
      '',
      'Final-Recipient: rfc822; gone@x.example',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mx.x.example. (192.0.2.1)',
      'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.',
      'Last-Attempt-Date: Sun, 01 Mar 2026 02:00:01 -0800 (PST)',
    ],
    returned: original,
  }),
  { bounce: { ...failed, originalMessageId: '<original@contoso.example>' }, inReplyTo: '<original@contoso.example>' },
);
add(
  'a bounce of Sendmail',
  report({
    headers: ['Auto-Submitted: auto-generated (failure)'],
    text: plain(
      '   ----- The following addresses had permanent fatal errors -----',
      '<gone@x.example>',
      '    (reason: 550 5.1.1 <gone@x.example>... User unknown)',
    ),
    status: block(
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: SMTP; 550 5.1.1 <gone@x.example>... User unknown',
    ),
    returned: original.slice(0, 4),
    returnedType: 'text/rfc822-headers',
  }),
  { bounce: { ...failed, originalMessageId: '<original@contoso.example>' } },
);
add(
  'a bounce of Lotus Domino',
  report({
    text: plain('Your message', '', '  Subject: Hello', '', 'was not delivered to:', '', '  gone@x.example'),
    status: [
      'Reporting-MTA: dns;domino.x.example',
      '',
      'Final-Recipient: rfc822;gone@x.example',
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: X-Notes; User gone (gone@x.example) not listed in Domino Directory',
    ],
  }),
  { bounce: { ...failed, diagnostic: 'User gone (gone@x.example) not listed in Domino Directory' } },
);
add(
  'a bounce in UTF-8 (RFC 6533)',
  report({
    type: 'message/global-delivery-status',
    text: plain('Nicht zugestellt.'),
    status: [
      'Reporting-MTA: dns; mail.x.example',
      '',
      'Final-Recipient: utf-8; 用户@例子.公司',
      'Action: failed',
      'Status: 5.1.1',
    ],
  }),
  { bounce: { action: 'failed', status: '5.1.1', recipient: '用户@例子.公司' } },
);
add(
  'a report of a mail that was delayed',
  report({
    text: plain('It was delayed.'),
    status: block('Action: delayed', 'Status: 4.4.7'),
    returned: original,
  }),
  { bounce: { action: 'delayed', status: '4.4.7', recipient: 'gone@x.example' } },
);
const odd: readonly (readonly [string, readonly string[], unknown])[] = [
  ['a status with a comment', block('Action: failed', 'Status: 5.0.0 (permanent failure)'), { status: '5.0.0' }],
  ['no status', block('Action: failed'), { action: 'failed', status: '' }],
  ['no action', block('Status: 5.1.1'), { action: 'failed', status: '5.1.1' }],
  [
    'only an original recipient',
    ['Reporting-MTA: dns; x', '', 'Original-Recipient: rfc822; gone@x.example', 'Action: failed', 'Status: 5.1.1'],
    { recipient: 'gone@x.example' },
  ],
  [
    'a recipient in angle brackets',
    ['Reporting-MTA: dns; x', '', 'Final-Recipient: RFC822; <gone@x.example>', 'Action: Failed', 'Status: 5.1.1'],
    failed,
  ],
  [
    'a recipient without a type',
    ['Reporting-MTA: dns; x', '', 'Final-Recipient: gone@x.example', 'Action: failed', 'Status: 5.1.1'],
    failed,
  ],
  [
    'everything in one block',
    ['Reporting-MTA: dns; x', 'Final-Recipient: rfc822; gone@x.example', 'Action: failed', 'Status: 5.1.1'],
    failed,
  ],
  [
    'blank lines with spaces',
    [
      'Reporting-MTA: dns; x',
      '  ',
      'Final-Recipient: rfc822; gone@x.example',
      'Action: failed',
      'Status: 5.1.1',
      ' ',
      '',
    ],
    failed,
  ],
  ['nothing in it', [], { action: 'failed', status: '', recipient: '' }],
  [
    'a diagnosis of 100 KB',
    block('Action: failed', 'Status: 5.1.1', `Diagnostic-Code: smtp; ${'x'.repeat(100_000)}`),
    failed,
  ],
];
for (const [name, status, bounce] of odd) {
  add(`a bounce with ${name}`, report({ text: plain('No.'), status }), { text: 'No.', bounce });
}
add(
  'a bounce to a thousand recipients',
  report({
    text: plain('No.'),
    status: [
      'Reporting-MTA: dns; x',
      ...Array.from({ length: 1000 }, (_, n) => [
        '',
        `Final-Recipient: rfc822; u${n}@x.example`,
        `Action: ${n === 500 ? 'failed' : 'delivered'}`,
        'Status: 5.1.1',
      ]).flat(),
    ],
  }),
  { bounce: { action: 'failed' } },
);

// Bounces from before RFC 3462.
const daemon = (headers: readonly string[], ...text: readonly string[]): string =>
  lines(
    'Message-ID: <b@x.example>',
    'Return-Path: <>',
    'From: MAILER-DAEMON@x.example',
    'To: ada@contoso.example',
    ...headers,
    '',
    ...text,
  );
add(
  'a bounce of qmail with what no database takes',
  lines(
    'Return-Path: <>',
    'From: MAILER-DAEMON@x.example',
    'To: ada@contoso.example',
    'Subject: failure notice',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    base64(
      lines(
        'Hi. This is the qmail-send program at x.example.',
        '',
        '<alan@x.example>:',
        `a\0b${'\u{1F600}'.repeat(600)}`,
        '',
        '--- Below this line is a copy of the message.',
      ),
    ),
  ),
  { bounce: { recipient: 'alan@x.example', diagnostic: `ab${'\u{1F600}'.repeat(499)}` } },
);

add(
  'a report whose reason is cut inside a character',
  report({
    text: lines('Content-Type: text/plain', '', 'It could not be delivered.'),
    status: [
      'Reporting-MTA: dns; x.example',
      '',
      'Final-Recipient: rfc822; alan@x.example',
      'Action: failed',
      'Status: 5.1.1',
      `Diagnostic-Code: smtp; x${'\u{1F600}'.repeat(600)}`,
    ],
  }),
);

add(
  'a bounce of qmail',
  daemon(
    ['Subject: failure notice'],
    'Hi. This is the qmail-send program at x.example.',
    "I'm afraid I wasn't able to deliver your message to the following addresses.",
    "This is a permanent error; I've given up. Sorry it didn't work out.",
    '',
    '<gone@x.example>:',
    'Sorry, no mailbox here by that name. (#5.1.1)',
    '',
    '--- Below this line is a copy of the message.',
    '',
    'Return-Path: <ada@contoso.example>',
    ...original,
  ),
  {
    bounce: {
      ...failed,
      diagnostic: 'Sorry, no mailbox here by that name. (#5.1.1)',
      originalMessageId: '<original@contoso.example>',
    },
    autoReply: true,
  },
);
add(
  'a bounce of Exim',
  daemon(
    [
      'Subject: Mail delivery failed: returning message to sender',
      'X-Failed-Recipients: gone@x.example',
      'Auto-Submitted: auto-replied',
    ],
    'This message was created automatically by mail delivery software.',
    '',
    'A message that you sent could not be delivered to one or more of its',
    'recipients. This is a permanent error. The following address(es) failed:',
    '',
    '  gone@x.example',
    '    Unrouteable address',
    '',
    '------ This is a copy of the message, including all the headers. ------',
    '',
    ...original,
  ),
  { bounce: { action: 'failed', recipient: 'gone@x.example' }, autoReply: true },
);
add(
  'a mail about qmail that is no bounce',
  lines(
    'Message-ID: <b@x.example>',
    'From: Bob <bob@x.example>',
    'Subject: qmail',
    '',
    'Do you know "Hi. This is the qmail-send program at x.example."?',
    '',
    '<gone@x.example>:',
    'no',
  ),
  { bounce: undefined, autoReply: false },
);

// Receipts (RFC 8098) and other reports.
const receipt = (disposition: string, ...more: readonly string[]): string =>
  lines(
    'Message-ID: <mdn@x.example>',
    'From: Bob <bob@x.example>',
    'To: ada@contoso.example',
    'Subject: Read: Hello',
    'Content-Type: multipart/report; report-type=disposition-notification; boundary=r',
    '',
    multipart(
      'r',
      plain('Your message was read on Sunday, 1 March 2026 10:00:00 UTC.'),
      lines(
        'Content-Type: message/disposition-notification',
        '',
        'Final-recipient: RFC822; bob@x.example',
        'Original-Message-ID: <original@contoso.example>',
        `Disposition: ${disposition}`,
        ...more,
      ),
    ),
  );
for (const disposition of [
  'manual-action/MDN-sent-manually; displayed',
  'automatic-action/MDN-sent-automatically; deleted',
  'automatic-action/MDN-sent-automatically; displayed',
  'manual-action/MDN-sent-manually; failed',
]) {
  add(`a receipt that says ${disposition}`, receipt(disposition), { autoReply: true, bounce: undefined });
}
add(
  'a complaint about abuse (RFC 5965)',
  lines(
    'Message-ID: <arf@x.example>',
    'From: <abuse@x.example>',
    'Subject: FW: Hello',
    'Content-Type: multipart/report; report-type=feedback-report; boundary=r',
    '',
    multipart(
      'r',
      plain('This is an email abuse report.'),
      lines(
        'Content-Type: message/feedback-report',
        '',
        'Feedback-Type: abuse',
        'User-Agent: SomeGenerator/1.0',
        'Version: 1',
      ),
      lines('Content-Type: message/rfc822', '', ...original),
    ),
  ),
  { text: 'This is an email abuse report.', bounce: undefined },
);

export const reports: readonly CorpusMessage[] = mails;
