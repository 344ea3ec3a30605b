import { hourMs } from '../domain/duration.ts';

// Nobody is made to wait longer by a header, which may come from any gateway.
const longestWaitMs = hourMs;

/**
 * Milliseconds that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds, or an HTTP date), at most an hour.
 * Undefined if there is none or it makes no sense.
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(longestWaitMs, Number(text) * 1000);
  // Date.parse would make a date of almost anything.
  const at = /^[A-Z][a-z]{2,8},? .* GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.min(longestWaitMs, Math.max(0, at - nowMs));
}
