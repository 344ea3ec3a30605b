import type Ical from 'ical.js';
import { windowsZones } from './windows-zones.ts';

/** Where the times of a calendar are. */
export type CalendarZone =
  | { readonly kind: 'utc' }
  /** A zone of IANA's database. */
  | { readonly kind: 'iana'; readonly name: string }
  /** A zone that only its file defines: seconds ahead of UTC at a time on its own clocks. */
  | { readonly kind: 'defined'; readonly offset: (time: Ical.Time) => number };

/**
 * The zone that a TZID means: one of IANA, also by its name in Windows (Exchange, Outlook) or as the end of a path
 * (libical, Mozilla), else what the VTIMEZONE of that name defines, such as Outlook's `Customized Time Zone`; undefined
 * where nobody outside the sender's program can know.
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
  return location === undefined ? defined(ical, name, definition) : { kind: 'iana', name: location };
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
 * the second, or for the 30th of February, would keep it busy for ever.
 */
const yearly =
  /^FREQ=YEARLY(?:;(?:INTERVAL=1|WKST=[A-Z]{2}|UNTIL=\d{8}(?:T\d{6}Z?)?|BYMONTH=(?:[1-9]|1[0-2])|BYDAY=(?:[+-]?[1-4]|-?5)?(?:MO|TU|WE|TH|FR|SA|SU)|BYMONTHDAY=(?:[1-9]|1\d|2[0-8])(?:,(?:[1-9]|1\d|2[0-8]))*))*$/i;
const mostObservances = 100;

function defined(ical: typeof Ical, tzid: string, lines: readonly string[]): CalendarZone | undefined {
  try {
    const component = new ical.Component('vtimezone');
    let part: Ical.Component | undefined;
    let parts = 0;
    for (const line of lines) {
      const [name = '', value = ''] = /^([A-Za-z-]+)[^:]*:(.*)$/.exec(line)?.slice(1) ?? [];
      const word = name.toUpperCase();
      if (word === 'BEGIN') {
        parts += 1;
        if (parts > mostObservances) return undefined;
        part = new ical.Component(value.trim().toLowerCase());
        component.addSubcomponent(part);
      } else if (word === 'END') part = undefined;
      else if (
        ['DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO'].includes(word) ||
        (word === 'RRULE' && yearly.test(value.trim()))
      )
        part?.addProperty(ical.Property.fromString(line));
    }
    if (parts === 0) return undefined;
    const zone = new ical.Timezone({ component, tzid });
    return { kind: 'defined', offset: (time) => zone.utcOffset(time) };
  } catch {
    // A definition that cannot be read defines nothing; the time is told as the clock showed it.
    return undefined;
  }
}
