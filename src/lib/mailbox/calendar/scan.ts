/** The lines of one event and what is needed to understand them, unfolded, in the order of the file. */
export interface ScannedEvent {
  /** METHOD of the calendar object, as it is written; empty where there is none. */
  readonly method: string;
  readonly lines: readonly string[];
  /** The VTIMEZONEs of the file, each without its own BEGIN and END. */
  readonly zones: readonly (readonly string[])[];
  /** True if attendees were left out, or the file was not looked through to the end of the event. */
  readonly cut: boolean;
}

/** The properties that are reported. Everything else, such as a description of a megabyte, is skipped. */
const wanted = new Set([
  ...['UID', 'SUMMARY', 'LOCATION', 'DTSTART', 'DTEND', 'DURATION', 'RECURRENCE-ID', 'RRULE', 'RDATE', 'SEQUENCE'],
  ...['STATUS', 'ORGANIZER', 'ATTENDEE', 'COMMENT'],
]);
const mostAttendees = 500;
// Only what a sender made up defines more zones than the file uses.
const mostZones = 50;
const mostZoneLines = 2_000;
// An event of 500 attendees has some 2,000, and a calendar of a year some 10,000.
const mostLines = 100_000;
// A name, a place or an address with all its parameters is shorter.
const longestLine = 4_096;

/**
 * Looks through a calendar file for the event that it is about: for a series the series itself, if the file has it
 * beside its exceptions, else the first event. A parser would read all of it, and a file may hold tens of thousands of
 * events; this takes time linear in the length, and returns a small piece.
 */
export function scanCalendar(text: string): ScannedEvent | undefined {
  let method = '';
  let first: OpenEvent | undefined;
  let master: OpenEvent | undefined;
  let event: OpenEvent | undefined;
  let zone: string[] | undefined;
  const zones: string[][] = [];
  let zoneLines = 0;
  // An alarm inside the event has a DESCRIPTION and a SUMMARY of its own, which are not the event's.
  let depth = 0;

  let left = mostLines;
  for (const line of unfolded(text)) {
    left -= 1;
    if (left === 0) break;
    const name = /^[A-Za-z0-9-]{1,40}(?=[:;])/.exec(line)?.[0].toUpperCase();
    if (name === undefined) continue;
    const of = name === 'BEGIN' || name === 'END' ? valueIn(line).toUpperCase() : '';
    if (event !== undefined) {
      if (of === 'VEVENT') {
        // One that begins within another ends it.
        if (master === undefined && !isException(event)) master = event;
        event = name === 'BEGIN' ? openEvent() : undefined;
        depth = 0;
      } else if (name === 'BEGIN') depth += 1;
      else if (name === 'END') depth -= 1;
      else if (depth === 0 && wanted.has(name)) keep(event, name, line);
    } else if (zone !== undefined) {
      if (name === 'END' && of === 'VTIMEZONE') zone = undefined;
      else if (zoneLines < mostZoneLines) {
        zoneLines += 1;
        zone.push(line);
      }
    } else if (of === 'VEVENT' && name === 'BEGIN') {
      // What follows is looked at for the series alone, as long as nothing but its exceptions was there.
      event = openEvent();
      first ??= event;
      depth = 0;
    } else if (of === 'VTIMEZONE' && name === 'BEGIN') {
      zone = [];
      if (zones.length < mostZones) zones.push(zone);
    } else if (name === 'METHOD' && method === '') method = valueIn(line);
  }
  if (event !== undefined && !isException(event)) master ??= event;
  const told = master ?? first;
  const isOpen = left === 0 && (master === undefined || master === event);
  return told === undefined || told.lines.length === 0
    ? undefined
    : { method, lines: told.lines, zones, cut: told.cut || isOpen };
}

const valueIn = (line: string): string => line.slice(line.indexOf(':') + 1).trim();

interface OpenEvent {
  readonly lines: string[];
  readonly names: Set<string>;
  attendees: number;
  cut: boolean;
}

const openEvent = (): OpenEvent => ({ lines: [], names: new Set(), attendees: 0, cut: false });

const isException = ({ names }: OpenEvent): boolean => names.has('RECURRENCE-ID');

function keep(event: OpenEvent, name: string, line: string): void {
  if (name === 'ATTENDEE') {
    event.attendees += 1;
    if (event.attendees > mostAttendees) event.cut = true;
    else event.lines.push(line);
    return;
  }
  // Of each other property an event has one, or the first says enough.
  if (event.names.has(name)) return;
  event.names.add(name);
  event.lines.push(line);
}

/** Lines with their folding undone (RFC 5545 section 3.1), each as long as it matters. */
function* unfolded(text: string): Generator<string> {
  let line = '';
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const until = end < 0 ? text.length : end;
    const piece = text.slice(at, until > at && text[until - 1] === '\r' ? until - 1 : until);
    if (at > 0 && /^[ \t]/.test(piece)) {
      if (line.length < longestLine) line += piece.slice(1, longestLine);
    } else {
      if (line !== '') yield line;
      line = piece.slice(0, longestLine);
    }
    at = until + 1;
  }
  if (line !== '') yield line;
}
