import type Ical from 'ical.js';
import type { Address, InvitationAnswer } from '../../domain/mail/message.ts';
import { loadIcal, participantOf, propertyOf } from './calendar.ts';
import { type ScannedEvent, scanCalendar } from './scan.ts';
import { firstValue } from './time.ts';

/** An invitation (RFC 5546 section 3.2.2), as far as an answer to it needs it. */
export interface Invitation {
  readonly uid: string;
  readonly summary: string;
  readonly organizer: Address;
  /** Addresses, as they were invited. */
  readonly attendees: readonly string[];
  /** Of one occurrence of a series: when it was to begin, as the invitation writes it. */
  readonly recurrenceId: string | undefined;
  readonly scanned: ScannedEvent;
}

/**
 * Reads a calendar file that invites someone; undefined if it does anything else, or names no organizer to answer to.
 * @param partMethod `method` of its Content-Type, where the file itself says none
 */
export async function readInvitation(text: string, partMethod: string): Promise<Invitation | undefined> {
  const scanned = scanCalendar(text.replaceAll('\0', ''));
  if (scanned === undefined) return undefined;
  const method = scanned.method === '' ? partMethod : scanned.method;
  if (!/^(REQUEST|ADD)$/i.test(method.trim())) return undefined;
  const { default: ical } = await loadIcal();
  const all = scanned.lines.flatMap((line) => propertyOf(ical, line) ?? []);
  const first = (name: string) => all.find((property) => property.name === name);
  const words = (name: string): string => {
    const value = firstValue(first(name));
    return typeof value === 'string' ? value.trim() : '';
  };
  const organizer = first('organizer');
  const uid = words('uid');
  if (uid === '' || organizer === undefined) return undefined;
  const { name, address } = participantOf(organizer);
  if (address === '') return undefined;
  const recurrenceId = first('recurrence-id');
  return {
    ...{ uid, summary: words('summary').slice(0, 500), organizer: { name, address } },
    attendees: all.filter((each) => each.name === 'attendee').map((each) => participantOf(each).address),
    recurrenceId: recurrenceId === undefined ? undefined : String(firstValue(recurrenceId) ?? ''),
    scanned,
  };
}

/** What an answer repeats of the invitation, by which the organizer's program finds the event and the occurrence. */
const repeated = new Set(['uid', 'sequence', 'recurrence-id', 'dtstart', 'dtend', 'duration', 'summary', 'organizer']);

/**
 * The answer to an invitation as a calendar file: METHOD:REPLY with exactly one attendee (RFC 5546 section 3.2.3).
 * @param reply.attendee the address that was invited, as the invitation writes it
 * @param reply.at DTSTAMP: when it was answered
 */
export async function writeReply(
  { scanned: { lines, zones } }: Pick<Invitation, 'scanned'>,
  reply: {
    readonly attendee: string;
    readonly answer: InvitationAnswer;
    readonly comment: string | undefined;
    readonly at: Date;
  },
): Promise<string> {
  const { default: ical } = await loadIcal();
  const all = lines.flatMap((line) => propertyOf(ical, line) ?? []);
  const event = new ical.Component('vevent');
  for (const property of all) if (repeated.has(property.name)) event.addProperty(property);
  if (!event.hasProperty('sequence')) event.addPropertyWithValue('sequence', 0);
  event.addPropertyWithValue('dtstamp', ical.Time.fromJSDate(reply.at, true));
  const asked = all.find((each) => each.name === 'attendee' && isSame(participantOf(each).address, reply.attendee));
  const attendee = new ical.Property('attendee');
  const name = asked?.getFirstParameter('cn');
  if (typeof name === 'string' && name !== '') attendee.setParameter('cn', name);
  attendee.setParameter('partstat', reply.answer.toUpperCase());
  attendee.setValue(`mailto:${asked === undefined ? reply.attendee : participantOf(asked).address}`);
  event.addProperty(attendee);
  if (reply.comment !== undefined && reply.comment !== '') event.addPropertyWithValue('comment', reply.comment);

  const calendar = new ical.Component('vcalendar');
  calendar.addPropertyWithValue('prodid', '-//NocoBase Mail Broker//EN');
  calendar.addPropertyWithValue('version', '2.0');
  calendar.addPropertyWithValue('method', 'REPLY');
  const used = new Set(event.getAllProperties().flatMap((property) => property.getFirstParameter('tzid') ?? []));
  for (const zone of zones.flatMap((own) => zoneOf(ical, own) ?? [])) {
    if (used.has(String(zone.getFirstPropertyValue('tzid')))) calendar.addSubcomponent(zone);
  }
  calendar.addSubcomponent(event);
  return `${calendar.toString()}\r\n`;
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Undefined where the parser gives up: the organizer's program knows its own zones. */
function zoneOf(ical: typeof Ical, lines: readonly string[]): Ical.Component | undefined {
  try {
    return ical.Component.fromString(['BEGIN:VTIMEZONE', ...lines, 'END:VTIMEZONE'].join('\r\n'));
  } catch {
    return undefined;
  }
}
