import { baselineMarginMs } from '../../store/mailboxes/new-mailbox.ts';
import type { CursorRow, UidGap } from '../../store/rows/rows.ts';
import type { FolderStatus } from './session.ts';

/** UIDs, both ends inclusive. The upper end is always explicit: `n:*` answers the last message even below n (RFC 3501 section 6.4.8). */
export interface UidRange {
  readonly from: number;
  readonly to: number;
}

/** What one poll of a folder has to do. */
export type PollPlan =
  /**
   * The folder has no usable position yet: everything that arrived at `since` or later is new.
   */
  | { readonly kind: 'baseline'; readonly since: Date }
  /** The UIDs no longer mean what they meant: recover by Message-ID. */
  | { readonly kind: 'reset'; readonly cause: 'validity' | 'uidnext' }
  | {
      readonly kind: 'poll';
      /** True at the first look: the recent messages are filled from what the folder holds up to the cursor. */
      readonly fillRecentMessages: boolean;
      readonly fresh: UidRange | undefined;
      readonly uidGaps: readonly UidGap[];
      readonly retries: boolean;
    };

/** Where a folder stands, as far as planning goes. */
export type PollState = Pick<
  CursorRow,
  'uidValidity' | 'lastUid' | 'uidNextSeen' | 'uidGaps' | 'lastInternalDate' | 'retryAt' | 'baselineFrom'
>;

/**
 * Decides what a poll of a folder does, from its row and the answer to STATUS. Pure.
 * @param state the folder's cursor; undefined if it has none yet
 * @param wantedFrom from when on mail is wanted where no cursor says so: when the mailbox was connected
 */
export function planPoll(
  state: PollState | undefined,
  status: Pick<FolderStatus, 'uidNext' | 'uidValidity'>,
  now: Date,
  wantedFrom: Date,
): PollPlan {
  if (state === undefined) return baseline(wantedFrom);
  if (state.baselineFrom !== undefined) return { kind: 'baseline', since: state.baselineFrom };
  const firstLook = state.lastInternalDate === undefined;
  if (state.uidValidity !== status.uidValidity) {
    // Before the first look there are no recent messages to recover by; the date is all there is.
    return firstLook ? baseline(wantedFrom) : { kind: 'reset', cause: 'validity' };
  }
  if (status.uidNext <= state.lastUid && status.uidNext < state.uidNextSeen) {
    return firstLook ? baseline(wantedFrom) : { kind: 'reset', cause: 'uidnext' };
  }
  const top = status.uidNext - 1;
  return {
    kind: 'poll',
    fillRecentMessages: firstLook,
    fresh: top > state.lastUid ? { from: state.lastUid + 1, to: top } : undefined,
    uidGaps: state.uidGaps,
    retries: state.retryAt !== undefined && state.retryAt.getTime() <= now.getTime(),
  };
}

const baseline = (from: Date): PollPlan => ({
  kind: 'baseline',
  since: new Date(from.getTime() - baselineMarginMs),
});

/** True if there is nothing to ask the mail server for. */
export function isIdle(plan: PollPlan): boolean {
  return (
    plan.kind === 'poll' &&
    !plan.fillRecentMessages &&
    plan.fresh === undefined &&
    plan.uidGaps.length === 0 &&
    !plan.retries
  );
}

/** A UID gap is looked at in every poll; it is given up after this many looks, and not before this much time. */
export const uidGapTries = 3;
export const uidGapAgeMs = 180_000;

/**
 * True if the UIDs of a UID gap are considered gone. The tries of one that was seen begin at 1, when its content did
 * not come; they are counted from there.
 */
export function isGone(uidGap: UidGap, now: Date): boolean {
  const tries = uidGap.seen ? uidGap.tries - 1 : uidGap.tries;
  return tries >= uidGapTries && now.getTime() - uidGap.since.getTime() >= uidGapAgeMs;
}
