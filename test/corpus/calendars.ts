import { base64, bytes, type CorpusMessage, chapter, lines, multipart, outlookZone, quoted } from './build.ts';

const { mails, add } = chapter();

interface Event {
  readonly method?: string;
  readonly before?: readonly string[];
  readonly lines: readonly string[];
}

const file = ({ method = 'REQUEST', before = [], lines: told }: Event): string =>
  lines(
    'BEGIN:VCALENDAR',
    ...(method === '' ? [] : [`METHOD:${method}`]),
    'PRODID:Microsoft Exchange Server 2010',
    'VERSION:2.0',
    ...before,
    'BEGIN:VEVENT',
    ...told,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  );

const head = [
  'Message-ID: <calendar@x.example>',
  'From: Grace <grace@x.example>',
  'To: ada@contoso.example',
  'Subject: Meeting',
];

/** An invitation beside its text, as Exchange and Google send it. */
const invitation = (event: Event): string =>
  lines(
    ...head,
    'Content-Type: multipart/alternative; boundary=c',
    '',
    multipart(
      'c',
      lines('Content-Type: text/plain; charset=utf-8', '', 'Please come.'),
      lines(
        `Content-Type: text/calendar; charset="utf-8"; method=${event.method ?? 'REQUEST'}`,
        'Content-Transfer-Encoding: base64',
        '',
        base64(file(event)),
      ),
    ),
  );

const winter = (zone: string, day = '20261203') => [
  `DTSTART;TZID=${zone}:${day}T100000`,
  `DTEND;TZID=${zone}:${day}T110000`,
];
const berlin = { start: '2026-12-03T10:00:00[Europe/Berlin]', end: '2026-12-03T11:00:00[Europe/Berlin]' };

add(
  'an invitation in a zone of Windows without its definition',
  invitation({ lines: ['UID:w', ...winter('W. Europe Standard Time')] }),
  { calendar: { ...berlin, means: 'invited', scope: 'event' } },
);
add(
  'an invitation in a zone that only its file knows',
  invitation({
    before: outlookZone('Customized Time Zone'),
    lines: ['UID:z', ...winter('"Customized Time Zone"'), 'RRULE:FREQ=WEEKLY;BYDAY=TH'],
  }),
  {
    calendar: {
      start: '2026-12-03T10:00:00+01:00',
      end: '2026-12-03T11:00:00+01:00',
      scope: 'series',
      recurrence: 'FREQ=WEEKLY;BYDAY=TH',
    },
  },
);
add(
  'an invitation in a zone of its display name',
  invitation({
    before: outlookZone('(UTC+01:00) Amsterdam, Berlin, Bern'),
    lines: ['UID:d', ...winter('"(UTC+01:00) Amsterdam, Berlin, Bern"', '20260703')],
  }),
  { calendar: { start: '2026-07-03T10:00:00+02:00' } },
);
add(
  'one occurrence of a series that is cancelled',
  invitation({
    method: 'CANCEL',
    before: outlookZone('W. Europe Standard Time'),
    lines: [
      'UID:series',
      'RECURRENCE-ID;TZID=W. Europe Standard Time:20261210T100000',
      'SUMMARY;LANGUAGE=en-US:Canceled: Weekly',
      ...winter('W. Europe Standard Time', '20261210'),
      'STATUS:CANCELLED',
      'SEQUENCE:4',
    ],
  }),
  {
    calendar: {
      method: 'CANCEL',
      means: 'cancelled',
      scope: 'occurrence',
      recurrenceId: '2026-12-10T10:00:00[Europe/Berlin]',
      status: 'CANCELLED',
      sequence: 4,
      summary: 'Canceled: Weekly',
    },
  },
);
add(
  'a whole series that is cancelled',
  invitation({ method: 'CANCEL', lines: ['UID:series', 'RRULE:FREQ=WEEKLY', 'DTSTART:20261203T090000Z'] }),
  { calendar: { means: 'cancelled', scope: 'series' } },
);
for (const [status, means] of [
  ['ACCEPTED', 'accepted'],
  ['DECLINED', 'declined'],
  ['TENTATIVE', 'tentative'],
] as const) {
  const grace = { name: 'Grace', address: 'grace@x.example', status };
  add(
    `an answer that says ${status}`,
    invitation({
      method: 'REPLY',
      lines: [
        'UID:r',
        'ORGANIZER:mailto:ada@contoso.example',
        `ATTENDEE;PARTSTAT=${status};CN=Grace:mailto:grace@x.example`,
      ],
    }),
    { calendar: { means, answer: grace, participants: [grace], attendees: ['grace@x.example'] } },
  );
}
add(
  'an answer about one occurrence, with a comment',
  invitation({
    method: 'REPLY',
    lines: [
      'UID:r',
      'RECURRENCE-ID;VALUE=DATE:20261210',
      'ATTENDEE;PARTSTAT=DECLINED:MAILTO:grace@x.example',
      'COMMENT:I am\\, alas\\, away',
    ],
  }),
  {
    calendar: {
      means: 'declined',
      scope: 'occurrence',
      recurrenceId: '2026-12-10',
      answer: { address: 'grace@x.example', comment: 'I am, alas, away' },
    },
  },
);
add(
  'an invitation to a room',
  invitation({ lines: ['UID:l', 'LOCATION;LANGUAGE=de-DE:Raum 1\\, 2. Stock\\; links', 'DTSTART:20261203T090000Z'] }),
  { calendar: { location: 'Raum 1, 2. Stock; links' } },
);
add(
  'the calendar of an airline, as a file',
  lines(
    ...head,
    'Content-Type: multipart/mixed; boundary=m',
    '',
    multipart(
      'm',
      lines('Content-Type: text/plain', '', 'Your booking'),
      lines(
        'Content-Type: text/calendar; name=booking.ics',
        'Content-Disposition: attachment; filename=booking.ics',
        '',
        file({ method: 'PUBLISH', lines: ['UID:f', 'SUMMARY:Flight', 'DTSTART:20261224T100000Z'] }),
      ),
    ),
  ),
  { calendar: { method: 'PUBLISH', means: 'published' }, attachments: [{ filename: 'booking.ics' }] },
);
add(
  'a calendar file that says no method, and an invitation after it',
  lines(
    ...head,
    'Content-Type: multipart/mixed; boundary=m',
    '',
    multipart(
      'm',
      lines(
        'Content-Type: text/calendar; name=holidays.ics',
        '',
        file({ method: '', lines: ['UID:h', 'SUMMARY:Holidays'] }),
      ),
      lines('Content-Type: text/calendar; method=REQUEST', '', file({ lines: ['UID:i', 'SUMMARY:Plan'] })),
    ),
  ),
  { calendar: { means: 'invited', uid: 'i' } },
);

