import { spellPauseMs } from '../../store/mailboxes/first-sync.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { Backfill, RecentMessage } from '../../store/rows/rows.ts';

/** A message of the first sync, by which their order goes: the latest first. */
export interface OldMessage {
  readonly uid: number;
  readonly internalDate: Date;
}

/** A first sync that has done nothing yet. @param uid the highest UID that is old mail */
export const newBackfill = (uid: number): Backfill => ({
  uid,
  at: undefined,
  fromUid: 0,
  done: 0,
  total: 0,
  countedFrom: undefined,
  spell: undefined,
  failingSince: undefined,
  missing: undefined,
});

/** That of a folder which has none: everything is as good as done. */
export const noBackfill = (uid: number): Backfill => ({ ...newBackfill(uid), at: new Date(0) });

/**
 * After its folder was renumbered a first sync continues by date: everything there is now may be old mail, and it is
 * unknown which messages of its current second are done.
 */
export const renumbered = (backfill: Backfill, uid: number): Backfill => ({
  ...backfill,
  uid,
  fromUid: backfill.fromUid === 0 ? 0 : 0xffff_ffff,
  missing: undefined,
});

/** Where old mail that is left begins. */
export type Bound = Pick<Backfill, 'uid' | 'at' | 'fromUid'>;

/** Whether a message, which is old mail by its UID, is still to be looked at. Pure. */
export function isAhead({ at, fromUid }: Pick<Bound, 'at' | 'fromUid'>, { uid, internalDate }: OldMessage): boolean {
  return at === undefined || internalDate < at || (internalDate.getTime() === at.getTime() && uid < fromUid);
}

export const byAge = (a: OldMessage, b: OldMessage): number =>
  b.internalDate.getTime() - a.internalDate.getTime() || b.uid - a.uid;

/** The first sync of a folder in memory: what is under way, and how far everything before it is settled. */
export interface BackfillProgress {
  /** Undefined in a folder that has not been polled yet, and in one that is older than the feature. */
  readonly state: Backfill | undefined;
  begin(state: Backfill): void;
  set(values: Partial<Backfill>): void;
  /** Puts messages at the end of what is under way, in their order; when all is settled, everything from `to` on is done. */
  take(messages: readonly OldMessage[], to: Date, now: Date): void;
  /** Takes no notice of a message that is not under way. */
  settle(uid: number, now: Date): void;
  /** The message that holds up those that are settled behind it. */
  readonly headUid: number | undefined;
  /** How many are settled behind it. */
  readonly ahead: number;
  /** Forgets what is under way. */
  leave(): void;
  isUnderWay(uid: number): boolean;
  /** Whether an entry may be needed to know that its message is done, since the progress has not come to it. */
  needs(entry: RecentMessage): boolean;
}

/** A message, or the end of a list. */
interface Step {
  readonly at: Date;
  readonly uid: number | undefined;
}

export function createBackfillProgress(
  read: () => Backfill | undefined,
  write: (backfill: Backfill) => void,
): BackfillProgress {
  let steps: Step[] = [];
  let next = 0;
  const underWay = new Set<number>();
  const settled = new Set<number>();
  const passed = new Set<number>();

  /** Moves the progress over what is settled. */
  function advance(now: Date): void {
    const state = read();
    if (state === undefined) return;
    const first = next;
    let { at, fromUid, done } = state;
    for (let step = steps[next]; step !== undefined; step = steps[++next]) {
      const { uid } = step;
      if (uid !== undefined && !settled.delete(uid)) break;
      at = step.at;
      fromUid = uid ?? 0;
      if (uid === undefined) continue;
      done += 1;
      underWay.delete(uid);
      passed.add(uid);
    }
    if (next === first) return;
    if (next === steps.length) {
      steps = [];
      next = 0;
    }
    write({ ...state, at, fromUid, done, spell: spellOf(state, done, now), failingSince: undefined });
  }

  return {
    get state() {
      return read();
    },
    begin: write,
    set(values) {
      const state = read();
      if (state !== undefined) write({ ...state, ...values });
    },
    take(messages, to, now) {
      for (const { uid, internalDate } of messages) {
        steps.push({ at: internalDate, uid });
        underWay.add(uid);
      }
      steps.push({ at: to, uid: undefined });
      advance(now);
    },
    settle(uid, now) {
      if (!underWay.has(uid)) return;
      settled.add(uid);
      advance(now);
    },
    get headUid() {
      return steps[next]?.uid;
    },
    get ahead() {
      return settled.size;
    },
    leave() {
      steps = [];
      next = 0;
      for (const uids of [underWay, settled, passed]) uids.clear();
    },
    isUnderWay: (uid) => underWay.has(uid),
    needs({ uid, day }) {
      const state = read();
      return state?.at !== undefined && uid <= state.uid && day <= dayOf(state.at) && !passed.has(uid);
    },
  };
}

function spellOf({ spell, done: before }: Backfill, done: number, now: Date): Backfill['spell'] {
  if (done === before) return spell;
  const isPaused = spell === undefined || now.getTime() - spell.last.getTime() > spellPauseMs;
  return isPaused ? { since: now, last: now, doneBefore: done } : { ...spell, last: now };
}
