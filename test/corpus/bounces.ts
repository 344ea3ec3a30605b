import { type CorpusMessage, chapter, lines, multipart } from './build.ts';

const { mails, add } = chapter();

interface Words {
  readonly from?: string;
  readonly subject?: string;
  readonly headers?: readonly string[];
  readonly said: readonly string[];
  /** The mail that came back, as a part of its own. */
  readonly returned?: readonly string[];
}

const sns = (...body: readonly string[]) =>
  lines(
    'From: Bounces <no-reply@sns.amazonaws.com>',
    'To: ada@contoso.example',
    'Subject: AWS Notification Message',
    '',
    ...body,
    '',
    '--',
    'If you wish to stop receiving notifications from this topic, please visit https://sns.eu-central-1.amazonaws.com/x',
    '',
  );
const sesMail = '"mail":{"source":"ada@contoso.example","commonHeaders":{"messageId":"<original@contoso.example>"}}';
add(
  'a bounce that Amazon SES tells in JSON',
  sns(
    `{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"Gone <gone@x.example>","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"},{"emailAddress":"lost@x.example"}]},${sesMail}}`,
  ),
  {
    autoReply: true,
    bounce: {
      recipient: 'gone@x.example',
      action: 'failed',
      status: '5.1.1',
      diagnostic: '550 5.1.1 user unknown',
      originalMessageId: '<original@contoso.example>',
      recipients: [{ recipient: 'gone@x.example' }, { recipient: 'lost@x.example', status: '' }],
    },
  },
);
add(
  'a full mailbox that Amazon SES tells as an event, its line broken on the way',
  sns(
    `{"eventType":"Bounce","bounce":{"bounceType":"Transient","bouncedRecipients":[{"emailAddress":"full@x.exa!\r\n mple","diagnosticCode":"smtp; 552 5.2.2 mailbox full"}]},${sesMail}}`,
  ),
  { bounce: { recipient: 'full@x.example', action: 'delayed', status: '5.2.2' } },
);
add(
  'a bounce that Amazon SES tells in JSON within JSON',
  sns(
    '{',
    '  "Type" : "Notification",',
    `  "Message" : ${JSON.stringify(`{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"gone@x.example","status":"5.1.1"}]},${sesMail}}`)},`,
    '  "Timestamp" : "2026-03-01T10:00:00.000Z"',
    '}',
  ),
  { bounce: { recipient: 'gone@x.example', action: 'failed', status: '5.1.1' } },
);
for (const [name, body] of [
  ['a delivery', `{"notificationType":"Delivery","delivery":{"recipients":["gone@x.example"]},${sesMail}}`],
  ['a complaint', `{"notificationType":"Complaint","complaint":{},${sesMail}}`],
  ['an alarm', '{"AlarmName":"delivery failed permanently: 550 5.1.1 gone@x.example user unknown"}'],
  ['words', 'Your mail to gone@x.example could not be delivered: 550 5.1.1 user unknown'],
] as const) {
  add(`${name} that Amazon SNS tells, which is no bounce`, sns(body), { bounce: undefined });
}

const original = [
  'Received: from mail.contoso.example (192.0.2.7) by mx.x.example; Sun, 1 Mar 2026 10:00:00 +0000',
  'Message-ID: <original@contoso.example>',
  'From: Ada <ada@contoso.example>',
  'To: gone@x.example',
  'Subject: Hello',
  '',
  'Hi',
];

/** What a mail server says that writes no report by RFC 3464. */
const notice = ({
  from = 'MAILER-DAEMON@mx.x.example',
  subject = 'failure notice',
  headers,
  said,
  returned,
}: Words) => {
  const head = [
    'Message-ID: <report@mx.x.example>',
    `From: ${from}`,
    'To: Ada <ada@contoso.example>',
    `Subject: ${subject}`,
    ...(headers ?? ['Return-Path: <>']),
  ];
  if (returned === undefined) return lines(...head, 'Content-Type: text/plain; charset=utf-8', '', ...said);
  return lines(
    ...head,
    'Content-Type: multipart/mixed; boundary=n',
    '',
    multipart(
      'n',
      lines('Content-Type: text/plain; charset=utf-8', '', ...said),
      lines('Content-Type: message/rfc822', '', ...returned),
    ),
  );
};

const gone = { recipient: 'gone@x.example', action: 'failed' };
const late = { recipient: 'gone@x.example', action: 'delayed' };
const id = { originalMessageId: '<original@contoso.example>' };

