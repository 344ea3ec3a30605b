/**
 * The instant that a Date header names (RFC 5322 sections 3.3 and 4.3), also as C's asctime and ISO 8601 write it.
 * What may mean two things names none: a month as a number (`09 11 2026`), a zone that several countries call by one name.
 * @param header unfolded or not
 */
export function mailDate(header: string): Date | undefined {
  const text = withoutComments(header).replace(/\s+/g, ' ').trim();
  // Longer ones hold something else.
  if (text.length > 100) return undefined;
  for (const read of [dayFirst, monthFirst, asctime, yearFirst]) {
    const found = read(text);
    if (found !== undefined) return instant(found);
  }
  return undefined;
}

/** As they stand in the header. */
interface Pieces {
  readonly year: string;
  /** 1 to 12, or 0 for a word that is no month. */
  readonly month: number;
  readonly day: string;
  readonly time: string;
  readonly zone: string;
}

const weekday = String.raw`(?:\p{L}+\.?,? ?)?`;
const time = String.raw`(?<time>\d{1,2}[:.]\d{2}(?:[:.]\d{1,2}(?:[.,]\d+)?)?(?: ?[AP]M)?)`;
const zone = String.raw`(?: ?(?<zone>[+-]\d{1,2}:?\d{2}|(?:UTC?|GMT|Z) ?[+-]\d{1,2}(?::?\d{2})?|[A-Z]{1,5}))?`;
const year = String.raw`(?<year>\d{2,4})`;
const word = String.raw`(?<month>[A-Z]+)\.?`;
const pattern = (...pieces: readonly string[]) => new RegExp(`^${pieces.join('')}$`, 'iu');

// 26 Nov 2026 10:00:00 +0100
const dayFirst = reader(pattern(weekday, String.raw`(?<day>\d{1,2})[ -]`, word, '[ -]', year, ',? ', time, zone));
// November 26, 2026 10:00:00 +0100
const monthFirst = reader(pattern(weekday, word, String.raw` (?<day>\d{1,2}),? `, year, ',? ', time, zone));
// Thu Nov 26 10:00:00 CET 2026
const asctime = reader(pattern(weekday, word, String.raw` (?<day>\d{1,2}) `, time, zone, ' ', year));
// 2026-11-26T10:00:00+01:00
const yearFirst = reader(
  pattern(String.raw`(?<year>\d{4})([-/])(?<month>\d{2})\2(?<day>\d{2})(?:[T ]|, )`, time, zone),
);

function reader(form: RegExp): (text: string) => Pieces | undefined {
  return (text) => {
    const found = form.exec(text)?.groups;
    if (found === undefined) return undefined;
    const { year: own = '', month = '', day = '', time: clock = '', zone: place = '' } = found;
    return { year: own, month: monthOf(month), day, time: clock, zone: place };
  };
}

const months = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july'],
  ...['august', 'september', 'october', 'november', 'december'],
];

/** In English, whole or by its first three letters. Other languages share these: `marraskuu` is November. */
function monthOf(name: string): number {
  const lower = name.toLowerCase();
  if (/^\d+$/.test(name)) return Number(name);
  const short = lower === 'sept' ? 'sep' : lower;
  return months.findIndex((month) => month === short || month.slice(0, 3) === short) + 1;
}

function instant({ year: own, month, day, time: clock, zone: place }: Pieces): Date | undefined {
  const offset = offsetMinutes(place);
  const [, hour = '', minute = '', second = '0', half = ''] =
    /^(\d+)[:.](\d+)(?:[:.](\d+)(?:[.,]\d+)?)? ?([AP]M)?$/i.exec(clock) ?? [];
  const hours = half === '' ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  const isTime = hours < 24 && Number(minute) < 60 && Number(second) <= 60 && (half === '' || Number(hour) <= 12);
  if (offset === undefined || month < 1 || month > 12 || !isTime) return undefined;
  const date = new Date(Date.UTC(fullYear(own), month - 1, Number(day)));
  // Day 31 of February names no day.
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== month - 1) return undefined;
  // A leap second is the last one of its minute.
  const seconds = hours * 3600 + (Number(minute) - offset) * 60 + Math.min(59, Number(second));
  return new Date(date.getTime() + seconds * 1000);
}

/** RFC 5322 section 4.3: two digits below 50 are of this century; two or three others count from 1900. */
function fullYear(text: string): number {
  const number = Number(text);
  if (text.length > 3) return number;
  return text.length === 2 && number < 50 ? 2000 + number : 1900 + number;
}

// Minutes east of UTC. The first line is RFC 5322 section 4.3; the others have one meaning everywhere. IST (India,
// Ireland, Israel) and AST (Arabia, the Atlantic) have more.
const zones: Readonly<Record<string, number>> = {
  ...{ UT: 0, GMT: 0, EST: -300, EDT: -240, CST: -360, CDT: -300, MST: -420, MDT: -360, PST: -480, PDT: -420 },
  ...{ UTC: 0, Z: 0, WET: 0, WEST: 60, BST: 60, CET: 60, MET: 60, MEZ: 60, CEST: 120, MEST: 120, MESZ: 120 },
  ...{ EET: 120, EEST: 180, SAST: 120, MSK: 180, TRT: 180, PKT: 300, WIB: 420, HKT: 480, SGT: 480, AWST: 480 },
  ...{ JST: 540, KST: 540, ACST: 570, ACDT: 630, AEST: 600, AEDT: 660, NZST: 720, NZDT: 780 },
  ...{ BRT: -180, NDT: -150, AKST: -540, AKDT: -480, HST: -600 },
};

/** Undefined if unknown. A time without a zone is taken as UTC. */
function offsetMinutes(text: string): number | undefined {
  if (text === '') return 0;
  const [, sign, hours, minutes = '0'] = /^(?:UTC?|GMT|Z)? ?([+-])(\d{1,2}?):?(\d{2})?$/i.exec(text) ?? [];
  if (sign === undefined) return zones[text.toUpperCase()];
  const offset = Number(hours) * 60 + Number(minutes);
  // No time zone is further from UTC than 14 hours, but the clocks of some programs are.
  if (Number(minutes) > 59 || Number(hours) > 23) return undefined;
  return sign === '-' ? -offset : offset;
}

/** Comments may nest, and stand anywhere: `26 Nov 2026 10:00:00 +0100 (CET (Paris))`. */
function withoutComments(header: string): string {
  let text = header.slice(0, longest);
  for (let depth = 0; depth < 5; depth += 1) text = text.replace(/\([^()]*\)/g, ' ');
  return text;
}

const longest = 1_000;