// Folded by bytes, within a character.
const folded = bytes(
  'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:fold\r\nSUMMARY:Das Gew',
  [0xc3],
  '\r\n ',
  [0xa4],
  'chshaus ',
  [0xe6, 0x97],
  '\r\n\t',
  [0xa5],
  '\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
);
const foldedForms: readonly (readonly [string, string | Buffer])[] = [
  ['8bit', folded],
  ['base64', base64(folded)],
  [
    'quoted-printable',
    quoted(folded).replaceAll('=0D=0A', '\r\n').replaceAll('\r\n=20', '\r\n ').replaceAll('\r\n=09', '\r\n\t'),
  ],
];
for (const [encoding, content] of foldedForms) {
  add(
    `an invitation that is folded within a character, in ${encoding}`,
    bytes(
      lines(
        ...head,
        'MIME-Version: 1.0',
        'Content-Type: text/calendar; charset=utf-8; method=REQUEST',
        `Content-Transfer-Encoding: ${encoding}`,
        '',
        '',
      ),
      content,
    ),
    { calendar: { summary: 'Das Gewächshaus 日' } },
  );
}

// Exchange tells the attendees and the description before the rest.
const attendees = Array.from(
  { length: 600 },
  (_, n) =>
    `ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Attendee Number ${n}:mailto:u${n}@x.example`,
);
add(
  'an invitation to six hundred, who come first',
  invitation({
    before: outlookZone('W. Europe Standard Time'),
    lines: [
      'ORGANIZER;CN=Ada:mailto:ada@contoso.example',
      ...attendees,
      'SUMMARY:All hands',
      'UID:all',
      ...winter('W. Europe Standard Time'),
    ],
  }),
  {
    calendar: { uid: 'all', summary: 'All hands', ...berlin, organizer: 'ada@contoso.example' },
    truncated: ['calendar'],
  },
);
add(
  'an invitation whose description of 200 KB comes first',
  invitation({
    lines: [
      `DESCRIPTION:${'word\\n'.repeat(35_000)}`.replace(/.{73}/g, '$&\r\n '),
      'SUMMARY:Plan',
      'UID:long',
      'DTSTART:20261203T090000Z',
    ],
  }),
  { calendar: { uid: 'long', summary: 'Plan', start: '2026-12-03T09:00:00Z' } },
);
add(
  'a calendar of twenty thousand events',
  lines(
    ...head,
    'Content-Type: text/calendar; method=PUBLISH',
    '',
    'BEGIN:VCALENDAR',
    'METHOD:PUBLISH',
    ...Array.from({ length: 20_000 }, (_, n) => lines('BEGIN:VEVENT', `UID:${n}`, 'END:VEVENT')),
    'END:VCALENDAR',
  ),
  { calendar: { uid: '0', means: 'published' } },
);
add(
  'a calendar whose zone would keep a reader busy',
  invitation({
    before: outlookZone('Mine').map((line) => line.replace(/^RRULE:.*/, 'RRULE:FREQ=SECONDLY')),
    lines: ['UID:busy', 'DTSTART;TZID=Mine:99991203T100000'],
  }),
  { calendar: { uid: 'busy' } },
);

export const calendars: readonly CorpusMessage[] = mails;
