import type Ical from 'ical.js';
import type { CalendarZone } from './zone.ts';

/** The value of a property; undefined if the parser cannot make sense of it. */
export function firstValue(property: Ical.Property | null | undefined): unknown {
  try {
    return property?.getFirstValue() ?? undefined;
  } catch {
    return undefined;
  }
}

// Before it programs mean no time at all.
const firstYear = 1601;

/** A time as it is written; undefined if no clock ever shows it. */
export function timeOf(ical: typeof Ical, property: Ical.Property | null | undefined): Ical.Time | undefined {
  const value = firstValue(property);
  if (!(value instanceof ical.Time) || value.year < firstYear) return undefined;
  const written = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2}))?/.exec(String(property?.jCal[3] ?? ''));
  const fields = [
    value.year,
    value.month,
    value.day,
    ...(value.isDate ? [] : [value.hour, value.minute, value.second]),
  ];
  return fields.every((field, index) => field === Number(written?.[index + 1])) ? value : undefined;
}

// Ten years.
const longestSeconds = 10 * 366 * 24 * 60 * 60;

/** In place of its end an event may have a length (RFC 5545 section 3.6.1). */
export function endByDuration(
  ical: typeof Ical,
  start: Ical.Time | undefined,
  event: Ical.Component,
): Ical.Time | undefined {
  const length = firstValue(event.getFirstProperty('duration'));
  if (start === undefined || !(length instanceof ical.Duration) || length.isNegative) return undefined;
  // The parser adds day by day, so that one of a billion weeks would keep it busy for ever.
  if (!(length.toSeconds() <= longestSeconds)) return undefined;
  const end = start.clone();
  end.addDuration(length);
  return end;
}

/**
 * A time that other software can place (RFC 9557): `2026-03-01T10:00:00Z`, `2026-03-01T10:00:00[Europe/Berlin]`,
 * `2026-03-01T10:00:00+01:00`; bare where it floats or its zone is unknown; `2026-03-01` for a whole day.
 */
export function legible(time: Ical.Time, zone: CalendarZone | undefined): string {
  const written = time.toString().replace(/Z$/, '');
  if (time.isDate) return written;
  if (isUtc(time) || zone?.kind === 'utc') return `${written}Z`;
  if (zone?.kind === 'iana') return `${written}[${zone.name}]`;
  const offset = zone?.offset(time);
  return offset === undefined ? written : `${written}${offsetText(offset)}`;
}

const isUtc = (time: Ical.Time): boolean => time.zone?.tzid === 'UTC';

function offsetText(seconds: number): string {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
