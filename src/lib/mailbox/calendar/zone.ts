import type Ical from 'ical.js';
import { windowsZones } from './windows-zones.ts';

/** Where the times of a calendar are. */
export type CalendarZone =
  | { readonly kind: 'utc' }
  /** A zone of IANA's database. */
  | { readonly kind: 'iana'; readonly name: string }
  /** A zone that only its file defines: seconds ahead of UTC at a local time of the zone, if that is defined. */
  | { readonly kind: 'defined'; readonly offset: (time: Ical.Time) => number | undefined };

/**
 * The zone that a TZID means: one of IANA, also by its name in Windows (Exchange, Outlook) or as the end of a path
 * (libical, Mozilla), else what the VTIMEZONE of that name defines, such as Outlook's `Customized Time Zone`; undefined
 * where only the sender's program knows it.
 * @param definitions the VTIMEZONEs of the file, line by line
 */
export function zoneOf(
  ical: typeof Ical,
  tzid: string,
  definitions: readonly (readonly string[])[],
): CalendarZone | undefined {
  const name = tzid.trim().replace(/^"|"$/g, '');
  if (utcNames.has(name.toLowerCase())) return { kind: 'utc' };
  const iana = ianaOf(name);
  if (iana !== undefined) return { kind: 'iana', name: iana };
  const definition = definitions.find((lines) => lineOf(lines, 'TZID') === name);
  if (definition === undefined) return undefined;
  const location = ianaOf(lineOf(definition, 'X-LIC-LOCATION') ?? '');
  if (location !== undefined) return { kind: 'iana', name: location };
  return { kind: 'defined', offset: (time) => offsetAt(ical, name, definition, time) };
}

const utcNames = new Set([
  ...['utc', 'gmt', 'z', 'zulu', 'etc/utc', 'etc/gmt', 'etc/zulu', 'universal', 'coordinated universal time'],
  ...['tzone://microsoft/utc', '(utc) coordinated universal time', '(gmt) coordinated universal time'],
]);

const lineOf = (lines: readonly string[], name: string): string | undefined => {
  const line = lines.find((each) => each.slice(0, name.length + 1).toUpperCase() === `${name}:`);
  return line
    ?.slice(name.length + 1)
    .trim()
    .replace(/^"|"$/g, '');
};

function ianaOf(name: string): string | undefined {
  if (name === '' || name.length > longestName) return undefined;
  // Outlook numbers a second zone of one name; some write the name of summer time.
  const windows = name
    .toLowerCase()
    .replace(/ \d$/, '')
    .replace(/ daylight time\b/, ' standard time');
  const known = windowsZones.get(windows);
  if (known !== undefined) return known;
  const path =
    /(?:^|\/)((?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)\/[\w+/-]+)$/i.exec(
      name,
    )?.[1];
  return [name, path].find((each) => each !== undefined && isZone(each));
}

const longestName = 100;

function isZone(name: string): boolean {
  // Offsets are taken for zones too, and say nothing of summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * A yearly rule as every calendar program writes it. The parser follows a rule occurrence by occurrence, so that one by
 * the second, or for a day that never comes, would keep it busy for ever.
 */
const yearly =
  /^FREQ=YEARLY(?:;(?:INTERVAL=1|WKST=[A-Z]{2}|UNTIL=\d{8}(?:T\d{6}Z?)?|BYMONTH=(?:[1-9]|1[0-2])|BYDAY=(?:[+-]?[1-4]|-?5)?(?:MO|TU|WE|TH|FR|SA|SU)|BYMONTHDAY=(?:[1-9]|1\d|2\d|3[01])(?:,(?:[1-9]|1\d|2\d|3[01]))*))*$/i;

/** The Sunday among seven days, or one of the first 28 of a month: each of them comes every year. */
function comesEveryYear(rule: string): boolean {
  const days = /BYMONTHDAY=([\d,]+)/i.exec(rule)?.[1]?.split(',').map(Number);
  if (days === undefined) return true;
  return /BYDAY=/i.test(rule) ? /BYDAY=[A-Z]/i.test(rule) && days.length >= 7 : days.every((day) => day <= 28);
}

// A zone that a sender made up has the rules of one year; invitations lie within these years.
const [firstYear, lastYear] = [1970, 2100];
const mostObservances = 40;

/** Follows the rules of a zone from shortly before the time: Windows lets them begin in 1601. */
function offsetAt(ical: typeof Ical, tzid: string, lines: readonly string[], time: Ical.Time): number | undefined {
  if (time.year < firstYear || time.year > lastYear) return undefined;
  try {
    const component = new ical.Component('vtimezone');
    for (const observance of observancesOf(lines).slice(0, mostObservances)) {
      const part = new ical.Component(observance.kind);
      const rule = lineOf(observance.lines, 'RRULE');
      const isFollowed = rule !== undefined && yearly.test(rule) && comesEveryYear(rule);
      for (const line of observance.lines) {
        if (/^RRULE/i.test(line) && !isFollowed) continue;
        part.addProperty(ical.Property.fromString(isFollowed ? beginningLate(line, lastTurns(rule, time.year)) : line));
      }
      component.addSubcomponent(part);
    }
    const zone = new ical.Timezone({ component, tzid });
    const offset = zone.utcOffset(time);
    return zone.changes.length === 0 ? undefined : offset;
  } catch {
    // A definition that cannot be read is ignored; the time is given as local time.
    return undefined;
  }
}

interface Observance {
  readonly kind: string;
  readonly lines: string[];
}

/** The parts of a definition, as far as they say when they begin and how far they are ahead. */
function observancesOf(lines: readonly string[]): Observance[] {
  const found: Observance[] = [];
  let open: Observance | undefined;
  for (const line of lines) {
    const [, name = '', value = ''] = /^([A-Za-z-]+)[^:]*:(.*)$/.exec(line) ?? [];
    const word = name.toUpperCase();
    if (word === 'BEGIN') {
      open = { kind: value.trim().toLowerCase(), lines: [] };
      found.push(open);
    } else if (word === 'END') open = undefined;
    else if (['DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO', 'RRULE'].includes(word)) open?.lines.push(line);
  }
  return found;
}

/** The year with whose turns of the clock a rule may begin: before the time, and before its own end. */
const lastTurns = (rule: string, year: number): number =>
  Math.min(year, Number(/UNTIL=(\d{4})/i.exec(rule)?.[1] ?? year)) - 2;

/** A rule of every year says the same from whichever year it begins. */
const beginningLate = (line: string, year: number): string =>
  line.replace(
    /^(DTSTART[^:]*:)(\d{4})(?=\d{4})/i,
    (_, name: string, began: string) => `${name}${Math.max(Number(began), year)}`,
  );
