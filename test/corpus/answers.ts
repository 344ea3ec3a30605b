import { type CorpusMessage, chapter, lines, multipart, outlookZone } from './build.ts';

const { mails, add } = chapter();

// Calendars.
const invitation = (
  method: string,
  event: readonly string[],
  {
    type = `text/calendar; method=${method}; charset=utf-8`,
    before = [],
    after = [],
  }: { type?: string; before?: readonly string[]; after?: readonly string[] } = {},
): string =>
  lines(
    'Message-ID: <cal@x.example>',
    'From: Bob <bob@x.example>',
    'To: ada@contoso.example',
    'Subject: Meeting',
    'Content-Type: multipart/alternative; boundary=c',
    '',
    multipart(
      'c',
      lines('Content-Type: text/plain', '', 'When: Sunday'),
      lines(
        `Content-Type: ${type}`,
        '',
        'BEGIN:VCALENDAR',
        'PRODID:-//Test//EN',
        'VERSION:2.0',
        ...(method === '' ? [] : [`METHOD:${method}`]),
        ...before,
        'BEGIN:VEVENT',
        ...event,
        'END:VEVENT',
        ...after,
        'END:VCALENDAR',
      ),
    ),
  );
const event = [
  'UID:u-1@x.example',
  'SUMMARY:Plan',
  'DTSTAMP:20260301T090000Z',
  'ORGANIZER;CN=Bob:mailto:bob@x.example',
  'ATTENDEE;CN=Ada;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ada@contoso.example',
];
const times = ['DTSTART:20260301T100000Z', 'DTEND:20260301T110000Z'];