// As servers without a delivery status say it.
const servers: readonly (readonly [string, Words, object])[] = [
  [
    'Yahoo',
    {
      from: 'MAILER-DAEMON@yahoo.example',
      subject: 'Failure Notice',
      said: [
        'Sorry, we were unable to deliver your message to the following address.',
        '',
        '<gone@x.example>:',
        'Remote host said: 550 5.1.1 <gone@x.example>: Recipient address rejected [RCPT_TO]',
        '',
        '--- Below this line is a copy of the message.',
        '',
        ...original,
      ],
    },
    { ...gone, ...id, status: '5.1.1' },
  ],
  [
    'Zoho',
    {
      from: '"mailer-daemon@mail.zoho.example" <mailer-daemon@mail.zoho.example>',
      subject: 'Undelivered Mail Returned to Sender',
      said: [
        'This message was created automatically by mail delivery software.',
        ' A message that you sent could not be delivered to one or more of its recipients. This is a permanent error. ',
        '',
        'gone@x.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <gone@x.example>... User Unknown',
        '',
        ...original,
      ],
    },
    { ...gone, ...id, status: '5.1.1' },
  ],
  [
    'Amazon WorkMail',
    {
      from: 'MAILER-DAEMON@us-west-2.amazonses.example',
      subject: 'Delivery Status Notification (Failure)',
      said: [
        'Technical report:',
        '',
        'Reporting-MTA: dsn; a27-80.us-west-2.amazonses.example',
        '',
        'Action: failed',
        'Final-Recipient: rfc822; gone@x.example',
        'Diagnostic-Code: smtp; 550 5.1.1 <gone@x.example>... User Unknown',
        'Status: 5.1.1',
      ],
      returned: original,
    },
    { ...gone, ...id, status: '5.1.1', diagnostic: '550 5.1.1 <gone@x.example>... User Unknown' },
  ],
  [
    'GMX',
    {
      from: 'GMX Mailer Daemon <mailer-daemon@gmx.example>',
      subject: 'Mail delivery failed: returning message to sender',
      said: [
        'This message was created automatically by mail delivery software.',
        '',
        'A message that you sent could not be delivered to one or more of',
        'its recipients. This is a permanent error. The following address(es)',
        'failed:',
        '',
        '"gone@x.example":',
        'SMTP error from remote server after RCPT command:',
        'host: mx.x.example',
        '5.1.1 <gone@x.example>... User Unknown',
        '',
        '--- The header of the original message is following. ---',
        '',
        ...original,
      ],
    },
    { ...gone, ...id, status: '5.1.1' },
  ],
  [
    'IONOS, in German',
    {
      from: 'Mail Delivery System <mailer-daemon@kundenserver.example>',
      subject: 'Unzustellbare E-Mail',
      said: [
        'Diese Nachricht wurde automatisch erstellt.',
        '',
        'Ihre Nachricht konnte an die folgenden Empfänger nicht zugestellt werden:',
        '',
        'gone@x.example:',
        'Das Postfach ist voll (552 5.2.2).',
        '',
        '--- Die Kopfzeilen der ursprünglichen Nachricht ---',
        '',
        ...original,
      ],
    },
    { ...gone, ...id, status: '5.2.2' },
  ],
  [
    'Exim, late',
    {
      from: 'Mail Delivery System <Mailer-Daemon@mx.x.example>',
      subject: 'Warning: message 1abCDe-0001Fg-2h delayed 24 hours',
      headers: ['Auto-Submitted: auto-replied'],
      said: [
        'This message was created automatically by mail delivery software.',
        'A message that you sent has not yet been delivered to one or more of its',
        'recipients after more than 24 hours on the queue on mx.x.example.',
        '',
        'The message identifier is:     1abCDe-0001Fg-2h',
        'The subject of the message is: Hello',
        '',
        'The address to which the message has not yet been delivered is:',
        '',
        '  gone@x.example',
        '    host mx2.x.example [198.51.100.45]',
        '    Delay reason: SMTP error from remote mail server after RCPT TO:<gone@x.example>:',
        '    451 4.7.1 Greylisted',
        '',
        'No action is required on your part. Delivery attempts will continue for',
        'some time, and this warning may be repeated at intervals if the message',
        'remains undelivered. Eventually the mail delivery software will give up,',
        'and when that happens, the message will be returned to you.',
      ],
    },
    { ...late, status: '4.7.1' },
  ],
  [
    'Exim, of an address that was made of another',
    {
      from: 'Mail Delivery System <Mailer-Daemon@mx.x.example>',
      subject: 'Mail delivery failed: returning message to sender',
      headers: ['X-Failed-Recipients: gone@x.example,', '  lost@x.example', 'Auto-Submitted: auto-replied'],
      said: [
        'A message that you sent could not be delivered to one or more of its',
        'recipients. This is a permanent error. The following address(es) failed:',
        '',
        '  gone@x.example',
        '    (generated from team@x.example)',
        '    Unrouteable address',
        '  lost@x.example',
        '    host 203.0.113.9 [203.0.113.9]: 550 5.2.1 Mailbox disabled',
        '',
        '------ This is a copy of the message, including all the headers. ------',
        '',
        ...original,
      ],
    },
    {
      ...gone,
      ...id,
      status: '',
      recipients: [
        { ...gone, status: '', diagnostic: '(generated from team@x.example) Unrouteable address' },
        {
          recipient: 'lost@x.example',
          action: 'failed',
          status: '5.2.1',
          diagnostic: 'host 203.0.113.9 [203.0.113.9]: 550 5.2.1 Mailbox disabled',
        },
      ],
    },
  ],
  [
    'Gmail, before it wrote reports',
    {
      from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.example>',
      subject: 'Delivery Status Notification (Failure)',
      said: [
        'Delivery to the following recipient failed permanently:',
        '',
        '     gone@x.example',
        '',
        'Technical details of permanent failure: ',
        'The error that the other server returned was: 550 550 5.1.1 User unknown (state 14).',
        '',
        '   ----- Original message -----',
        '',
        ...original,
      ],
    },
    { ...gone, ...id, status: '5.1.1' },
  ],
  [
    'Gmail, late',
    {
      from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.example>',
      subject: 'Delivery Status Notification (Delay)',
      said: [
        'This is an automatically generated Delivery Status Notification',
        '',
        'THIS IS A WARNING MESSAGE ONLY.',
        '',
        'YOU DO NOT NEED TO RESEND YOUR MESSAGE.',
        '',
        'Delivery to the following recipient has been delayed:',
        '',
        '     gone@x.example',
        '',
        'Message will be retried for 2 more day(s)',
        '',
        '   ----- Original message -----',
        '',
        ...original,
      ],
    },
    { ...late, ...id },
  ],
  [
    'Gmail, late, in newer words',
    {
      from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.example>',
      subject: 'Delivery Status Notification (Delay)',
      said: [
        '** Delivery incomplete **',
        '',
        'There was a temporary problem delivering your message to gone@x.example. Gmail will retry for 46 more hours.',
        "You'll be notified if the delivery fails permanently.",
      ],
    },
    late,
  ],
  [
    'Google Groups, in Japanese',
    {
      from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.example>',
      subject: 'Delivery Status Notification (Failure)',
      headers: ['X-Failed-Recipients: group@groups.x.example', 'In-Reply-To: <original@contoso.example>'],
      said: ['ada@contoso.example 様', '', 'グループが見つからないか、投稿する権限がない可能性があります。'],
    },
    { recipient: 'group@groups.x.example', action: 'failed', ...id },
  ],
  [
    'qmail of two',
    {
      said: [
        'Hi. This is the qmail-send program at mx.x.example.',
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "This is a permanent error; I've given up. Sorry it didn't work out.",
        '',
        '<gone@x.example>:',
        'Sorry, no mailbox here by that name. (#5.1.1)',
        '',
        '<lost@y.example>:',
        '198.51.100.20 does not like recipient.',
        'Remote host said: 550 user unknown',
        'Giving up on 198.51.100.20.',
        '',
        '--- Below this line is a copy of the message.',
        '',
        ...original,
      ],
    },
    {
      ...gone,
      ...id,
      status: '5.1.1',
      recipients: [
        { ...gone, status: '5.1.1', diagnostic: 'Sorry, no mailbox here by that name. (#5.1.1)' },
        { recipient: 'lost@y.example', action: 'failed', status: '' },
      ],
    },
  ],
  [
    'qmail under another name',
    {
      said: [
        "We're sorry. There's a problem with the e-mail address(es) you're trying to send to.",
        '',
        '<gone@x.example>:',
        "The e-mail message could not be delivered because the user's mailfolder is full.",
        '',
        '--- Below this line is a copy of the message.',
        '',
        ...original,
      ],
    },
    { ...gone, ...id, status: '' },
  ],
  [
    'Postfix, of old, with the mail beside it',
    {
      from: 'MAILER-DAEMON@mx.x.example (Mail Delivery System)',
      subject: 'Undelivered Mail Returned to Sender',
      said: [
        'This is the Postfix program at host mx.x.example.',
        '',
        "I'm sorry to have to inform you that the message returned",
        'below could not be delivered to one or more destinations.',
        '',
        'For further assistance, please contact <postmaster@mx.x.example>',
        '',
        '<gone@x.example>: host mail.x.example[198.51.100.5] said: 550 5.1.1',
        '    <gone@x.example>... User unknown',
      ],
      returned: original,
    },
    {
      ...gone,
      ...id,
      status: '5.1.1',
      diagnostic: 'host mail.x.example[198.51.100.5] said: 550 5.1.1 <gone@x.example>... User unknown',
    },
  ],
  [
    'Sendmail, without a report',
    {
      from: 'Mail Delivery Subsystem <MAILER-DAEMON@mx.x.example>',
      subject: 'Returned mail: see transcript for details',
      headers: ['Auto-Submitted: auto-generated (failure)'],
      said: [
        'The original message was received at Sun, 1 Mar 2026 10:00:00 GMT',
        'from mail.contoso.example [192.0.2.7]',
        '',
        '   ----- The following addresses had permanent fatal errors -----',
        '<gone@x.example>',
        '    (reason: 550 5.1.1 User unknown)',
        '<lost@x.example>',
        '    (reason: 552 5.2.2 Over quota)',
        '',
        '   ----- Transcript of session follows -----',
        '... while talking to mx2.x.example.:',
        '>>> DATA',
        '<<< 550 5.1.1 User unknown',
        '550 5.1.1 <gone@x.example>... User unknown',
        '',
        '   ----- Message header follows -----',
        ...original,
      ],
    },
    {
      ...gone,
      ...id,
      status: '5.1.1',
      recipients: [
        { ...gone, status: '5.1.1' },
        { recipient: 'lost@x.example', action: 'failed', status: '5.2.2' },
      ],
    },
  ],
  [
    'Sendmail, that warns',
    {
      from: 'Mail Delivery Subsystem <MAILER-DAEMON@mx.x.example>',
      subject: 'Warning: could not send message for past 4 hours',
      said: [
        '    **********************************************',
        '    **      THIS IS A WARNING MESSAGE ONLY      **',
        '    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **',
        '    **********************************************',
        '',
        '   ----- The following addresses had transient non-fatal errors -----',
        '<gone@x.example>',
        '',
        '   ----- Transcript of session follows -----',
        '<gone@x.example>... Deferred: Connection timed out with mx.x.example.',
        'Warning: message still undelivered after 4 hours',
        'Will keep trying until message is 5 days old',
      ],
    },
    late,
  ],
  [
    'OpenSMTPD',
    {
      from: 'Mailer Daemon <MAILER-DAEMON@mx.x.example>',
      subject: 'Delivery status notification: error',
      said: [
        '    Hi!',
        '',
        '    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.',
        '',
        '    An error has occurred while attempting to deliver a message for',
        '    the following list of recipients:',
        '',
        'gone@x.example: 550 5.1.1 no such user',
        '',
        '    Below is a copy of the original message:',
        '',
        ...original,
      ],
    },
    { ...gone, ...id, status: '5.1.1' },
  ],
  [
    'Exchange of old',
    {
      from: 'System Administrator <postmaster@x.example>',
      subject: 'Undeliverable: Hello',
      headers: ['X-Mailer: Internet Mail Service (5.5.2653.19)'],
      said: [
        'Your message',
        '',
        '  To:      team@contoso.example',
        '  Subject: Hello',
        '  Sent:    Sun, 1 Mar 2026 10:00:00 -0000',
        '',
        'did not reach the following recipient(s):',
        '',
        'gone@x.example on Sun, 1 Mar 2026 10:00:00 -0000',
        '    The recipient name is not recognized',
        '    The MTS-ID of the original message is: c=us;a= ;p=x',
      ],
      returned: original,
    },
    { ...gone, ...id },
  ],
  [
    'Exchange, whose report was lost on the way',
    {
      from: 'Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.example>',
      subject: 'Unzustellbar: Hallo',
      headers: ['In-Reply-To: <original@contoso.example>', 'Auto-Submitted: auto-replied'],
      said: [
        'Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:',
        '',
        'gone@x.example (gone@x.example)',
        'Die eingegebene E-Mail-Adresse konnte nicht gefunden werden.',
        '',
        'Diagnoseinformationen für Administratoren:',
        '',
        'Remote Server returned \u2018550 5.1.10 RESOLVER.ADR.RecipientNotFound\u2019',
      ],
    },
    { ...gone, ...id, status: '5.1.10' },
  ],
  [
    'Domino',
    {
      from: 'Postmaster@x.example',
      subject: 'DELIVERY FAILURE: User gone (gone@x.example) not listed in Domino Directory',
      headers: ['Received: from x.example by contoso.example; Sun, 1 Mar 2026 10:00:00 +0000'],
      said: [
        'Your message',
        '',
        '  Subject: Hello',
        '',
        'was not delivered to:',
        '',
        '  gone@x.example',
        '',
        'because:',
        '',
        '  User gone (gone@x.example) not listed in Domino Directory',
      ],
    },
    { ...gone, diagnostic: 'because: User gone (gone@x.example) not listed in Domino Directory' },
  ],
  [
    'GroupWise',
    {
      from: 'Mailer-Daemon@x.example',
      subject: 'Message status - undeliverable',
      said: ['The message that you sent was undeliverable to the following:', '\tgone@x.example (user not found)'],
    },
    gone,
  ],
  [
    'MDaemon',
    {
      from: 'MDaemon@x.example',
      subject: 'Permanent Delivery Failure',
      headers: [],
      said: [
        'The attached message had PERMANENT fatal delivery errors!',
        '',
        'YOUR MESSAGE WAS NOT DELIVERED!',
        '',
        'The following addresses did NOT receive a copy of your message:',
        '',
        '> gone@x.example',
        '',
        '--- Session Transcript ---',
        ' 220 x.example ESMTP MDaemon 5.2.1 ready',
      ],
    },
    { ...gone, status: '' },
  ],
  [
    'hMailServer',
    {
      from: '<mailer-daemon@x.example>',
      subject: 'Undeliverable: Hello',
      headers: [],
      said: [
        'Your message did not reach some or all of the intended recipients.',
        '',
        '   Sent: Sun, 1 Mar 2026 10:00:00 -0000',
        '   Subject: Hello',
        '',
        'The following recipient(s) could not be reached:',
        '',
        'gone@x.example',
        '   Error Type: SMTP',
        '   Remote server (198.51.100.147) issued an error.',
        '   Remote server replied: 550 5.1.1 <gone@x.example>... User unknown',
      ],
    },
    { ...gone, status: '5.1.1' },
  ],
  [
    'IMail',
    {
      from: '"Postmaster" <postmaster@x.example>',
      subject: 'Undeliverable Mail',
      headers: ['X-Mailer: <SMTP32 v8.22>'],
      said: ['Unknown user: gone@x.example', '', 'Original message follows.', '', ...original],
    },
    { ...gone, ...id },
  ],
  [
    'DragonFly Mail Agent',
    {
      from: 'MAILER-DAEMON <>',
      subject: 'Mail delivery failed',
      headers: [],
      said: [
        'This is the DragonFly Mail Agent v0.13 at mx.x.example.',
        '',
        'There was an error delivering your mail to <gone@x.example>.',
        '',
        'mx2.x.example [198.51.100.79] did not like our final DATA:',
        '554 5.7.9 Message not accepted for policy reasons.',
        '',
        'Message headers follow.',
        '',
        ...original,
      ],
    },
    { ...gone, ...id, status: '5.7.9' },
  ],
  [
    'Dovecot, which refuses',
    {
      from: 'Mail Delivery Subsystem <postmaster@x.example>',
      subject: 'Rejected: Hello',
      said: [
        'Your message to <gone@x.example> was automatically rejected:',
        'Quota exceeded (mailbox for user is full)',
      ],
    },
    gone,
  ],
  [
    'a program that names itself in no way',
    {
      from: 'no-reply@x.example',
      subject: 'Mail',
      said: ['Could not be delivered to: <gone@x.example>', 'As their mailbox is full.'],
      returned: original,
    },
    { ...gone, ...id },
  ],
  [
    'a gateway that tells a mailbox without its domain',
    {
      from: 'Mail Delivery Subsystem <MAILER-DAEMON@x.example>',
      subject: 'Mail Delivery Problem',
      said: ['Your mail to the following recipients could not be delivered:', '', '\tgone'],
      returned: original,
    },
    { ...gone, ...id },
  ],
  [
    'Mail.ru',
    {
      from: 'Mail Delivery System <Mailer-Daemon@mx.x.example>',
      subject: '=?utf-8?B?0J/QuNGB0YzQvNC+INC90LUg0LTQvtGB0YLQsNCy0LvQtdC90L4=?=',
      said: [
        'Это письмо создано автоматически, отвечать на него не нужно.',
        '',
        'К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:',
        '',
        '  gone@x.example',
        '    550 5.1.1 user not found',
      ],
    },
    { ...gone, status: '5.1.1' },
  ],
  [
    'Sina',
    {
      from: 'MAILER-DAEMON@x.example',
      subject: '=?utf-8?B?6YCA5L+h?=',
      said: ['您的邮件无法送达以下地址：', '', '<gone@x.example>:', '', '--- 附件中的内容是原信件的一份拷贝'],
    },
    gone,
  ],
];
for (const [name, words, bounce] of servers) {
  add(`a bounce in the words of ${name}`, notice(words), { bounce, autoReply: true });
}

