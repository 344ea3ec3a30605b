import type { Attachment } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { outlookZone } from '../../../../test/corpus/build.ts';
import type { CalendarInfo } from '../../domain/mail/message.ts';
import { calendarOf } from './calendar.ts';
import { unfoldedOctets } from './octets.ts';
import { scanCalendar } from './scan.ts';

const file = (text: string, method?: string): Attachment => ({
  filename: null,
  mimeType: 'text/calendar',
  disposition: null,
  content: text,
  ...(method === undefined ? {} : { method }),
});

const calendar = (lines: readonly string[], method = 'REQUEST', before: readonly string[] = []): Attachment =>
  file(
    [
      'BEGIN:VCALENDAR',
      ...(method === '' ? [] : [`METHOD:${method}`]),
      ...before,
      'BEGIN:VEVENT',
      'UID:u',
      ...lines,
      'END:VEVENT',
      'END:VCALENDAR',
    ].join('\r\n'),
  );

const read = async (part: Attachment): Promise<CalendarInfo | undefined> => (await calendarOf([part]))?.calendar;

it.each<[start: string, length: string, end: string | undefined]>([
  ['DTSTART:20260301T100000Z', 'PT1H30M', '2026-03-01T11:30:00Z'],
  ['DTSTART;TZID=Europe/Berlin:20261231T233000', '+PT45M', '2027-01-01T00:15:00[Europe/Berlin]'],
  ['DTSTART;VALUE=DATE:20260228', 'P1D', '2026-03-01'],
  ['DTSTART:20260301T100000', 'P1W', '2026-03-08T10:00:00'],
  ['DTSTART:20260301T100000Z', 'P1DT2H3M4S', '2026-03-02T12:03:04Z'],
  ['DTSTART:20260301T100000Z', '-PT1H', undefined],
  ['DTSTART:20260301T100000Z', 'an hour', undefined],
  ['DTSTART:soon', 'PT1H', undefined],
  ['DTSTART:20260301T100000Z', 'P999999999999999999W', undefined],
  ['DTSTART:20260301T100000Z', 'PT99999999999999999999999S', undefined],
])('an event from %s for %s ends at %s', async (start, length, end) => {
  expect((await read(calendar([start, `DURATION:${length}`])))?.end).toBe(end);
});

it('has the end that it tells, whatever its length', async () => {
  const event = calendar(['DTSTART:20260301T100000Z', 'DTEND:20260301T110000Z', 'DURATION:PT2H']);
  expect((await read(event))?.end).toBe('2026-03-01T11:00:00Z');
});

