import { dayMs } from '../../domain/duration.ts';
import type { ImapSession } from '../session/session.ts';

/**
 * UIDs of the messages whose INTERNALDATE may be `from` or later, and `to` or earlier where it is given; and some around
 * them. SEARCH compares days alone (RFC 3501 section 6.4.4), and the server counts them in a zone of its own: so the day
 * before and the day after are asked for too.
 */
export function searchDays(
  session: Pick<ImapSession, 'searchBetween' | 'searchSince'>,
  path: string,
  from: Date,
  to?: Date,
): Promise<number[]> {
  const first = new Date(from.getTime() - dayMs);
  if (to === undefined) return session.searchSince(path, first);
  return session.searchBetween(path, first, new Date(to.getTime() + 2 * dayMs));
}