const lists: readonly (readonly [string, readonly string[]])[] = [
  ['in one line', ['Your message was not delivered to: gone@x.example, <lost@x.example> and third@x.example']],
  [
    'in one line of their own',
    ['Your message was not delivered to:', '', 'gone@x.example; lost@x.example, third@x.example'],
  ],
  [
    'by numbers',
    [
      'Your message could not be delivered to:',
      '  1. gone@x.example - mailbox full',
      '  2. lost@x.example - unknown user',
      '  3) third@x.example',
    ],
  ],
  [
    'in a table',
    [
      'The message could not be delivered.',
      '',
      'Recipient           Reason',
      'gone@x.example      550 5.1.1 unknown user',
      'lost@x.example      552 5.2.2 over quota',
      'third@x.example     554 refused',
    ],
  ],
];
for (const [how, said] of lists) {
  const names = ['gone@x.example', 'lost@x.example', 'third@x.example'];
  add(`a bounce that lists three recipients ${how}`, notice({ from: 'postmaster@x.example', said }), {
    bounce: { recipients: names.map((recipient) => ({ recipient, action: 'failed' })) },
  });
}
add(
  'a bounce that names two thousand recipients in one line, each as if it began a list',
  notice({
    from: 'postmaster@x.example',
    said: [
      `Could not be delivered: ${Array.from({ length: 2_000 }, (_, n) => `recipient u${n}@x.example, `).join('')}`,
    ],
  }),
  { bounce: { recipient: 'u0@x.example' } },
);
add(
  'a bounce in HTML alone',
  lines(
    'Message-ID: <report@x.example>',
    'From: Microsoft Outlook <postmaster@contoso.example>',
    'To: ada@contoso.example',
    'Subject: Undeliverable: Hello',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>Your message to <a href="mailto:gone@x.example">gone@x.example</a> couldn\u2019t be delivered.</p>',
    '<table><tr><td>gone</td><td>was not found at <b>x.example</b>.</td></tr></table>',
    '<p>Reported error: <i>550 5.1.10 RESOLVER.ADR.RecipientNotFound</i></p>',
  ),
  { bounce: { ...gone, status: '5.1.10' }, autoReply: true },
);