describe('a time', () => {
  it.each<[time: string, told: string | undefined, definition?: readonly string[]]>([
    ['DTSTART:20261203T090000Z', '2026-12-03T09:00:00Z'],
    ['DTSTART:20261203T100000', '2026-12-03T10:00:00'],
    ['DTSTART;VALUE=DATE:20261203', '2026-12-03'],
    ['DTSTART:20261203', '2026-12-03'],
    ['DTSTART;TZID=Europe/Berlin:20261203T100000', '2026-12-03T10:00:00[Europe/Berlin]'],
    ['DTSTART;TZID="Europe/Berlin":20261203T100000', '2026-12-03T10:00:00[Europe/Berlin]'],
    ['DTSTART;TZID=W. Europe Standard Time:20261203T100000', '2026-12-03T10:00:00[Europe/Berlin]'],
    ['DTSTART;TZID=w. europe standard time:20261203T100000', '2026-12-03T10:00:00[Europe/Berlin]'],
    ['DTSTART;TZID=W. Europe Standard Time 1:20261203T100000', '2026-12-03T10:00:00[Europe/Berlin]'],
    ['DTSTART;TZID=Pacific Daylight Time:20261203T100000', '2026-12-03T10:00:00[America/Los_Angeles]'],
    ['DTSTART;TZID=US Eastern Standard Time:20261203T100000', '2026-12-03T10:00:00[America/Indianapolis]'],
    ['DTSTART;TZID=/citadel.org/20260101_1/Europe/Berlin:20261203T100000', '2026-12-03T10:00:00[Europe/Berlin]'],
    ['DTSTART;TZID=Europe/Berlin;VALUE=DATE-TIME:20261203T100000', '2026-12-03T10:00:00[Europe/Berlin]'],
    ['DTSTART;VALUE=DATE-TIME;TZID=Europe/Berlin:20261203T100000', '2026-12-03T10:00:00[Europe/Berlin]'],
    ['DTSTART;TZID=UTC:20261203T100000', '2026-12-03T10:00:00Z'],
    ['DTSTART;TZID="tzone://Microsoft/Utc":20261203T100000', '2026-12-03T10:00:00Z'],
    ['DTSTART;TZID=tzone://Microsoft/Utc:20261203T100000', '2026-12-03T10:00:00Z'],
    [
      'DTSTART;TZID=Customized Time Zone:20261203T100000',
      '2026-12-03T10:00:00+01:00',
      outlookZone('Customized Time Zone'),
    ],
    [
      'DTSTART;TZID=Customized Time Zone:20260703T100000',
      '2026-07-03T10:00:00+02:00',
      outlookZone('Customized Time Zone'),
    ],
    [
      'DTSTART;TZID=Customized Time Zone:20260329T013000',
      '2026-03-29T01:30:00+01:00',
      outlookZone('Customized Time Zone'),
    ],
    [
      'DTSTART;TZID=Customized Time Zone:20260329T033000',
      '2026-03-29T03:30:00+02:00',
      outlookZone('Customized Time Zone'),
    ],
    [
      'DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin":20261203T100000',
      '2026-12-03T10:00:00+01:00',
      outlookZone('(UTC+01:00) Amsterdam, Berlin'),
    ],
    [
      'DTSTART;TZID=(UTC+01:00) Amsterdam, Berlin:20261203T100000',
      '2026-12-03T10:00:00+01:00',
      outlookZone('(UTC+01:00) Amsterdam, Berlin'),
    ],
    [
      'DTSTART;TZID=Office:20261203T100000',
      '2026-12-03T10:00:00[Europe/Paris]',
      outlookZone('Office', 'X-LIC-LOCATION:Europe/Paris'),
    ],
    ['DTSTART;TZID=Office:20261203T100000', '2026-12-03T10:00:00'],
    ['DTSTART;TZID=Office:20261203T100000', '2026-12-03T10:00:00', ['BEGIN:VTIMEZONE', 'TZID:Office', 'END:VTIMEZONE']],
    ['DTSTART;TZID=Europe/Berlin:20261340T990000', undefined],
    ['DTSTART:20260230T100000Z', undefined],
    ['DTSTART:soon', undefined],
  ])('written as %s is given as %s', async (line, told, definition) => {
    expect((await read(calendar([line], 'REQUEST', definition)))?.start).toBe(told);
  });

  it('a time in a zone with half hours west of Greenwich is converted', async () => {
    const half = [
      'BEGIN:STANDARD',
      'DTSTART:19700101T000000',
      'TZOFFSETFROM:-0330',
      'TZOFFSETTO:-0330',
      'END:STANDARD',
    ];
    const definition = ['BEGIN:VTIMEZONE', 'TZID:St. Mine', ...half, 'END:VTIMEZONE'];
    expect((await read(calendar(['DTSTART;TZID=St. Mine:20260301T100000'], 'REQUEST', definition)))?.start).toBe(
      '2026-03-01T10:00:00-03:30',
    );
  });

  it.each([
    ['20050703T100000', '2005-07-03T10:00:00+02:00'],
    ['20251203T100000', '2025-12-03T10:00:00+01:00'],
    ['19991203T100000', '1999-12-03T10:00:00+01:00'],
    ['99991203T100000', '9999-12-03T10:00:00'],
    ['16020103T100000', '1602-01-03T10:00:00'],
    ['00010101T000000', undefined],
  ])('a time in a zone that only its file defines, %s, is given as %s', async (time, told) => {
    const event = calendar([`DTSTART;TZID=Mine:${time}`], 'REQUEST', outlookZone('Mine'));
    expect((await read(event))?.start).toBe(told);
  });

  it('a time in a zone whose rules have ended follows the last rule', async () => {
    const ended = outlookZone('Mine').map((line) => line.replace(/^(RRULE.*)$/, '$1;UNTIL=20061231T000000Z'));
    const at = async (time: string) => (await read(calendar([`DTSTART;TZID=Mine:${time}`], 'REQUEST', ended)))?.start;
    expect(await at('20050703T100000')).toBe('2005-07-03T10:00:00+02:00');
    expect(await at('20260703T100000')).toBe('2026-07-03T10:00:00+01:00');
  });

  it('a time in a zone of 10,000 rules is still given', async () => {
    const [begin = '', tzid = '', ...rules] = outlookZone('Mine').map((line) =>
      line.replace(/BYDAY=-1SU;BYMONTH=3/, 'BYDAY=SU;BYMONTH=3;BYMONTHDAY=25,26,27,28,29,30,31'),
    );
    const many = [begin, tzid, ...Array.from({ length: 5_000 }, () => rules.slice(0, -1)).flat(), 'END:VTIMEZONE'];
    expect((await read(calendar(['DTSTART;TZID=Mine:20260703T100000'], 'REQUEST', many)))?.start).toBe(
      '2026-07-03T10:00:00+02:00',
    );
  });

  it.each([
    'FREQ=SECONDLY',
    'FREQ=YEARLY;BYDAY=1SU;BYMONTH=10;BYMONTHDAY=28',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=YEARLY;BYDAY=53MO;BYMONTH=1',
    'FREQ=YEARLY;BYEASTER=1',
  ])('a time in a zone whose rule would keep a parser busy (%s) is still given', async (rule) => {
    const definition = outlookZone('Mine').map((line) => (line.startsWith('RRULE') ? `RRULE:${rule}` : line));
    const event = calendar(['DTSTART;TZID=Mine:20261203T100000'], 'REQUEST', definition);
    expect((await read(event))?.start).toMatch(/^2026-12-03T10:00:00\+0[12]:00$/);
  });
});

