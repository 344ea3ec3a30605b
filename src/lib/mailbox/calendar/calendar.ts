import type Ical from 'ical.js';
import type { Attachment as Part } from 'postal-mime';
import type { CalendarInfo, CalendarParticipant } from '../../domain/mail/message.ts';
import { type ScannedEvent, scanCalendar } from './scan.ts';
import { endByDuration, firstValue, legible, timeOf } from './time.ts';
import { zoneOf } from './zone.ts';

/** An event, and whether something of it was left out. */
export interface ReadCalendar {
  readonly calendar: CalendarInfo;
  readonly cut: boolean;
}

/**
 * The event of an invitation, of an answer to one, or of a calendar file (RFC 5545, RFC 5546); undefined if there is
 * none. An invitation goes before a file that is published beside it.
 */
export async function calendarOf(parts: readonly Part[]): Promise<ReadCalendar | undefined> {
  const files = parts.filter(({ mimeType }) => mimeType === 'text/calendar' || mimeType === 'application/ics');
  if (files.length === 0) return undefined;
  const { default: ical } = await loadIcal();
  let published: ReadCalendar | undefined;
  for (const part of files) {
    const scanned = scanCalendar(textOf(part));
    if (scanned === undefined) continue;
    const calendar = understood(ical, scanned, part.method ?? '');
    if (calendar === undefined) continue;
    const read = { calendar, cut: scanned.cut };
    if (read.calendar.means !== 'published') return read;
    published ??= read;
  }
  return published;
}

let loading: Promise<typeof import('ical.js')> | undefined;

/** Loaded at the first calendar. */
export const loadIcal = () => {
  loading ??= import('ical.js');
  return loading;
};

const textOf = ({ content }: Part): string =>
  (typeof content === 'string' ? content : new TextDecoder().decode(content)).replaceAll('\0', '');

/** Undefined where the parser gives up: a calendar never keeps its mail from being read. */
function understood(ical: typeof Ical, scanned: ScannedEvent, method: string): CalendarInfo | undefined {
  try {
    return infoOf(ical, scanned, method);
  } catch {
    return undefined;
  }
}

function infoOf(ical: typeof Ical, { method: told, lines, zones }: ScannedEvent, partMethod: string): CalendarInfo {
  const event = new ical.Component('vevent');
  for (const line of lines) {
    const property = propertyOf(ical, line);
    if (property !== undefined) event.addProperty(property);
  }
  const text = (name: string): string | undefined => {
    const value = firstValue(event.getFirstProperty(name));
    const words = typeof value === 'string' ? value.trim().slice(0, longestText).toWellFormed() : '';
    return words === '' ? undefined : words;
  };
  const timeAt = (time: Ical.Time | undefined, property: Ical.Property | null) =>
    time === undefined ? undefined : legible(time, zoneFor(property));
  const zoneFor = (property: Ical.Property | null) => {
    const tzid = property?.getFirstParameter('tzid');
    return typeof tzid === 'string' ? zoneOf(ical, tzid, zones) : undefined;
  };
  const [from, until, instead] = ['dtstart', 'dtend', 'recurrence-id'].map((name) => event.getFirstProperty(name));
  const start = timeOf(ical, from);
  const end = timeOf(ical, until);
  const summary = text('summary');
  const location = text('location');
  const startsAt = timeAt(start, from ?? null);
  const endsAt = timeAt(end, until ?? null) ?? timeAt(endByDuration(ical, start, event), from ?? null);
  const recurrenceId = timeAt(timeOf(ical, instead), instead ?? null);
  const rule = lines.find((line) => /^RRULE[:;]/i.test(line));
  const recurrence = rule?.slice(rule.indexOf(':') + 1).trim();
  const repeats = recurrence !== undefined || event.hasProperty('rdate');
  const sequence = firstValue(event.getFirstProperty('sequence'));
  const status = text('status')?.toUpperCase();
  const organizer = event.getFirstProperty('organizer');
  const participants = event
    .getAllProperties('attendee')
    .map(participantOf)
    .filter(({ address }) => address !== '');
  const method = (told === '' ? partMethod : told).toUpperCase().slice(0, longestMethod);
  const answer = method === 'REPLY' ? participants[0] : undefined;
  const comment = text('comment');
  return {
    method,
    means: meaningOf(method, status, answer),
    scope: recurrenceId !== undefined ? 'occurrence' : repeats ? 'series' : 'event',
    uid: text('uid') ?? '',
    ...(summary === undefined ? {} : { summary }),
    ...(location === undefined ? {} : { location }),
    ...(startsAt === undefined ? {} : { start: startsAt }),
    ...(endsAt === undefined ? {} : { end: endsAt }),
    ...(recurrenceId === undefined ? {} : { recurrenceId }),
    ...(recurrence === undefined ? {} : { recurrence }),
    ...(typeof sequence === 'number' && Number.isSafeInteger(sequence) ? { sequence } : {}),
    ...(status === undefined ? {} : { status }),
    ...(organizer === null ? {} : { organizer: participantOf(organizer).address }),
    attendees: participants.map(({ address }) => address),
    participants,
    ...(answer === undefined ? {} : { answer: { ...answer, ...(comment === undefined ? {} : { comment }) } }),
  };
}

