import type { Attachment as Part } from 'postal-mime';
import { dayMs, hourMs } from '../domain/duration.ts';
import type { CalendarInfo } from '../domain/message.ts';
import { textOf } from './part-text.ts';

interface Property {
  readonly name: string;
  readonly parameters: string;
  readonly value: string;
}

/**
 * The event of an invitation or of an answer to one (RFC 5545, RFC 5546); undefined if there is none. Of a series it is
 * the series itself, where that is told beside its exceptions.
 * Times are told as written: `2026-03-01T10:00:00Z`, with the zone in brackets where it has a name
 * (`2026-03-01T10:00:00[Europe/Berlin]`), bare where it floats, `2026-03-01` for a whole day.
 */
export function calendarOf(parts: readonly Part[]): CalendarInfo | undefined {
  for (const part of parts) {
    if (part.mimeType !== 'text/calendar' && part.mimeType !== 'application/ics') continue;
    const lines = propertiesOf(textOf(part));
    const events = eventsOf(lines);
    const event = events.find((each) => valueIn(each, 'RECURRENCE-ID') === undefined) ?? events[0];
    if (event === undefined) continue;
    const value = (name: string) => valueIn(event, name);
    const summary = value('SUMMARY');
    const start = time(event, 'DTSTART');
    const end = time(event, 'DTEND') ?? endByDuration(event);
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

const valueIn = (event: readonly Property[], name: string): string | undefined =>
  event.find((line) => line.name === name)?.value;

/** The events in the order of the file, each with what is its own. */
function eventsOf(lines: readonly Property[]): Property[][] {
  const events: Property[][] = [];
  let event: Property[] | undefined;
  // An alarm inside the event has a DESCRIPTION and a TRIGGER of its own, which are not the event's.
  let depth = 0;
  for (const line of lines) {
    const isEvent = line.value.toUpperCase() === 'VEVENT';
    if (line.name === 'BEGIN' && isEvent) {
      event = [];
      events.push(event);
      depth = 0;
    } else if (line.name === 'END' && isEvent) event = undefined;
    else if (line.name === 'BEGIN') depth += 1;
    else if (line.name === 'END') depth -= 1;
    else if (depth === 0) event?.push(line);
  }
  return events;
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

const writtenTime = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/;

function time(event: readonly Property[], name: string): string | undefined {
  const line = event.find((each) => each.name === name);
  return line === undefined ? undefined : legible(line);
}

function legible({ value, parameters }: Pick<Property, 'value' | 'parameters'>): string {
  const match = writtenTime.exec(value);
  if (match === null) return value;
  const [, year, month, day, hour, minute, second, utc = ''] = match;
  const date = `${year}-${month}-${day}`;
  if (hour === undefined) return date;
  const zone = /;TZID="?([^";]+)"?/i.exec(parameters)?.[1];
  return `${date}T${hour}:${minute}:${second}${utc}${utc === '' && zone !== undefined ? `[${zone}]` : ''}`;
}

/** In place of its end an event may have a length (RFC 5545 section 3.6.1): counted by the clock of its own zone. */
function endByDuration(event: readonly Property[]): string | undefined {
  const start = event.find((line) => line.name === 'DTSTART');
  const at = writtenTime.exec(start?.value ?? '');
  const length = /^\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,6})S)?)?$/.exec(
    valueIn(event, 'DURATION') ?? '',
  );
  if (start === undefined || at === null || length === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = at
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = length.slice(1).map((part) => Number(part ?? 0));
  const lengthMs = (weeks * 7 + days) * dayMs + hours * hourMs + (minutes * 60 + seconds) * 1000;
  const end = new Date(Date.UTC(year, month - 1, day, hour, minute, second) + lengthMs);
  const compact = end.toISOString().replace(/[-:]|\.\d+Z$/g, '');
  const value = at[4] === undefined ? compact.slice(0, 8) : `${compact}${at[7] ?? ''}`;
  return legible({ value, parameters: start.parameters });
}

/** Text escapes of RFC 5545 section 3.3.11. */
const plain = (value: string): string =>
  value.replace(/\\([\\;,nN])/g, (_, mark: string) => (mark.toLowerCase() === 'n' ? '\n' : mark));

const person = (value: string): string => value.replace(/^mailto:/i, '').trim();
