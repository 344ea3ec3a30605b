import type { Attachment as Part } from 'postal-mime';
import type { CalendarInfo } from '../domain/message.ts';
import { textOf } from './part-text.ts';

interface Property {
  readonly name: string;
  readonly parameters: string;
  readonly value: string;
}

/**
 * The first event of an invitation or of an answer to one (RFC 5545, RFC 5546); undefined if there is none.
 * Times are told as written: `2026-03-01T10:00:00Z`, with the zone in brackets where it has a name
 * (`2026-03-01T10:00:00[Europe/Berlin]`), bare where it floats, `2026-03-01` for a whole day.
 */
export function calendarOf(parts: readonly Part[]): CalendarInfo | undefined {
  for (const part of parts) {
    if (part.mimeType !== 'text/calendar' && part.mimeType !== 'application/ics') continue;
    const lines = propertiesOf(textOf(part));
    const event = firstEvent(lines);
    if (event === undefined) continue;
    const value = (name: string) => event.find((line) => line.name === name)?.value;
    const summary = value('SUMMARY');
    const start = time(event, 'DTSTART');
    const end = time(event, 'DTEND');
    const organizer = value('ORGANIZER');
    return {
      method: (lines.find((line) => line.name === 'METHOD')?.value ?? part.method ?? '').toUpperCase(),
      uid: value('UID') ?? '',
      ...(summary === undefined ? {} : { summary: plain(summary) }),
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
      ...(organizer === undefined ? {} : { organizer: person(organizer) }),
      attendees: event
        .filter((line) => line.name === 'ATTENDEE')
        .slice(0, mostAttendees)
        .map((line) => person(line.value)),
    };
  }
  return undefined;
}

const mostAttendees = 500;

function firstEvent(lines: readonly Property[]): Property[] | undefined {
  const is = (line: Property, name: string) => line.name === name && line.value.toUpperCase() === 'VEVENT';
  const from = lines.findIndex((line) => is(line, 'BEGIN'));
  if (from < 0) return undefined;
  const to = lines.findIndex((line, index) => index > from && is(line, 'END'));
  const event: Property[] = [];
  // An alarm inside the event has a DESCRIPTION and a TRIGGER of its own, which are not the event's.
  let depth = 0;
  for (const line of lines.slice(from + 1, to < 0 ? undefined : to)) {
    if (line.name === 'BEGIN') depth += 1;
    if (depth === 0) event.push(line);
    if (line.name === 'END') depth -= 1;
  }
  return event;
}

/** Lines with folding undone (RFC 5545 section 3.1): `NAME;PARAM="a:b":value`. */
function propertiesOf(text: string): Property[] {
  return text
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .flatMap((line) => {
      const match = /^([A-Za-z0-9-]+)((?:;[^":;]*(?:"[^"]*"[^":;]*)*)*):(.*)$/.exec(line);
      if (match === null) return [];
      return [{ name: (match[1] ?? '').toUpperCase(), parameters: match[2] ?? '', value: (match[3] ?? '').trim() }];
    });
}

function time(event: readonly Property[], name: string): string | undefined {
  const line = event.find((each) => each.name === name);
  if (line === undefined) return undefined;
  const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(line.value);
  if (match === null) return line.value;
  const [, year, month, day, hour, minute, second, utc = ''] = match;
  const date = `${year}-${month}-${day}`;
  if (hour === undefined) return date;
  const zone = /;TZID="?([^";]+)"?/i.exec(line.parameters)?.[1];
  return `${date}T${hour}:${minute}:${second}${utc}${utc === '' && zone !== undefined ? `[${zone}]` : ''}`;
}

/** Text escapes of RFC 5545 section 3.3.11. */
const plain = (value: string): string =>
  value.replace(/\\([\\;,nN])/g, (_, mark: string) => (mark.toLowerCase() === 'n' ? '\n' : mark));

const person = (value: string): string => value.replace(/^mailto:/i, '').trim();