// The same in other languages, as Exchange, Gmail and providers write to their own people.
const languages: readonly (readonly [string, string, string])[] = [
  ['French', 'Non remis : Bonjour', "Votre message n'a pas pu être remis aux destinataires suivants :"],
  [
    'French with a curly apostrophe',
    'Échec de remise',
    'Votre message n\u2019a pas été remis aux destinataires suivants :',
  ],
  ['Spanish', 'No se puede entregar: Hola', 'No se pudo entregar el mensaje a los siguientes destinatarios:'],
  ['Portuguese', 'Falha na entrega', 'Sua mensagem não pôde ser entregue aos seguintes destinatários:'],
  ['Italian', 'Impossibile recapitare: Ciao', 'Il messaggio non è stato recapitato ai seguenti destinatari:'],
  ['Dutch', 'Niet te bezorgen: Hallo', 'Uw bericht kan niet worden bezorgd bij de volgende ontvangers:'],
  ['Polish', 'Nie można dostarczyć: Cześć', 'Nie można dostarczyć wiadomości do następujących adresatów:'],
  ['Czech', 'Nedoručitelné: Ahoj', 'Zprávu nelze doručit následujícím příjemcům:'],
  ['Swedish', 'Kan inte levereras: Hej', 'Meddelandet kunde inte levereras till följande mottagare:'],
  ['Danish', 'Ikke leveret: Hej', 'Meddelelsen kunne ikke leveres til følgende modtagere:'],
  ['Turkish', 'Teslim edilemedi: Merhaba', 'İletiniz şu alıcılara teslim edilemedi:'],
  ['Japanese', '配信不能: こんにちは', '次の受信者にメッセージを配信できませんでした:'],
  ['Chinese', '无法投递: 你好', '无法将邮件传递给以下收件人：'],
  ['Korean', '배달되지 않음: 안녕', '다음 받는 사람에게 메시지를 배달하지 못했습니다:'],
];
for (const [language, subject, sentence] of languages) {
  add(
    `a bounce in ${language}`,
    notice({
      from: 'postmaster@x.example',
      subject: `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`,
      said: [sentence, '', 'gone@x.example', '550 5.1.1', ''],
    }),
    { bounce: { ...gone, status: '5.1.1' }, autoReply: true },
  );
}