describe('what it means', () => {
  const answer = (status: string): string => `ATTENDEE;PARTSTAT=${status};CN=Grace:mailto:grace@example.org`;
  it.each<[means: string, scope: string, method: string, lines: readonly string[]]>([
    ['invited', 'event', 'REQUEST', []],
    ['invited', 'series', 'request', ['RRULE:FREQ=WEEKLY;BYDAY=MO']],
    ['invited', 'occurrence', 'REQUEST', ['RECURRENCE-ID:20261210T090000Z']],
    ['cancelled', 'event', 'CANCEL', ['STATUS:CANCELLED']],
    ['cancelled', 'series', 'CANCEL', ['RRULE:FREQ=DAILY']],
    ['cancelled', 'occurrence', 'CANCEL', ['RECURRENCE-ID;TZID=W. Europe Standard Time:20261210T100000']],
    ['cancelled', 'event', 'REQUEST', ['STATUS:CANCELLED']],
    ['accepted', 'event', 'REPLY', [answer('ACCEPTED')]],
    ['declined', 'event', 'REPLY', [answer('declined')]],
    ['tentative', 'event', 'REPLY', [answer('TENTATIVE')]],
    ['delegated', 'event', 'REPLY', [answer('DELEGATED')]],
    ['answered', 'event', 'REPLY', [answer('X-LATER')]],
    ['answered', 'event', 'REPLY', []],
    ['proposed', 'event', 'COUNTER', []],
    ['proposal_declined', 'event', 'DECLINECOUNTER', []],
    ['asked', 'event', 'REFRESH', []],
    ['added', 'occurrence', 'ADD', ['RECURRENCE-ID:20261210T090000Z']],
    ['published', 'event', 'PUBLISH', []],
    ['published', 'event', '', []],
    ['published', 'event', 'X-OTHER', []],
  ])('is %s, of the %s, of %s with %s', async (means, scope, method, lines) => {
    expect(await read(calendar(lines, method))).toMatchObject({ means, scope });
  });

  it('is what the headers say where the file says nothing', async () => {
    const [, ...lines] = calendar([], '').content.toString().split('\r\n');
    expect(await read(file(['BEGIN:VCALENDAR', ...lines].join('\r\n'), 'REQUEST'))).toMatchObject({
      method: 'REQUEST',
      means: 'invited',
    });
  });

  it('tells who answers, and what', async () => {
    const lines = ['ORGANIZER:mailto:ada@contoso.example', answer('DECLINED'), 'COMMENT:On leave\\, sorry'];
    const grace = { name: 'Grace', address: 'grace@example.org', status: 'DECLINED' };
    expect(await read(calendar(lines, 'REPLY'))).toMatchObject({
      attendees: ['grace@example.org'],
      participants: [grace],
      answer: { ...grace, comment: 'On leave, sorry' },
    });
  });

  it('tells the occurrence by the time that it had', async () => {
    const lines = [
      'RECURRENCE-ID;TZID=W. Europe Standard Time:20261210T100000',
      'DTSTART:20261211T090000Z',
      'SEQUENCE:3',
    ];
    expect(await read(calendar(lines))).toMatchObject({
      recurrenceId: '2026-12-10T10:00:00[Europe/Berlin]',
      start: '2026-12-11T09:00:00Z',
      sequence: 3,
    });
  });

  it('is taken from the invitation, where a calendar is published beside it', async () => {
    const published = calendar(['SUMMARY:Holidays'], 'PUBLISH');
    expect((await calendarOf([published, calendar(['SUMMARY:Plan'])]))?.calendar.summary).toBe('Plan');
    expect((await calendarOf([published]))?.calendar.summary).toBe('Holidays');
  });
});

