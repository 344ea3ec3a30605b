import { hourMs } from '../../domain/duration.ts';
import type { OutboxData } from '../../domain/events/outbox-data.ts';
import { type ErrorCode, errorTable, type StoredCode } from '../../error-codes.ts';
import type { MailboxRow, MailboxState, SlotSchedule, StateRow } from '../../store/rows/rows.ts';
import { bellAfter, eagerAfter, type Heard } from './bell.ts';
import { habitAfter, usualMailInMs } from './habit.ts';
import { pollInterval } from './rhythm.ts';

/** Outcome of a mailbox in a run. */
export type Verdict =
  /** Every folder answered. `more`: work is left; `wait`: work is left that must wait for the destination. */
  | { readonly kind: 'ok'; readonly left: 'nothing' | 'more' | 'wait' }
  /** The mailbox answered, and one of its folders is not there. */
  | { readonly kind: 'partly'; readonly code: ErrorCode; readonly left: 'nothing' | 'more' | 'wait' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly retryAfterMs: number | undefined }
  /** The run says nothing about the mailbox: our own store or the destination failed. */
  | { readonly kind: 'unknown' };

export interface Situation {
  readonly now: Date;
  /** The `asked` that had been served before this run. */
  readonly servedBefore: number;
  readonly tick: number;
  readonly intervalSeconds: number;
  readonly createdAt: Date;
  /** When the newest mail arrived that was worked on. */
  readonly lastMailAt: Date | undefined;
  /** True if the API asked for this poll. */
  readonly isAsked: boolean;
  /** What the poll says about the bell of the mailbox. */
  readonly heard: Heard;
  /** Mail came that its bell did not announce. */
  readonly isBellMissed: boolean;
  /** Bells count in this deployment. */
  readonly hasBells: boolean;
}

type StateEventType =
  | 'mailbox.degraded'
  | 'mailbox.reconnect_required'
  | 'mailbox.consent_required'
  | 'mailbox.recovered';

/** The event about trouble of a mailbox, or its end. */
export type StateEvent = {
  readonly [Type in StateEventType]: { readonly type: Type; readonly data: OutboxData[Type] };
}[StateEventType];

/** What is stored of how a mailbox stands. */
export interface Standing {
  readonly state: StateRow;
  readonly slot: SlotSchedule;
}

export interface Judged {
  readonly state: StateRow;
  readonly slot: SlotSchedule;
  /** Told in the commit that records the state. */
  readonly event: StateEvent | undefined;
}

/** A mailbox that has not answered for so long, or for 3 of its intervals if that is longer, is `degraded`. */
const degradedAfterMs = 15 * 60_000;
const degradedAfterIntervals = 3;

/** The wait after a failure: a minute, or three ticks where they are short. It doubles with each further one, up to the longest. */
const firstWaitMs = 60_000;
const firstWaitTicks = 3;
const longestWaitMs = 15 * 60_000;

const firstWait = (ticksFor: (ms: number) => number): number => Math.min(firstWaitTicks, ticksFor(firstWaitMs));

/** An administrator's consent makes the stored sign-in work again without a reconnect; it is tried this often. */
const consentWaitMs = hourMs;

/** "Authenticated but not connected" is often the server's passing trouble (microsoft.md 4.2); thrice is not. */
const notConnectedTries = 3;

/** The state that a failure leads to. `keep`: none yet. */
function stateFor(code: ErrorCode, failures: number): MailboxState | 'keep' | 'leave' {
  switch (code) {
    case 'imap_throttled':
      return 'throttled';
    case 'imap_refused':
      return 'degraded';
    case 'imap_not_connected':
      return failures >= notConnectedTries ? 'degraded' : 'keep';
    case 'imap_unreachable':
    case 'imap_token_expired':
    case 'imap_unexpected':
    case 'folder_missing':
    case 'internal_error':
      return 'keep';
    case 'filter_broken':
    case 'row_broken':
    case 'row_refused':
      return 'degraded';
  }
  // All others are answers to the question for a token.
  switch (errorTable[code].who) {
    case 'mailbox owner':
      return 'reconnect_required';
    case 'tenant admin':
      return 'consent_required';
    case 'nobody':
      return 'throttled';
    default:
      // A fault of the whole deployment is reported once, elsewhere; it is no mailbox's fault.
      return 'leave';
  }
}

/** The states for which an event is sent. */
function troubleEvent(state: MailboxState, code: StoredCode, since: string): StateEvent | undefined {
  switch (state) {
    case 'degraded':
      return { type: 'mailbox.degraded', data: { state, code, since } };
    case 'reconnect_required':
      return { type: 'mailbox.reconnect_required', data: { state, code, since } };
    case 'consent_required':
      return { type: 'mailbox.consent_required', data: { state, code, since } };
    case 'active':
    case 'connecting':
    case 'paused':
    case 'throttled':
      return undefined;
  }
}

const isTrouble = (state: MailboxState): boolean => troubleEvent(state, 'internal_error', '') !== undefined;

/**
 * The next state and due time of a mailbox. Pure.
 * Due times: work that is left is due at once (a continuation looks for what is due in its own tick), work that must wait
 * at the next tick, a mailbox without work by its rhythm, a failure after a wait that doubles.
 */
