import { describe, expect, it } from 'vitest';
import { calendarOf } from './calendar.ts';
import { readInvitation, writeReply } from './invitation.ts';

/** As Outlook writes an invitation to one occurrence of a series. */
const occurrence = `BEGIN:VCALENDAR
METHOD:REQUEST
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:Unused
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0000
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ORGANIZER;CN="Hopper, Grace":mailto:grace@fabrikam.example
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Ada:mailto:Ada@contoso.example
ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE;CN=Eve:mailto:eve@fabrikam.example
DESCRIPTION;LANGUAGE=en-GB:Long words
UID:040000008200E00074C5B7101A82E00800000000
RECURRENCE-ID;TZID=W. Europe Standard Time:20261203T100000
SUMMARY;LANGUAGE=en-GB:Greenhouse\\, weekly
DTSTART;TZID=W. Europe Standard Time:20261203T113000
DTEND;TZID=W. Europe Standard Time:20261203T120000
SEQUENCE:3
STATUS:CONFIRMED
BEGIN:VALARM
DESCRIPTION:REMINDER
END:VALARM
END:VEVENT
END:VCALENDAR
`.replaceAll('\n', '\r\n');

const at = new Date('2026-11-30T12:00:00Z');
const replyTo = async (text: string, attendee: string, comment?: string) => {
  const invitation = await readInvitation(text, '');
  if (invitation === undefined) throw new Error('no invitation');
  return writeReply(invitation, { attendee, answer: 'accepted', comment, at });
};

describe('an invitation', () => {
  it('is read as far as an answer needs it', async () => {
    expect(await readInvitation(occurrence, '')).toMatchObject({
      ...{ uid: '040000008200E00074C5B7101A82E00800000000', summary: 'Greenhouse, weekly' },
      organizer: { name: 'Hopper, Grace', address: 'grace@fabrikam.example' },
      attendees: ['Ada@contoso.example', 'eve@fabrikam.example'],
      recurrenceId: '2026-12-03T10:00:00',
    });
  });

  it.each([
    ['a cancellation', occurrence.replace('METHOD:REQUEST', 'METHOD:CANCEL'), ''],
    ['an answer', occurrence.replace('METHOD:REQUEST', 'METHOD:REPLY'), ''],
    ['a calendar file without a method', occurrence.replace('METHOD:REQUEST\r\n', ''), ''],
    ['one that names no organizer', occurrence.replace(/ORGANIZER.*\r\n/, ''), ''],
    ['one without a UID', occurrence.replace(/UID:.*\r\n/, ''), ''],
    ['no calendar', 'Hello', 'REQUEST'],
  ])('is not %s', async (_, text, method) => {
    expect(await readInvitation(text, method)).toBeUndefined();
  });

  it('may say only in its Content-Type that it is one', async () => {
    expect(await readInvitation(occurrence.replace('METHOD:REQUEST\r\n', ''), 'request')).toBeDefined();
  });
});

describe('the answer to an invitation', () => {
  it('names event, sequence and occurrence as they are, and one attendee alone', async () => {
    const reply = await replyTo(occurrence, 'ada@contoso.example', 'See you; there');
    const lines = reply.replaceAll(/\r\n[ \t]/g, '').split('\r\n');
    expect(lines).toEqual([
      'BEGIN:VCALENDAR',
      'PRODID:-//NocoBase Mail Broker//EN',
      'VERSION:2.0',
      'METHOD:REPLY',
      'BEGIN:VTIMEZONE',
      'TZID:W. Europe Standard Time',
      'BEGIN:STANDARD',
      'DTSTART:16010101T030000',
      'TZOFFSETFROM:+0200',
      'TZOFFSETTO:+0100',
      'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10',
      'END:STANDARD',
      'END:VTIMEZONE',
      'BEGIN:VEVENT',
      'ORGANIZER;CN="Hopper, Grace":mailto:grace@fabrikam.example',
      'UID:040000008200E00074C5B7101A82E00800000000',
      'RECURRENCE-ID;TZID=W. Europe Standard Time:20261203T100000',
      'SUMMARY;LANGUAGE=en-GB:Greenhouse\\, weekly',
      'DTSTART;TZID=W. Europe Standard Time:20261203T113000',
      'DTEND;TZID=W. Europe Standard Time:20261203T120000',
      'SEQUENCE:3',
      'DTSTAMP:20261130T120000Z',
      'ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:mailto:Ada@contoso.example',
      'COMMENT:See you\\; there',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ]);
    for (const line of reply.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  });

  it('is one that a mail program reads as such', async () => {
    const content = await replyTo(occurrence, 'ada@contoso.example');
    const part = { mimeType: 'text/calendar', content, filename: '', disposition: null } as const;
    expect((await calendarOf([part]))?.calendar).toMatchObject({
      ...{ method: 'REPLY', means: 'accepted', scope: 'occurrence', sequence: 3 },
      answer: { address: 'Ada@contoso.example', status: 'ACCEPTED', name: 'Ada' },
    });
  });

  it('has sequence 0 where the invitation has none, and the address itself where a list was invited', async () => {
    const reply = await replyTo(occurrence.replace('SEQUENCE:3\r\n', ''), 'bea@contoso.example');
    expect(reply).toContain('SEQUENCE:0');
    expect(reply).toContain('ATTENDEE;PARTSTAT=ACCEPTED:mailto:bea@contoso.example');
    expect(reply).not.toContain('Ada@');
  });
});
