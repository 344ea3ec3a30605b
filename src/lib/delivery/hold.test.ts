import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome } from '../domain/events/event.ts';
import { type DestinationState, restingState } from '../store/destinations/destination.ts';
import { afterAttempt, afterFix, claimed, gate, mayProbe, probeWaitMs } from './hold.ts';

const now = Date.parse('2026-11-22T08:00:00Z');
const seconds = (count: number) => new Date(now + count * 1000);

const accepted: DeliveryOutcome = { kind: 'accepted', status: 200 };
const refused: DeliveryOutcome = { kind: 'refused', status: 500, reason: 'destination_refused_message' };
const busy: DeliveryOutcome = { kind: 'held', status: 503, reason: 'destination_busy', attempted: true };

const held: DestinationState = {
  ...restingState,
  heldSince: seconds(-60),
  reason: 'destination_busy',
  nextProbe: seconds(-1),
  probes: 2,
};

const stateAfter = (state: DestinationState, outcome: DeliveryOutcome, probing = false, isMail = true) =>
  afterAttempt(state, outcome, { eventId: 'm_1', isMail, probing, now, chance: 0.5 });

describe('the gate', () => {
  it.each<[string, DestinationState, ReturnType<typeof gate>]>([
    ['is open at rest', restingState, { kind: 'open' }],
    [
      'is closed before the next probe',
      { ...held, nextProbe: seconds(3) },
      { kind: 'held', reason: 'destination_busy', waitMs: 3000 },
    ],
    [
      'asks for a probe when it is due',
      { ...held, nextProbe: seconds(0) },
      { kind: 'probe', reason: 'destination_busy' },
    ],
    [
      'is closed while another probes',
      { ...held, proberUntil: seconds(5) },
      { kind: 'held', reason: 'destination_busy', waitMs: 5000 },
    ],
    [
      'does not wait for a prober that died',
      { ...held, proberUntil: seconds(-1) },
      { kind: 'probe', reason: 'destination_busy' },
    ],
  ])('%s', (_what, state, expected) => {
    expect(gate(state, now)).toEqual(expected);
  });

  it('is closed to others once a probe is claimed', () => {
    expect(gate(claimed(held, now), now)).toEqual({ kind: 'held', reason: 'destination_busy', waitMs: 25_000 });
  });
});

describe('the probe', () => {
  it.each<[string, string | undefined, boolean, boolean]>([
    ['may be any event where none is known to have failed', undefined, false, true],
    ['may be another than the one that failed last', 'm_2', false, true],
    ['is not the one that failed last', 'm_1', false, false],
    ['is that one if there is nothing else to send', 'm_1', true, true],
  ])('%s', (_what, failed, insists, yes) => {
    expect(mayProbe({ ...held, failed }, 'm_1', insists)).toBe(yes);
  });

  it('remembers which event failed last, and forgets it when the hold ends', () => {
    expect(stateAfter(restingState, busy)?.failed).toBe('m_1');
    expect(stateAfter({ ...held, failed: 'm_0' }, busy, true)?.failed).toBe('m_1');
    expect(stateAfter({ ...held, heldByDead: true, failed: 'm_0' }, refused, true)?.failed).toBe('m_1');
    expect(stateAfter({ ...held, failed: 'm_0' }, refused, true)?.failed).toBeUndefined();
    expect(stateAfter({ ...held, failed: 'm_0' }, accepted, true)?.failed).toBeUndefined();
  });
});