// A status counts, regardless of numbers around it.
const numbers: readonly (readonly [string, string])[] = [
  ['host mx.x.example [4.125.133.27]: 550 5.1.1 User unknown', '5.1.1'],
  ['host 5.1.1.10 said: 550 no', ''],
  ['host mx-4.5.6.x.example said no', ''],
  ['Exim 4.96.1 refused it: 550 #5.7.1 denied', '5.7.1'],
  ['550-5.7.26 This mail has been blocked', '5.7.26'],
  ['552 5.2.2: over quota', '5.2.2'],
  ['delivered 2.0.0 before, then 554 5.4.14 Hop count exceeded', '5.4.14'],
  ['421 4.4.2 2001:db8::5.1.2.3 lost', '4.4.2'],
];
for (const [said, status] of numbers) {
  add(
    `a bounce that says ${said}`,
    notice({ said: ['This message could not be delivered:', '', '<gone@x.example>:', said] }),
    { bounce: { ...gone, status } },
  );
}

// With a delivery status.
const report = (
  status: readonly string[],
  {
    top = 'multipart/report; report-type=delivery-status',
    from = 'Mail Delivery System <MAILER-DAEMON@x.example>',
    subject = 'Undelivered Mail Returned to Sender',
    headers = [] as readonly string[],
    said = 'It could not be delivered.',
    returned = original as readonly string[] | undefined,
    returnedType = 'message/rfc822',
  } = {},
) =>
  lines(
    'Message-ID: <report@x.example>',
    `From: ${from}`,
    'To: ada@contoso.example',
    `Subject: ${subject}`,
    ...headers,
    'MIME-Version: 1.0',
    `Content-Type: ${top}; boundary=r`,
    '',
    multipart(
      'r',
      lines('Content-Type: text/plain', '', said),
      lines('Content-Type: message/delivery-status', '', ...status, ''),
      ...(returned === undefined ? [] : [lines(`Content-Type: ${returnedType}`, '', ...returned, '')]),
    ),
  );
