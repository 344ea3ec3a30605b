import type { DeliveryOutcome } from '../domain/events/event.ts';
import { type Schedule, waitAfter } from '../domain/schedule.ts';
import type { ErrorCode } from '../error-codes.ts';
import type { DestinationState } from '../store/destinations/destination.ts';

/** Waits before the probes of a hold; the last one repeats for as long as it takes. */
const probeWaitsMs: Schedule = [2_000, 5_000, 10_000, 20_000, 40_000, 60_000, 120_000, 300_000];

/** Two holds that began together must not probe together: each wait is up to a fifth longer or shorter. */
const jitterShare = 0.2;

/** A probe takes 20 s at most; a probe whose process died is not waited for longer than this. */
const probeLeaseMs = 25_000;

/** After this time a hold is logged once, for its alert. */
const tellAfterMs = 15 * 60_000;

/** An acceptance is noted in the row at most this often. */
const noteEveryMs = 60_000;

export type Gate =
  /** Send. */
  | { readonly kind: 'open' }
  /** Held: send nothing before `waitMs` have passed. */
  | { readonly kind: 'held'; readonly reason: ErrorCode; readonly waitMs: number }
  /** A probe is due, for anyone who wins the row. */
  | { readonly kind: 'probe'; readonly reason: ErrorCode };

/** Whether something may be sent. `now` is the server's time, never later than it is. */
export function gate(state: DestinationState, now: number): Gate {
  const { reason } = state;
  if (state.heldSince === undefined || reason === undefined) return { kind: 'open' };
  const from = Math.max(state.nextProbe?.getTime() ?? 0, state.proberUntil?.getTime() ?? 0);
  return from <= now ? { kind: 'probe', reason } : { kind: 'held', reason, waitMs: from - now };
}

/** The state by which one of many claims the probe. */
export const claimed = (state: DestinationState, now: number): DestinationState => ({
  ...state,
  proberUntil: new Date(now + probeLeaseMs),
});

/**
 * Whether an event may be the probe of a hold. The event that failed last may itself be at fault: another goes first,
 * if there is one. @param insists true if the sender has nothing else
 */
export const mayProbe = (state: DestinationState, eventId: string, insists: boolean): boolean =>
  insists || state.failed !== eventId;

/** The wait before the probe after `probes` failed ones. `chance` is in [0, 1). */
export function probeWaitMs(probes: number, retryAfterMs: number, chance: number): number {
  const wait = waitAfter(probeWaitsMs, probes + 1);
  const jittered = wait * (1 + jitterShare * (2 * chance - 1));
  // Never before the destination asks for it; later by some chance, so that not all come at that very instant.
  return Math.round(Math.max(jittered, retryAfterMs * (1 + jitterShare * chance)));
}

/**
 * The state after an attempt, or undefined if the row stays as it is.
 * @param probing whether this attempt was the hold's probe; any other was sent before the hold began, and neither ends
 * nor prolongs it
 */
export function afterAttempt(
  state: DestinationState,
  outcome: DeliveryOutcome,
  attempt: {
    readonly eventId: string;
    readonly isMail: boolean;
    readonly probing: boolean;
    readonly now: number;
    readonly chance: number;
  },
): DestinationState | undefined {
  const { eventId, isMail, probing, now, chance } = attempt;
  const held = state.heldSince !== undefined;
  if (held && !probing) return undefined;
  switch (outcome.kind) {
    case 'accepted':
      return isMail ? afterMail(state, now) : afterEvent(state, now);
    case 'refused':
      // It works again, even if it refuses this message; unless it was held for refusing everything.
      if (!held) return undefined;
      if (!state.heldByDead || state.reason === undefined) return released(state);
      return { ...prolonged(state, { ...outcome, reason: state.reason }, now, chance), failed: eventId };
    case 'held':
      return { ...prolonged(state, outcome, now, chance), failed: eventId };
  }
}

const isFresh = (noted: Date | undefined, now: number): boolean => now - (noted?.getTime() ?? 0) < noteEveryMs;

function afterMail(state: DestinationState, now: number): DestinationState | undefined {
  const isNoted = state.heldSince === undefined && state.deadInRow === 0 && state.headsMoved === 0;
  if (isNoted && isFresh(state.lastMailAccepted, now)) return undefined;
  const at = new Date(now);
  return { ...released(state), lastAccepted: at, lastMailAccepted: at, deadInRow: 0, headsMoved: 0 };
}

/** Accepting a mailbox event shows that it works, and nothing about what it does with mail. */
const afterEvent = (state: DestinationState, now: number): DestinationState | undefined =>
  state.heldSince === undefined && isFresh(state.lastAccepted, now)
    ? undefined
    : { ...released(state), lastAccepted: new Date(now) };

const released = (state: DestinationState): DestinationState => ({
  ...state,
  heldSince: undefined,
  reason: undefined,
  status: undefined,
  heldByDead: false,
  nextProbe: undefined,
  probes: 0,
  proberUntil: undefined,
  told: false,
  failed: undefined,
});

function prolonged(
  state: DestinationState,
  why: { readonly reason: ErrorCode; readonly status?: number; readonly retryAfterMs?: number },
  now: number,
  chance: number,
): DestinationState {
  const probes = state.heldSince === undefined ? 0 : state.probes + 1;
  const heldSince = state.heldSince ?? new Date(now);
  return {
    ...state,
    heldSince,
    reason: why.reason,
    status: why.status,
    nextProbe: new Date(now + probeWaitMs(probes, why.retryAfterMs ?? 0, chance)),
    probes,
    proberUntil: undefined,
    told: state.told || now - heldSince.getTime() >= tellAfterMs,
  };
}

/** The state after someone has fixed the destination: what it did before says nothing any more, so probe at once. */
export const afterFix = (state: DestinationState): DestinationState =>
  state.heldSince === undefined ? state : { ...state, nextProbe: undefined, probes: 0, failed: undefined };