describe('after an attempt', () => {
  it('a fault of the destination begins a hold', () => {
    expect(stateAfter(restingState, busy)).toMatchObject({
      heldSince: seconds(0),
      reason: 'destination_busy',
      nextProbe: seconds(2),
      probes: 0,
    });
  });

  it('a failed probe prolongs it and keeps its beginning', () => {
    const next = stateAfter({ ...held, proberUntil: seconds(20) }, busy, true);
    expect(next).toMatchObject({ heldSince: seconds(-60), probes: 3, nextProbe: seconds(20), proberUntil: undefined });
  });

  it('the newest reason stands', () => {
    const unauthorised: DeliveryOutcome = { ...busy, reason: 'destination_unauthorised', status: 401 };
    expect(stateAfter(held, unauthorised, true)?.reason).toBe('destination_unauthorised');
  });

  it('an accepted probe ends it', () => {
    expect(stateAfter(held, accepted, true)).toEqual({
      ...restingState,
      lastAccepted: seconds(0),
      lastMailAccepted: seconds(0),
    });
  });

  it('a refused probe ends it too, and is no acceptance', () => {
    expect(stateAfter(held, refused, true)).toEqual(restingState);
  });

  it('a refused probe does not end a hold that refusals began', () => {
    expect(stateAfter({ ...held, heldByDead: true }, refused, true)).toMatchObject({ heldByDead: true, probes: 3 });
  });

  it('what was sent before the hold neither ends nor prolongs it', () => {
    for (const outcome of [accepted, refused, busy]) expect(stateAfter(held, outcome)).toBeUndefined();
  });

  it('a refusal changes nothing at rest', () => {
    expect(stateAfter(restingState, refused)).toBeUndefined();
  });

  it('an acceptance is noted once a minute', () => {
    const noted = (ago: number) => ({ ...restingState, lastAccepted: seconds(-ago), lastMailAccepted: seconds(-ago) });
    const now = { lastAccepted: seconds(0), lastMailAccepted: seconds(0) };
    expect(stateAfter(noted(59), accepted)).toBeUndefined();
    expect(stateAfter(noted(60), accepted)).toMatchObject(now);
    expect(stateAfter(restingState, accepted)).toMatchObject(now);
    expect(stateAfter({ ...noted(59), lastMailAccepted: undefined }, accepted)).toMatchObject(now);
  });

  it('the acceptance of an event is none of mail, and is noted as often', () => {
    const noted = (ago: number) => ({ ...restingState, lastAccepted: seconds(-ago), lastMailAccepted: seconds(-90) });
    expect(stateAfter(noted(59), accepted, false, false)).toBeUndefined();
    expect(stateAfter(noted(60), accepted, false, false)).toEqual({ ...noted(0), lastMailAccepted: seconds(-90) });
    const ended = stateAfter({ ...held, deadInRow: 3, headsMoved: 2 }, accepted, true, false);
    expect(ended).toMatchObject({ heldSince: undefined, deadInRow: 3, headsMoved: 2, lastMailAccepted: undefined });
  });

  it('an acceptance ends a row of dead ones at once', () => {
    const state = { ...restingState, lastAccepted: seconds(-1), lastMailAccepted: seconds(-1), deadInRow: 2 };
    expect(stateAfter(state, accepted)).toMatchObject({ deadInRow: 0, lastAccepted: seconds(0) });
    expect(stateAfter({ ...state, deadInRow: 0, headsMoved: 2 }, accepted)).toMatchObject({ headsMoved: 0 });
    expect(stateAfter(state, accepted, false, false)).toBeUndefined();
  });

  it('a hold is told of once it has lasted 15 minutes', () => {
    expect(stateAfter({ ...held, heldSince: seconds(-899) }, busy, true)?.told).toBe(false);
    expect(stateAfter({ ...held, heldSince: seconds(-900) }, busy, true)?.told).toBe(true);
    expect(stateAfter({ ...held, told: true }, busy, true)?.told).toBe(true);
    expect(stateAfter({ ...held, told: true }, accepted, true)?.told).toBe(false);
  });
});

describe('the wait before a probe', () => {
  it('grows to five minutes and stays there', () => {
    const waits = Array.from({ length: 10 }, (_, probes) => probeWaitMs(probes, 0, 0.5) / 1000);
    expect(waits).toEqual([2, 5, 10, 20, 40, 60, 120, 300, 300, 300]);
  });

  it('varies by a fifth', () => {
    expect(probeWaitMs(5, 0, 0)).toBe(48_000);
    expect(probeWaitMs(5, 0, 0.999999)).toBe(72_000);
  });

  it('is never shorter than the destination asks', () => {
    for (const chance of [0, 0.5, 0.99]) expect(probeWaitMs(0, 90_000, chance)).toBeGreaterThanOrEqual(90_000);
    expect(probeWaitMs(7, 1000, 0.5)).toBe(300_000);
  });
});

it('a destination that was fixed is probed at once', () => {
  const state = { ...held, nextProbe: seconds(250), probes: 7 };
  expect(gate(afterFix(state), now)).toEqual({ kind: 'probe', reason: 'destination_busy' });
  expect(afterFix(restingState)).toBe(restingState);
});