const block = (recipient: string, ...fields: readonly string[]) => [
  '',
  `Final-Recipient: rfc822; ${recipient}`,
  ...fields,
];
const mta = 'Reporting-MTA: dns; mx.x.example';
const failedBlock = [mta, ...block('gone@x.example', 'Action: failed', 'Status: 5.1.1')];

add(
  'a report of three, of whom one got it',
  report([
    mta,
    ...block('fine@x.example', 'Action: delivered', 'Status: 2.0.0'),
    ...block('slow@x.example', 'Action: delayed', 'Status: 4.4.1', 'Diagnostic-Code: smtp; 451 4.4.1 no answer'),
    ...block('gone@x.example', 'Action: failed', 'Status: 5.1.1', 'Diagnostic-Code: smtp; 550 5.1.1 no'),
  ]),
  {
    bounce: {
      ...gone,
      ...id,
      status: '5.1.1',
      diagnostic: '550 5.1.1 no',
      recipients: [
        { recipient: 'slow@x.example', action: 'delayed', status: '4.4.1', diagnostic: '451 4.4.1 no answer' },
        { ...gone, status: '5.1.1', diagnostic: '550 5.1.1 no' },
      ],
    },
    autoReply: true,
  },
);
add(
  'a report that says why only in the words of the other server',
  report([
    mta,
    ...block('gone@x.example', 'Action: failed', 'Status: 5.0.0', 'Diagnostic-Code: smtp; 550 5.1.1 User unknown'),
  ]),
  { bounce: { ...gone, status: '5.1.1' } },
);
add(
  'a report whose other server tells its address',
  report([mta, ...block('gone@x.example', 'Action: failed', 'Diagnostic-Code: smtp; 550 [5.1.1.9] said no')]),
  { bounce: { ...gone, status: '' } },
);
add(
  'a report that names nobody, beside words that do',
  report([mta, 'Arrival-Date: Sun, 1 Mar 2026 10:00:00 +0000'], {
    said: lines('The following recipients did not receive your message:', '', '     <gone@x.example>'),
  }),
  { bounce: { ...gone, ...id } },
);
add(
  'a report that names nobody, and words that do not either',
  report([mta, 'Arrival-Date: Sun, 1 Mar 2026 10:00:00 +0000']),
  { bounce: { ...gone, ...id } },
);
add(
  'a bounce of an address that is kept secret',
  notice({
    from: 'Mail Delivery System <Mailer-Daemon@mx.x.example>',
    subject: 'Mail delivery failed: returning message to sender',
    said: ['The following address(es) failed:', '', '  an undisclosed address', '    (generated from gone@x.example)'],
  }),
  { bounce: gone },
);
add(
  'a report within the footer of a mailing list',
  report(failedBlock, { top: 'multipart/mixed', headers: ['List-Id: <team.contoso.example>'] }),
  { bounce: { ...gone, ...id }, autoReply: true },
);
add(
  'a report that returns headers alone, in no report',
  report(failedBlock, { top: 'multipart/mixed', returnedType: 'text/rfc822-headers', headers: ['Return-Path: <>'] }),
  { bounce: { ...gone, ...id } },
);
add(
  'a report that returns nothing, of Gmail',
  report(
    [
      mta,
      'X-Original-Message-ID: <original@contoso.example>',
      ...block('gone@x.example', 'Action: failed', 'Status: 5.1.1'),
    ],
    { returned: undefined },
  ),
  { bounce: { ...gone, ...id } },
);
add(
  'a report of a thousand failures',
  report([
    mta,
    ...Array.from({ length: 1000 }, (_, n) => block(`u${n}@x.example`, 'Action: failed', 'Status: 5.1.1')).flat(),
  ]),
  { bounce: { recipient: 'u0@x.example', action: 'failed' }, truncated: ['bounce'] },
);