describe('people', () => {
  it.each<[line: string, address: string, name: string, status: string]>([
    ['ATTENDEE:mailto:a@x.example', 'a@x.example', '', 'NEEDS-ACTION'],
    ['ATTENDEE;CN="Ada: the First";PARTSTAT=ACCEPTED:MAILTO:a@x.example', 'a@x.example', 'Ada: the First', 'ACCEPTED'],
    ['ATTENDEE;CN=Ada: the First;PARTSTAT=DECLINED:mailto:a@x.example', 'a@x.example', '', 'DECLINED'],
    ['ATTENDEE;CN=;ROLE=REQ-PARTICIPANT:mailto:a@x.example', 'a@x.example', '', 'NEEDS-ACTION'],
    ['ATTENDEE;CN=Größe:invalid:nomail', 'invalid:nomail', 'Größe', 'NEEDS-ACTION'],
    ['ATTENDEE;VALUE=PERIOD:mailto:a@x.example', 'a@x.example', '', 'NEEDS-ACTION'],
  ])('are read from %s', async (line, address, name, status) => {
    expect((await read(calendar([line])))?.participants).toEqual([{ address, name, status }]);
  });

  it('are left out without an address', async () => {
    for (const line of ['ATTENDEE:', 'ATTENDEE;CN=Ada:mailto:', 'ATTENDEE;VALUE=PERIOD:20260101T000000Z/PT1H'])
      expect((await read(calendar([line])))?.participants).toEqual([]);
  });

  it('are told as far as 500', async () => {
    const all = Array.from({ length: 600 }, (_, n) => `ATTENDEE;PARTSTAT=ACCEPTED:mailto:u${n}@x.example`);
    const told = await calendarOf([calendar([...all, 'SUMMARY:All hands'])]);
    expect(told?.cut).toBe(true);
    expect(told?.calendar.participants).toHaveLength(500);
    expect(told?.calendar.summary).toBe('All hands');
  });
});