for (const method of ['REQUEST', 'REPLY', 'CANCEL', 'COUNTER', 'DECLINECOUNTER', 'REFRESH', 'ADD', 'PUBLISH']) {
  add(`a calendar that says ${method}`, invitation(method, [...event, ...times]), {
    calendar: {
      method,
      uid: 'u-1@x.example',
      summary: 'Plan',
      start: '2026-03-01T10:00:00Z',
      end: '2026-03-01T11:00:00Z',
      organizer: 'bob@x.example',
      attendees: ['ada@contoso.example'],
      participants: [{ name: 'Ada', address: 'ada@contoso.example', status: 'NEEDS-ACTION' }],
    },
  });
}
add(
  'an invitation of Outlook in a zone of Windows',
  invitation(
    'REQUEST',
    [
      ...event,
      'DTSTART;TZID=W. Europe Standard Time:20260301T100000',
      'DTEND;TZID="W. Europe Standard Time":20260301T110000',
      'CLASS:PUBLIC',
      'PRIORITY:5',
      'TRANSP:OPAQUE',
      'X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE',
      'BEGIN:VALARM',
      'DESCRIPTION:REMINDER',
      'TRIGGER;RELATED=START:-PT15M',
      'ACTION:DISPLAY',
      'SUMMARY:not this',
      'END:VALARM',
    ],
    { before: outlookZone('W. Europe Standard Time') },
  ),
  {
    calendar: {
      start: '2026-03-01T10:00:00[Europe/Berlin]',
      end: '2026-03-01T11:00:00[Europe/Berlin]',
      summary: 'Plan',
    },
  },
);
add(
  'an invitation to a whole day',
  invitation('REQUEST', [...event, 'DTSTART;VALUE=DATE:20260301', 'DTEND;VALUE=DATE:20260302']),
  { calendar: { start: '2026-03-01', end: '2026-03-02' } },
);
add(
  'an invitation with a duration in place of an end',
  invitation('REQUEST', [...event, 'DTSTART:20260301T100000Z', 'DURATION:PT1H']),
  { calendar: { start: '2026-03-01T10:00:00Z' } },
);
add(
  'an invitation to a series',
  invitation('REQUEST', [...event, ...times, 'RRULE:FREQ=WEEKLY;BYDAY=MO', 'EXDATE:20260302T100000Z']),
  { calendar: { uid: 'u-1@x.example' } },
);
add(
  'an invitation whose lines are folded anywhere',
  invitation('REQUEST', [
    'UID:u-1@x.exa',
    ' mple',
    'SUMMARY:Pl',
    '\tan',
    'ORGANIZER;CN="Bob: the',
    '  Builder":mailto:bo',
    ' b@x.example',
    ...times,
  ]),
  { calendar: { uid: 'u-1@x.example', summary: 'Plan', organizer: 'bob@x.example' } },
);
add(
  'an invitation with escapes',
  invitation('REQUEST', [...event.slice(2), 'UID:u', 'SUMMARY:a\\, b\\; c\\\\d\\ne', ...times]),
  { calendar: { summary: 'a, b; c\\d\ne' } },
);
add(
  'an invitation whose method is in the headers only',
  invitation('', [...event, ...times], { type: 'text/calendar; method=REQUEST' }),
  { calendar: { method: 'REQUEST' } },
);
add(
  'an invitation with lower-case names',
  invitation(
    'request',
    [...event, ...times].map((line) => line.replace(/^[A-Z]+/, (name) => name.toLowerCase())),
  ),
  { calendar: { method: 'REQUEST', uid: 'u-1@x.example' } },
);
add(
  'an invitation as application/ics',
  invitation('REQUEST', [...event, ...times], { type: 'application/ics; name="invite.ics"' }),
  { calendar: { uid: 'u-1@x.example' } },
);
add(
  'two events in one invitation',
  invitation('PUBLISH', [...event, ...times], { after: ['BEGIN:VEVENT', 'UID:second', 'END:VEVENT'] }),
  { calendar: { uid: 'u-1@x.example' } },
);
add(
  'a series whose exception comes first',
  invitation('REQUEST', [...event, ...times], {
    before: ['BEGIN:VEVENT', 'UID:u-1@x.example', 'RECURRENCE-ID:20260308T100000Z', 'SUMMARY:Moved', 'END:VEVENT'],
  }),
  { calendar: { summary: 'Plan', start: '2026-03-01T10:00:00Z' } },
);
add('an exception of a series alone', invitation('REQUEST', [...event, ...times, 'RECURRENCE-ID:20260301T090000Z']), {
  calendar: { summary: 'Plan', start: '2026-03-01T10:00:00Z' },
});
add(
  'a task and no event',
  lines(
    'Message-ID: <t@x.example>',
    'From: Bob <bob@x.example>',
    'Subject: task',
    'Content-Type: text/calendar; method=REQUEST',
    '',
    'BEGIN:VCALENDAR',
    'METHOD:REQUEST',
    'BEGIN:VTODO',
    'UID:t',
    'END:VTODO',
    'END:VCALENDAR',
  ),
  { subject: 'task', calendar: undefined },
);
add(
  'an invitation to a thousand',
  invitation('REQUEST', [
    ...event.slice(0, 4),
    ...times,
    ...Array.from({ length: 1000 }, (_, n) => `ATTENDEE:mailto:u${n}@x.example`),
  ]),
  { calendar: { uid: 'u-1@x.example' } },
);
add(
  'an invitation of a megabyte',
  invitation('REQUEST', [...event, ...times, `DESCRIPTION:${'x'.repeat(1_000_000)}`]),
  { calendar: { uid: 'u-1@x.example' } },
);
add(
  'an invitation with an impossible date',
  invitation('REQUEST', [...event, 'DTSTART:20261340T990000', 'DTEND:soon']),
  { calendar: { uid: 'u-1@x.example' } },
);
add(
  'an invitation of Google, as text, HTML, calendar and file',
  lines(
    'Message-ID: <g@x.example>',
    'From: Google Calendar <calendar-notification@x.example>',
    'Subject: Invitation: Plan',
    'Content-Type: multipart/mixed; boundary=m',
    '',
    multipart(
      'm',
      lines(
        'Content-Type: multipart/alternative; boundary=a',
        '',
        multipart(
          'a',
          lines('Content-Type: text/plain', '', 'Plan'),
          lines('Content-Type: text/html', '', '<b>Plan</b>'),
          lines(
            'Content-Type: text/calendar; charset=utf-8; method=REQUEST',
            '',
            'BEGIN:VCALENDAR',
            'METHOD:REQUEST',
            'BEGIN:VEVENT',
            ...event,
            ...times,
            'END:VEVENT',
            'END:VCALENDAR',
          ),
        ),
      ),
      lines(
        'Content-Type: application/ics; name="invite.ics"',
        'Content-Disposition: attachment; filename="invite.ics"',
        'Content-Transfer-Encoding: base64',
        '',
        Buffer.from('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n').toString('base64'),
      ),
    ),
  ),
  { text: 'Plan', calendar: { method: 'REQUEST' }, attachments: [{ filename: 'invite.ics' }] },
);

export const answers: readonly CorpusMessage[] = mails;
