import type { Attachment } from 'postal-mime';
import { expect, it } from 'vitest';
import { calendarOf } from './calendar.ts';

const invitation = (...event: readonly string[]): Attachment => ({
  filename: null,
  mimeType: 'text/calendar',
  disposition: null,
  content: ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:u', ...event, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n'),
});

it.each<[start: string, length: string, end: string | undefined]>([
  ['DTSTART:20260301T100000Z', 'PT1H30M', '2026-03-01T11:30:00Z'],
  ['DTSTART;TZID=Europe/Berlin:20261231T233000', '+PT45M', '2027-01-01T00:15:00[Europe/Berlin]'],
  ['DTSTART;VALUE=DATE:20260228', 'P1D', '2026-03-01'],
  ['DTSTART:20260301T100000', 'P1W', '2026-03-08T10:00:00'],
  ['DTSTART:20260301T100000Z', 'P1DT2H3M4S', '2026-03-02T12:03:04Z'],
  ['DTSTART:20260301T100000Z', '-PT1H', undefined],
  ['DTSTART:20260301T100000Z', 'an hour', undefined],
  ['DTSTART:soon', 'PT1H', undefined],
])('an event from %s for %s ends at %s', (start, length, end) => {
  expect(calendarOf([invitation(start, `DURATION:${length}`)])?.end).toBe(end);
});

it('has the end that it tells, whatever its length', () => {
  const event = invitation('DTSTART:20260301T100000Z', 'DTEND:20260301T110000Z', 'DURATION:PT2H');
  expect(calendarOf([event])?.end).toBe('2026-03-01T11:00:00Z');
});