export function judge({ state, slot }: Standing, verdict: Verdict, at: Situation): Judged {
  const { tick } = at;
  if (verdict.kind === 'unknown') {
    return { state: untried(state, at), slot: { ...slot, nextDue: tick + 1 }, event: undefined };
  }
  const seconds = at.intervalSeconds;
  if (verdict.kind !== 'failed') {
    const target = verdict.kind === 'ok' ? 'active' : isOverdue(state, slot, at) ? 'degraded' : keep(state);
    const code = verdict.kind === 'ok' ? '' : verdict.code;
    const moving = moved(state, { state: target, code, backoffUntil: undefined }, at);
    const bell = bellAfter(state.bell, at.heard, { isMissed: at.isBellMissed, now: at.now });
    const habit = habitAfter(state.habit, at.heard.arrivals, at.now);
    const next = { ...moving, state: { ...moving.state, bell, habit } };
    const eager = eagerAfter(slot.eager, at.heard);
    const isReset = verdict.left !== 'nothing' || at.isAsked || slot.failures > 0 || eager > 0;
    const hasBell = at.hasBells && bell?.hears === 'rings';
    const usualInMs = usualMailInMs(habit, at.now);
    const rhythm = { quietMs: quietMs(next.state, at), intervalSeconds: seconds, hasBell, usualInMs };
    const interval = isReset ? 1 : pollInterval(slot.interval, rhythm);
    const nextDue = verdict.left === 'more' ? tick : tick + interval;
    const lastOk = verdict.kind === 'ok' ? tick : slot.lastOk;
    return { ...next, slot: { nextDue, lastOk, interval, failures: 0, eager } };
  }
  const failures = slot.failures + 1;
  const ticksFor = (ms: number) => Math.max(1, Math.ceil(ms / 1000 / seconds));
  const said = stateFor(verdict.code, failures);
  const wait = Math.min(firstWait(ticksFor) * 2 ** Math.min(failures - 1, 20), ticksFor(longestWaitMs));
  const asked = verdict.retryAfterMs === undefined ? undefined : new Date(at.now.getTime() + verdict.retryAfterMs);
  const least =
    said === 'consent_required'
      ? ticksFor(consentWaitMs)
      : verdict.retryAfterMs === undefined
        ? 1
        : ticksFor(verdict.retryAfterMs);
  const next: SlotSchedule = { ...slot, failures, nextDue: tick + Math.max(wait, least) };
  if (said === 'leave') {
    // Asking again costs next to nothing (nothing goes to Microsoft while it refuses the app), and once the fault is
    // fixed no mailbox should wait for a delay that grew during it.
    const soon = { ...slot, nextDue: tick + least };
    return { state: { ...untried(state, at), backoffUntil: asked }, slot: soon, event: undefined };
  }
  const target = said !== 'keep' ? said : isOverdue(state, slot, at) ? 'degraded' : keep(state);
  return { ...moved(state, { state: target, code: verdict.code, backoffUntil: asked }, at), slot: next };
}

/** How long nothing happened to a mailbox: no mail came, and its state stayed as it is. */
const quietMs = (state: StateRow, at: Situation): number =>
  at.now.getTime() - Math.max(at.createdAt.getTime(), state.since.getTime(), at.lastMailAt?.getTime() ?? 0);

/**
 * What a mailbox is whose mail server fails. A paused one is not polled, so that one which is polled is no longer paused;
 * and one whose token was good is past the need to reconnect, in which it would never be polled again.
 */
const keep = (state: StateRow): MailboxState =>
  state.state === 'paused' || state.state === 'reconnect_required' ? 'active' : state.state;

/** A new sign-in that could not be tried yet stays requested, or else the mailbox would never be polled again. */
const untried = (state: StateRow, at: Situation): StateRow =>
  state.state === 'reconnect_required' ? { ...state, served: at.servedBefore } : state;

function isOverdue(state: StateRow, slot: SlotSchedule, at: Situation): boolean {
  const tickMs = at.intervalSeconds * 1000;
  const waited = state.state === 'paused' || state.state === 'connecting' ? state.since.getTime() : 0;
  const lastOkMs = Math.max(slot.lastOk * tickMs, at.createdAt.getTime(), waited);
  const limitMs = Math.max(degradedAfterMs, degradedAfterIntervals * Math.max(slot.interval, 1) * tickMs);
  return at.now.getTime() - lastOkMs >= limitMs;
}

function moved(
  state: StateRow,
  target: Pick<StateRow, 'state' | 'code' | 'backoffUntil'>,
  at: Situation,
): Pick<Judged, 'state' | 'event'> {
  const { state: to, code } = target;
  const same = state.state === to;
  const next: StateRow = { ...state, ...target, since: same ? state.since : at.now };
  if (same) return { state: next, event: undefined };
  const since = at.now.toISOString();
  const trouble = code === '' ? undefined : troubleEvent(to, code, since);
  if (trouble !== undefined) return { state: { ...next, told: to }, event: trouble };
  // A receiver that got an event about trouble gets one about its end, even if states without an event came in between.
  const was = state.told ?? (isTrouble(state.state) ? state.state : undefined);
  if (to !== 'active') return { state: { ...next, told: was }, event: undefined };
  return {
    state: { ...next, told: undefined },
    event: was === undefined ? undefined : { type: 'mailbox.recovered', data: { state: to, was, since } },
  };
}

/** Whether a mailbox is polled in this run. A bell beats the rhythm, but neither a pause nor the wait after a failure. Pure. */
export function isDue(
  { state, slot, account }: Standing & { readonly account: Pick<MailboxRow, 'paused' | 'deletedAt' | 'asked'> },
  at: { readonly now: Date; readonly tick: number; readonly isRung?: boolean },
): boolean {
  if (account.paused || account.deletedAt !== undefined) return false;
  if (account.asked !== state.served) return true;
  if (state.state === 'reconnect_required') return false;
  if (state.backoffUntil !== undefined && state.backoffUntil > at.now) return false;
  return slot.nextDue <= at.tick || (at.isRung === true && slot.failures === 0);
}
