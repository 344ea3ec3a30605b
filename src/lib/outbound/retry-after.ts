import { hourMs } from '../domain/duration.ts';

// The longest wait that is accepted from a header, which may come from any gateway.
const longestWaitMs = hourMs;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';

/** The three forms of RFC 9110 section 5.6.7. Senders use the first; a recipient has to read the two old ones as well. */
const forms: readonly RegExp[] = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d{1,2}) ${month} (?<year>\\d{4}) ${time} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT (RFC 850)
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT$`),
  // Sun Nov  6 08:49:37 1994 (asctime of C), which means GMT too and does not say so
  new RegExp(`^[A-Z][a-z]{2} ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`),
];

/** Milliseconds since 1970 of an HTTP date; undefined for anything else. Date.parse would make a date of almost anything. */
function httpDate(text: string, nowMs: number): number | undefined {
  const found = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return undefined;
  const of = (name: string): number => Number(found[name]);
  const year = fullYear(of('year'), found.year?.length === 2, nowMs);
  const at = Date.UTC(year, months.indexOf(found.month ?? ''), of('day'), of('hour'), of('minute'), of('second'));
  // Not a day that its month does not have. A leap second is the next minute.
  const isReal = of('hour') < 24 && of('minute') < 60 && of('second') <= 60;
  return isReal && new Date(at - of('second') * 1000).getUTCDate() === of('day') ? at : undefined;
}

/** A year of two digits is none that lies more than 50 years ahead (RFC 9110 section 5.6.7). */
function fullYear(year: number, isShort: boolean, nowMs: number): number {
  if (!isShort) return year;
  const now = new Date(nowMs).getUTCFullYear();
  const near = now - (now % 100) + year;
  return near > now + 50 ? near - 100 : near;
}

/**
 * Milliseconds that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds, or an HTTP date), at most an hour.
 * Undefined if there is none or it makes no sense.
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(longestWaitMs, Number(text) * 1000);
  const at = httpDate(text, nowMs);
  return at === undefined ? undefined : Math.min(longestWaitMs, Math.max(0, at - nowMs));
}
