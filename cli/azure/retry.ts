import { type Schedule, waitAfter } from '../../src/lib/domain/schedule.ts';
import type { Refusal } from './sentences.ts';

/** Waits before another try, in milliseconds; the last one repeats. Azure's own clients begin at one second, too. */
export const waitsMs: Schedule = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** How many tries in a row a call gets where the server is overloaded or cannot be reached. */
export const mostTries = 6;

/** No answer makes us wait longer than this at once. */
const longestWaitMs = 120_000;

/** Refusals that mean "not yet": something made a moment ago is not known everywhere. */
export interface NotYet {
  /** How long to retry. */
  readonly forMs: number;
  /** Whether this refusal is such a one. */
  readonly when: (refusal: Refusal) => boolean;
  /** Told before each wait. */
  readonly waiting?: (waitedMs: number) => void;
}

export type Outcome =
  | { readonly kind: 'answer'; readonly refusal: Refusal | undefined; readonly retryAfterMs: number | undefined }
  /** The connection broke, or nothing came: whether the server acted is unknown. */
  | { readonly kind: 'lost' };

export interface Try {
  /** Tries so far, this one included. */
  readonly tries: number;
  /** Tries in a row, up to this one, at which the server was overloaded, failed, or was not reached. */
  readonly faults: number;
  /** Time since the first. */
  readonly waitedMs: number;
  /** Making the call a second time changes nothing more. */
  readonly repeatable: boolean;
  readonly notYet: NotYet | undefined;
}

/** Whether a try says nothing of the call itself: what was waited for before does not count against it. Pure. */
export const isFault = (outcome: Outcome): boolean => {
  if (outcome.kind === 'lost') return true;
  const status = outcome.refusal?.status;
  return status !== undefined && (status === 429 || status >= 500);
};

/**
 * What to do after a try: take the answer, or wait for so many milliseconds and try again. Pure.
 * A call that may not be repeated is tried again only where the server says that it did not act: 429.
 */
export function afterTry(outcome: Outcome, state: Try): { readonly waitMs: number } | 'done' {
  const wait = waitAfter(waitsMs, state.tries);
  const again = state.faults < mostTries ? { waitMs: wait } : 'done';
  if (outcome.kind === 'lost') return state.repeatable ? again : 'done';
  const { refusal, retryAfterMs } = outcome;
  if (refusal === undefined) return 'done';
  if (state.notYet?.when(refusal) === true) return state.waitedMs < state.notYet.forMs ? { waitMs: wait } : 'done';
  const overloaded = refusal.status === 429;
  const down = refusal.status !== undefined && refusal.status >= 500;
  if (again === 'done' || !(overloaded || (down && state.repeatable))) return 'done';
  return { waitMs: Math.min(retryAfterMs ?? wait, longestWaitMs) };
}