const longestText = 2_000;
const longestMethod = 50;

/**
 * A line as the parser understands it; undefined if it does not. Zones by their display name and names of people come
 * with colons that should stand in quotes (RFC 5545 section 3.2), and days without saying that they are days.
 */
export function propertyOf(ical: typeof Ical, line: string): Ical.Property | undefined {
  const time = /^(DTSTART|DTEND|RECURRENCE-ID);TZID=([^";:]*:[^";]*):(\d{8}T\d{6}Z?)\s*$/i.exec(line);
  const day = /^(DTSTART|DTEND|RECURRENCE-ID)(?:;[^:]*)?:(\d{8})\s*$/i.exec(line);
  const person = /^(ATTENDEE|ORGANIZER)\b.*[:;](mailto:[^\s:;"]+)\s*$/i.exec(line);
  const status = /;PARTSTAT="?([A-Za-z-]+)/i.exec(line)?.[1];
  const forms = [
    ...(time === null ? [] : [`${time[1]};TZID="${time[2]}":${time[3]}`]),
    ...(day === null ? [] : [`${day[1]};VALUE=DATE:${day[2]}`]),
    line,
    ...(person === null ? [] : [`${person[1]}${status === undefined ? '' : `;PARTSTAT=${status}`}:${person[2]}`]),
  ];
  for (const form of forms) {
    try {
      const property = ical.Property.fromString(form);
      if (person !== null && form === line && !isAddress(property)) continue;
      return property;
    } catch {
      // The next form may be one that it reads; what no form makes legible is not told.
    }
  }
  return undefined;
}

const isAddress = (property: Ical.Property): boolean =>
  /^mailto:[^\s:;"]+$/i.test(String(property.getFirstValue()).trim());

/** What the mail is about, in one word (RFC 5546 section 1.4). */
function meaningOf(
  method: string,
  status: string | undefined,
  answer: CalendarParticipant | undefined,
): CalendarInfo['means'] {
  switch (method) {
    case 'REQUEST':
      return status === 'CANCELLED' ? 'cancelled' : 'invited';
    case 'ADD':
      return 'added';
    case 'CANCEL':
      return 'cancelled';
    case 'REPLY':
      return answers.get(answer?.status ?? '') ?? 'answered';
    case 'COUNTER':
      return 'proposed';
    case 'DECLINECOUNTER':
      return 'proposal_declined';
    case 'REFRESH':
      return 'asked';
    default:
      return 'published';
  }
}

const answers: ReadonlyMap<string, CalendarInfo['means']> = new Map([
  ['ACCEPTED', 'accepted'],
  ['DECLINED', 'declined'],
  ['TENTATIVE', 'tentative'],
  ['DELEGATED', 'delegated'],
]);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function participantOf(property: Ical.Property): CalendarParticipant {
  const name = property.getFirstParameter('cn');
  const status = property.getFirstParameter('partstat');
  return {
    name: typeof name === 'string' ? name.trim().slice(0, longestText).toWellFormed() : '',
    address: text(firstValue(property))
      .trim()
      .replace(/^mailto:/i, '')
      .toWellFormed(),
    // Section 3.2.12 of RFC 5545: who says nothing has not answered.
    status: typeof status === 'string' && status !== '' ? status.toUpperCase().slice(0, longestMethod) : 'NEEDS-ACTION',
  };
}