// Reports of mail that arrived, and mail of people about reports.
const receipts = ['delivered', 'relayed', 'expanded', 'deliverable', 'Delivered (to mailbox)'];
for (const action of receipts) {
  add(
    `a receipt that says ${action}`,
    report([mta, ...block('gone@x.example', `Action: ${action}`, 'Status: 2.1.5')], {
      subject: 'Successful Mail Delivery Report',
      said: 'Your message was successfully delivered to the destination(s) listed below.',
    }),
    { bounce: undefined, autoReply: true },
  );
}
add(
  'a report that a person passes on by a part of its own',
  report(failedBlock, { top: 'multipart/mixed', from: 'Grace <grace@x.example>', subject: 'Look what came back' }),
  { bounce: undefined, autoReply: false },
);
add(
  'a report that a person passes on whole',
  lines(
    'Message-ID: <fwd@x.example>',
    'From: Grace <grace@x.example>',
    'To: ada@contoso.example',
    'Subject: Fwd: Undelivered Mail Returned to Sender',
    'Content-Type: multipart/mixed; boundary=f',
    '',
    multipart(
      'f',
      lines('Content-Type: text/plain', '', 'Can you help?'),
      lines('Content-Type: message/rfc822', '', report(failedBlock)),
    ),
  ),
  { bounce: undefined, autoReply: false },
);