describe('a large or broken file', () => {
  it('is handed to the parser as one event, however many there are', () => {
    const one = ['BEGIN:VEVENT', 'UID:u', 'SUMMARY:s', 'DTSTART:20260301T100000Z', 'END:VEVENT'].join('\r\n');
    const scanned = scanCalendar(`BEGIN:VCALENDAR\r\n${`${one}\r\n`.repeat(60_000)}END:VCALENDAR`);
    expect(scanned?.lines).toEqual(['UID:u', 'SUMMARY:s', 'DTSTART:20260301T100000Z']);
  });

  it('is handed over in pieces of limited size, whatever is in it', () => {
    const lines = [
      ...Array.from({ length: 5_000 }, (_, n) => `COMMENT:${n}`),
      ...Array.from({ length: 5_000 }, (_, n) => `ATTENDEE:mailto:u${n}@x.example`),
      `SUMMARY:${'x'.repeat(100_000)}`,
    ];
    const zones = Array.from({ length: 300 }, (_, n) => outlookZone(`z${n}`)).flat();
    const scanned = scanCalendar(String(calendar(lines, 'REQUEST', zones).content));
    expect(scanned?.lines.length).toBeLessThanOrEqual(600);
    expect(Math.max(...(scanned?.lines ?? []).map((line) => line.length))).toBeLessThanOrEqual(4_096);
    expect(scanned?.zones.flat().length).toBeLessThanOrEqual(2_000);
  });

  it('tells of a series the series, after a thousand of its exceptions', async () => {
    const exceptions = Array.from({ length: 1_000 }, (_, n) =>
      ['BEGIN:VEVENT', 'UID:u', `RECURRENCE-ID:20260301T10${String(n % 60).padStart(2, '0')}00Z`, 'END:VEVENT'].join(
        '\r\n',
      ),
    );
    expect(await read(calendar(['SUMMARY:Plan', 'RRULE:FREQ=DAILY'], 'REQUEST', exceptions))).toMatchObject({
      summary: 'Plan',
      scope: 'series',
    });
  });

  it('tells what comes after a description of a megabyte, in one line or folded', async () => {
    const long = `DESCRIPTION:${'x'.repeat(1_000_000)}`;
    const folded = long.replace(/.{70}/g, '$&\r\n ');
    for (const description of [long, folded]) {
      expect(await read(calendar([description, 'SUMMARY:Plan']))).toMatchObject({ summary: 'Plan' });
    }
  });

  it.each(['BEGIN:VCALENDAR', 'BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\nEND:VCALENDAR', '', ':::'])(
    'gives no event if it has none (%s)',
    async (text) => {
      expect(await read(file(text))).toBeUndefined();
    },
  );

  it('is read as far as it goes if it has no end', async () => {
    expect(await read(file('BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:u\nSUMMARY:Pl\n an'))).toMatchObject({
      uid: 'u',
      summary: 'Plan',
    });
  });

  it('is read without its invalid lines', async () => {
    const lines = [
      'nonsense',
      'SUMMARY',
      ';:',
      'LOCATION;X:Room 1',
      'RRULE:FREQ=NEVER',
      'SEQUENCE:many',
      'SUMMARY:Plan',
    ];
    expect(await read(calendar(lines))).toMatchObject({ summary: 'Plan', recurrence: 'FREQ=NEVER' });
  });
});

describe('a line that is folded within a character', () => {
  it('is unfolded before its bytes are decoded', () => {
    const folded = Buffer.concat([
      Buffer.from('SUMMARY:Gr'),
      Buffer.from([0xc3]),
      Buffer.from('\r\n '),
      Buffer.from([0xbc]),
    ]);
    expect(Buffer.from(unfoldedOctets(folded))).toEqual(Buffer.from('SUMMARY:Grü'));
  });
});
