/** From when on mail is wanted: an instant, or only what arrives from the connection on. */
export type SyncFrom = Date | 'now';

/**
 * The instant from which on the mail of a mailbox is delivered that is connected at `now`: where nothing is said, that of
 * the past month, as NocoBase's own mail does. Undefined: no mail from before.
 */
export function syncFromOf(wanted: SyncFrom | undefined, now: Date): Date | undefined {
  if (wanted === 'now') return undefined;
  return wanted ?? monthBefore(now);
}

/** The same day of the month before, or its last day if it has no such day. Pure. */
export function monthBefore(now: Date): Date {
  const at = new Date(now);
  at.setUTCMonth(at.getUTCMonth() - 1);
  // The 31st of March less a month is no day in February, and counted on into March.
  if (at.getUTCDate() !== now.getUTCDate()) at.setUTCDate(0);
  return at;
}