interface Person {
  readonly from?: string;
  readonly subject?: string;
  readonly headers?: readonly string[];
  readonly said: readonly string[];
}
const people: readonly (readonly [string, Person])[] = [
  [
    'who quotes a bounce and asks for help',
    {
      subject: 'Undelivered Mail Returned to Sender',
      headers: ['User-Agent: Thunderbird'],
      said: ['Hello,', '', 'since Monday I get these:', '', '<gone@x.example>: host mx said: 550 5.1.1 User unknown'],
    },
  ],
  [
    'who passes one on in the text',
    {
      subject: 'FW: Undeliverable: Hello',
      said: [
        'fyi',
        '',
        '-----Original Message-----',
        'From: Mail Delivery System',
        '',
        'Your message could not be delivered to:',
        'gone@x.example',
      ],
    },
  ],
  [
    'who answers as postmaster',
    {
      from: 'Postmaster <postmaster@x.example>',
      subject: 'Re: Delivery failure',
      headers: ['In-Reply-To: <original@contoso.example>'],
      said: ['Dear Ada,', '', 'your mail could not be delivered, because gone@x.example has left us.', '', 'Bob'],
    },
  ],
  [
    'who writes as postmaster of a change',
    {
      from: 'Postmaster <postmaster@x.example>',
      subject: 'New mail server on Sunday',
      headers: ['User-Agent: Thunderbird'],
      said: ['On Sunday mail will be delayed.', 'Mail to old@x.example will not be delivered any more.'],
    },
  ],
  [
    'who is away',
    {
      from: 'Bob <bob@x.example>',
      subject: 'Automatic reply: Hello',
      headers: ['Return-Path: <>', 'Auto-Submitted: auto-replied'],
      said: ['I am out of the office until Monday. Please write to grace@x.example.'],
    },
  ],
  [
    'who has left, and has it said for her',
    {
      from: 'Grace <grace@x.example>',
      subject: 'Re: Hello',
      headers: ['Return-Path: <>', 'Auto-Submitted: auto-replied'],
      said: ['I have left the company, and your mail was not forwarded. Write to bob@x.example.'],
    },
  ],
  [
    'who is away, with the address of a colleague on a line of its own',
    {
      from: 'Bob <bob@x.example>',
      subject: 'Abwesenheit',
      headers: ['Return-Path: <>', 'Auto-Submitted: auto-replied'],
      said: ['Ihre Nachricht wird nicht weitergeleitet.', 'Bitte wenden Sie sich an:', '', 'grace@x.example'],
    },
  ],
  [
    'of a ticket system about a mail that came back',
    {
      from: 'Jira <jira@x.example>',
      subject: '[JIRA] (ABC-1) Mail delivery failed for users',
      headers: ['Auto-Submitted: auto-generated', 'Precedence: bulk'],
      said: ['Mail delivery failed for users', '', '<gone@x.example>: host mx said: 550 5.1.1 User unknown'],
    },
  ],
  [
    'of a help desk that was asked about one',
    {
      from: 'Support <support@x.example>',
      subject: 'Delivery failure [#123]',
      headers: ['Auto-Submitted: auto-replied', 'In-Reply-To: <a@x.example>'],
      said: ['We have received your request: your message could not be delivered to gone@x.example.'],
    },
  ],
  [
    'of a newsletter about mail',
    {
      from: 'Mail Tips <news@x.example>',
      subject: 'Why your mail could not be delivered',
      headers: ['List-Unsubscribe: <https://x.example>'],
      said: ['550 user unknown is the first reason.', '', 'a@x.example: 550 5.1.1 user unknown'],
    },
  ],
  [
    'of a parcel service',
    {
      from: 'Parcel Service <tracking@parcel.example>',
      subject: 'Delivery failed',
      headers: ['Auto-Submitted: auto-generated'],
      said: ['Your parcel 123 could not be delivered.', 'Questions? Write to service@parcel.example.'],
    },
  ],
  [
    'of a list that holds one back',
    {
      from: 'dev-bounces@lists.x.example',
      subject: 'Your message to dev awaits moderator approval',
      headers: ['Return-Path: <>', 'Precedence: bulk', 'List-Id: <dev.lists.x.example>'],
      said: [
        "Your mail to 'dev' with the subject",
        '',
        '    Hello',
        '',
        'is being held until the moderator can review it.',
      ],
    },
  ],
  [
    'of a mailbox that is nearly full',
    {
      from: 'Mail Delivery System <postmaster@contoso.example>',
      subject: 'Your mailbox is almost full',
      headers: ['Return-Path: <>'],
      said: ['ada@contoso.example uses 95 % of its quota.', 'Please delete some mail.'],
    },
  ],
  [
    'of somebody who wants a password',
    {
      from: 'Mail Delivery System <postmaster@contoso.example.evil.example>',
      subject: '5 incoming messages could not be delivered',
      headers: ['Content-Language: en'],
      said: ['Hello ada@contoso.example,', '', '5 messages could not be delivered to you. Release them here.'],
    },
  ],
  [
    'who complains of abuse',
    {
      from: '<abuse@x.example>',
      subject: 'FW: Hello',
      said: ['This is an abuse report of a mail that was received from 192.0.2.1.'],
    },
  ],
];
for (const [name, { from = 'Grace <grace@x.example>', subject = 'Hello', headers = [], said }] of people) {
  add(
    `a mail ${name}`,
    lines(
      'Message-ID: <person@x.example>',
      `From: ${from}`,
      'To: ada@contoso.example',
      `Subject: ${subject}`,
      ...headers,
      'Content-Type: text/plain; charset=utf-8',
      '',
      ...said,
    ),
    { bounce: undefined },
  );
}

export const bounces: readonly CorpusMessage[] = mails;
