import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../error-codes.ts';
import type { MailboxState, SlotSchedule, StateRow } from '../../store/rows/rows.ts';
import { isDue, judge, type Situation, type Verdict } from './mailbox-state.ts';

const now = new Date('2026-11-22T12:00:00Z');
const tick = Math.floor(now.getTime() / 60_000);
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const at: Situation = {
  now,
  tick,
  intervalSeconds: 60,
  createdAt: ago(10_000),
  lastMailAt: ago(5),
  isAsked: false,
  servedBefore: 1,
  heard: { isRung: false, isAnnounced: false, hasArrived: false, arrivals: [] },
  isBellMissed: false,
  hasBells: true,
};
const state = (change: Partial<StateRow> = {}): StateRow => ({
  mailboxId: 'mbx_0001_abcdefghijklmnop',
  state: 'active',
  code: '',
  since: ago(100),
  backoffUntil: undefined,
  served: 1,
  ...change,
});
const slot = (change: Partial<SlotSchedule> = {}): SlotSchedule => ({
  nextDue: tick,
  lastOk: tick - 1,
  interval: 1,
  failures: 0,
  eager: 0,
  ...change,
});
const failed = (code: ErrorCode, retryAfterMs?: number): Verdict => ({ kind: 'failed', code, retryAfterMs });

describe('a mailbox that answered', () => {
  it.each([
    ['nothing', tick + 1],
    ['wait', tick + 1],
    ['more', tick],
  ] as const)('a mailbox with %s left is due at %i', (left, nextDue) => {
    const judged = judge({ state: state(), slot: slot({ failures: 3 }) }, { kind: 'ok', left }, at);
    expect(judged).toEqual({
      state: state(),
      slot: { nextDue, lastOk: tick, interval: 1, failures: 0, eager: 0 },
      event: undefined,
    });
  });

  it.each([
    ['degraded', 'mailbox.recovered'],
    ['reconnect_required', 'mailbox.recovered'],
    ['consent_required', 'mailbox.recovered'],
    ['throttled', undefined],
    ['connecting', undefined],
    ['paused', undefined],
  ] as const)('a mailbox that was %s is active, with the event %s', (before, type) => {
    const judged = judge(
      { state: state({ state: before, code: 'internal_error' }), slot: slot() },
      { kind: 'ok', left: 'nothing' },
      at,
    );
    expect(judged.state).toMatchObject({ state: 'active', code: '', since: now });
    expect(judged.event?.type).toBe(type);
  });

  it.each(['throttled', 'paused', 'connecting'] as const)(
    'a mailbox told to be in trouble before it was %s is told to have recovered',
    (between) => {
      const troubled = judge({ state: state(), slot: slot() }, failed('imap_refused'), at);
      expect(troubled.event?.type).toBe('mailbox.degraded');
      const passing =
        between === 'throttled'
          ? judge({ state: troubled.state, slot: slot() }, failed('imap_throttled', 1000), at)
          : { state: { ...troubled.state, state: between }, event: undefined };
      expect(passing.event).toBeUndefined();
      const recovered = judge({ state: passing.state, slot: slot() }, { kind: 'ok', left: 'nothing' }, at);
      expect(recovered.event).toMatchObject({ type: 'mailbox.recovered', data: { was: 'degraded' } });
      // Once.
      const again = judge(
        { state: { ...recovered.state, state: 'throttled' }, slot: slot() },
        { kind: 'ok', left: 'nothing' },
        at,
      );
      expect(again.event).toBeUndefined();
    },
  );

  it('keeps its state if only one folder failed, with the fault', () => {
    const judged = judge(
      { state: state(), slot: slot() },
      { kind: 'partly', code: 'folder_missing', left: 'nothing' },
      at,
    );
    expect(judged.state).toMatchObject({ state: 'active', code: 'folder_missing', since: ago(100) });
    expect(judged.slot).toMatchObject({ nextDue: tick + 1, lastOk: tick - 1 });
  });
});

describe('a mailbox without mail', () => {
  const day = 24 * 60;
  const quiet = { ...at, lastMailAt: ago(day) };
  const still = state({ since: ago(day) });
  const ok: Verdict = { kind: 'ok', left: 'nothing' };
  it.each([
    ['is polled less often, step by step', still, slot({ interval: 2 }), ok, quiet, 4],
    ['is polled every 5 minutes at last', still, slot({ interval: 5 }), ok, quiet, 5],
    [
      'but for a folder that is gone, too',
      still,
      slot({ interval: 5 }),
      { ...ok, kind: 'partly', code: 'folder_missing' },
      quiet,
      5,
    ],
    [
      'is polled every tick within an hour of a mail',
      still,
      slot({ interval: 5 }),
      ok,
      { ...quiet, lastMailAt: ago(59) },
      1,
    ],
    [
      'is polled every tick within an hour of its connect',
      state({ since: ago(59) }),
      slot(),
      ok,
      { ...quiet, createdAt: ago(59) },
      1,
    ],
    [
      'is polled every tick within an hour of its recovery',
      state({ since: ago(59) }),
      slot({ interval: 5 }),
      ok,
      quiet,
      1,
    ],
    [
      'of which nobody knows any is polled by its age',
      still,
      slot({ interval: 5 }),
      ok,
      { ...quiet, lastMailAt: undefined },
      5,
    ],
    ['begins anew when it was asked for', still, slot({ interval: 5 }), ok, { ...quiet, isAsked: true }, 1],
    ['begins anew after a failure', still, slot({ interval: 5, failures: 1 }), ok, quiet, 1],
    ['is due at the next tick while work waits', still, slot({ interval: 5 }), { kind: 'ok', left: 'wait' }, quiet, 1],
    ['is due at once while work is left', still, slot({ interval: 5 }), { kind: 'ok', left: 'more' }, quiet, 0],
  ] as const)('%s', (_name, row, schedule, verdict, situation, ticks) => {
    const judged = judge({ state: row, slot: schedule }, verdict, situation);
    expect(judged.slot.nextDue - tick).toBe(ticks);
    expect(judged.slot.interval).toBe(Math.max(1, ticks));
  });
});

describe('a mailbox that failed', () => {
  const cases: [ErrorCode, MailboxState, string | undefined][] = [
    ['imap_throttled', 'throttled', undefined],
    ['entra_unavailable', 'throttled', undefined],
    ['entra_throttled', 'throttled', undefined],
    ['imap_refused', 'degraded', 'mailbox.degraded'],
    ['row_refused', 'degraded', 'mailbox.degraded'],
    ['grant_revoked', 'reconnect_required', 'mailbox.reconnect_required'],
    ['grant_missing', 'reconnect_required', 'mailbox.reconnect_required'],
    ['admin_consent_required', 'consent_required', 'mailbox.consent_required'],
    ['imap_unreachable', 'active', undefined],
    ['imap_not_connected', 'active', undefined],
    ['internal_error', 'active', undefined],
  ];
  it.each(cases)('a failure by %s is %s and tells %s', (code, to, type) => {
    const judged = judge({ state: state(), slot: slot() }, failed(code), at);
    expect(judged.state).toMatchObject({ state: to, code });
    expect(judged.event?.type).toBe(type);
    expect(judged.slot.failures).toBe(1);
  });

  it.each(['client_secret_expired', 'vault_unreachable', 'storage_unreachable'] as const)(
    'a failure by %s, a fault of the deployment, keeps the state untouched',
    (code) => {
      const judged = judge({ state: state(), slot: slot({ failures: 2 }) }, failed(code), at);
      // However long it lasts, the next tick tries again.
      expect(judged).toEqual({ state: state(), slot: slot({ failures: 2, nextDue: tick + 1 }), event: undefined });
    },
  );

  it('waits no longer than it was told for a fault of the deployment', () => {
    const judged = judge({ state: state(), slot: slot({ failures: 9 }) }, failed('client_secret_invalid', 150_000), at);
    expect(judged.slot).toEqual(slot({ failures: 9, nextDue: tick + 3 }));
    expect(judged.state).toEqual(state({ backoffUntil: new Date(now.getTime() + 150_000) }));
  });

  it('waits longer with every failure, up to a quarter of an hour', () => {
    const waits = [0, 1, 2, 3, 4, 5, 50].map(
      (failures) =>
        judge({ state: state(), slot: slot({ failures }) }, failed('imap_unreachable'), at).slot.nextDue - tick,
    );
    expect(waits).toEqual([1, 2, 4, 8, 15, 15, 15]);
  });

  it('waits as long as it was told', () => {
    const judged = judge({ state: state(), slot: slot() }, failed('imap_throttled', 300_000), at);
    expect(judged.slot.nextDue).toBe(tick + 5);
    expect(judged.state.backoffUntil).toEqual(new Date(now.getTime() + 300_000));
  });

  it('is degraded when it has not answered for a quarter of an hour', () => {
    const lastOk = (minutes: number) =>
      judge({ state: state(), slot: slot({ lastOk: tick - minutes }) }, failed('imap_unreachable'), at);
    expect(lastOk(14).state.state).toBe('active');
    expect(lastOk(15)).toMatchObject({ state: { state: 'degraded' }, event: { type: 'mailbox.degraded' } });
  });

  it('is not degraded before it was connected for so long', () => {
    const young = { ...at, createdAt: ago(5) };
    expect(
      judge({ state: state({ state: 'connecting' }), slot: slot({ lastOk: 0 }) }, failed('imap_unreachable'), young)
        .state,
    ).toMatchObject({
      state: 'connecting',
      code: 'imap_unreachable',
    });
  });

  it('is degraded when the server does not open it three times', () => {
    const judged = judge({ state: state(), slot: slot({ failures: 2 }) }, failed('imap_not_connected'), at);
    expect(judged.state.state).toBe('degraded');
  });

  it('tells of a state once, however often it is found', () => {
    const first = judge({ state: state(), slot: slot() }, failed('grant_revoked'), at);
    const second = judge({ state: first.state, slot: first.slot }, failed('grant_revoked'), at);
    expect(second.event).toBeUndefined();
    expect(second.state.since).toEqual(now);
  });

  it('is only tried again if our own store failed', () => {
    expect(judge({ state: state(), slot: slot() }, { kind: 'unknown' }, at)).toEqual({
      state: state(),
      slot: slot({ nextDue: tick + 1 }),
      event: undefined,
    });
  });
});

describe('a mailbox', () => {
  const account = { paused: false, deletedAt: undefined, asked: 1 };
  it.each([
    ['is due at its tick', state(), slot(), account, true],
    ['is due when its tick is past', state(), slot({ nextDue: 1 }), account, true],
    ['is not due before its tick', state(), slot({ nextDue: tick + 1 }), account, false],
    ['is due when it was asked for', state(), slot({ nextDue: tick + 9 }), { ...account, asked: 2 }, true],
    [
      'is due when it was asked for, whatever its wait',
      state({ backoffUntil: ago(-9) }),
      slot(),
      { ...account, asked: 2 },
      true,
    ],
    ['is not due while it waits', state({ backoffUntil: ago(-1) }), slot(), account, false],
    ['is due after its wait', state({ backoffUntil: ago(1) }), slot(), account, true],
    ['is not due while its sign-in is dead', state({ state: 'reconnect_required' }), slot(), account, false],
    ['is due after its reconnect', state({ state: 'reconnect_required' }), slot(), { ...account, asked: 2 }, true],
    ['is tried now and then without consent', state({ state: 'consent_required' }), slot(), account, true],
    ['is not due while it is paused', state(), slot(), { ...account, paused: true, asked: 2 }, false],
    ['is not due after it was removed', state(), slot(), { ...account, deletedAt: ago(1), asked: 2 }, false],
  ])('%s', (_name, row, schedule, mailbox, due) => {
    expect(isDue({ state: row, slot: schedule, account: mailbox }, { now, tick })).toBe(due);
  });
});

describe('a mailbox whose owner has just signed in again', () => {
  const before = state({ state: 'reconnect_required', code: 'grant_expired', since: ago(5), served: 2 });
  const asked = { ...at, isAsked: true };

  it.each(['imap_unreachable', 'imap_unexpected', 'imap_token_expired'] as const)(
    'is polled on, although the first attempt ends in %s',
    (code) => {
      const judged = judge({ state: before, slot: slot() }, failed(code), asked);
      expect(judged.state).toMatchObject({ state: 'active', code, served: 2 });
      const later = { now: new Date(now.getTime() + 60_000), tick: tick + 1 };
      expect(
        isDue(
          { state: judged.state, slot: judged.slot, account: { paused: false, deletedAt: undefined, asked: 2 } },
          later,
        ),
      ).toBe(true);
    },
  );

  it.each([
    ['our own table does not answer', { kind: 'unknown' }],
    ['the secret of the app has run out', failed('client_secret_expired')],
  ] as const)('is tried again when %s', (_why, verdict) => {
    const judged = judge({ state: before, slot: slot() }, verdict, asked);
    expect(judged.state).toMatchObject({ state: 'reconnect_required', served: 1 });
    const later = { now: new Date(now.getTime() + 60_000), tick: tick + 1 };
    expect(
      isDue(
        { state: judged.state, slot: judged.slot, account: { paused: false, deletedAt: undefined, asked: 2 } },
        later,
      ),
    ).toBe(true);
  });

  it('is left alone when the new sign-in is refused, too', () => {
    const judged = judge({ state: before, slot: slot() }, failed('grant_expired'), asked);
    expect(judged).toMatchObject({ state: { state: 'reconnect_required', served: 2 }, event: undefined });
  });
});

describe('a bell', () => {
  const account = { paused: false, deletedAt: undefined, asked: 1 };
  const later = slot({ nextDue: tick + 9 });
  it.each([
    ['beats the rhythm', state(), later, account, true],
    ['does not beat the wait after a failure', state(), slot({ nextDue: tick + 9, failures: 1 }), account, false],
    ['does not beat what the mail server asked for', state({ backoffUntil: ago(-1) }), later, account, false],
    ['does not beat a pause', state({ state: 'paused' }), later, { ...account, paused: true }, false],
    ['does not wake the dead', state({ state: 'reconnect_required' }), later, account, false],
    ['rings in vain for what is removed', state(), later, { ...account, deletedAt: now }, false],
  ])('%s', (_, one, its, its2, isPolled) => {
    expect(isDue({ state: one, slot: its, account: its2 }, { now, tick, isRung: true })).toBe(isPolled);
    expect(isDue({ state: one, slot: its, account: its2 }, { now, tick })).toBe(false);
  });

  const polled = (before: SlotSchedule, change: Partial<typeof at>, of: Partial<StateRow> = {}) =>
    judge(
      { state: state(of), slot: before },
      { kind: 'ok', left: 'nothing' },
      { ...at, lastMailAt: ago(5), ...change },
    );
  const heard = { isRung: true, isAnnounced: true, hasArrived: false, arrivals: [] };

  it('a bell ahead of the mail makes the mailbox due in the next three ticks', () => {
    const due: number[] = [];
    let { slot: next } = polled(slot({ interval: 9 }), { heard });
    for (let now = tick + 1; now <= tick + 12; now++) {
      if (next.nextDue > now) continue;
      due.push(now - tick);
      const quiet = { ...at.heard, isAnnounced: next.eager > 0 };
      next = polled(next, { tick: now, heard: quiet }, { bell: { hears: 'rings', since: ago(99) } }).slot;
    }
    expect(due).toEqual([1, 2, 3, 5, 9]);
  });

  it.each([
    ['fails', { kind: 'failed', code: 'imap_unreachable', retryAfterMs: undefined }],
    ['says nothing', { kind: 'unknown' }],
  ] as const)('keeps what is left of the three ticks if a poll %s', (_, verdict) => {
    const judged = judge({ state: state(), slot: slot({ eager: 2 }) }, verdict, at);
    expect(judged.slot.eager).toBe(2);
    expect(judged.state.bell).toBeUndefined();
  });

  it('that missed mail is silent, and the mailbox is polled as if it had none', () => {
    const bell = { hears: 'rings', since: ago(99) } as const;
    const missed = { isBellMissed: true, heard: { ...at.heard, hasArrived: true, arrivals: [ago(2)] } };
    const judged = polled(slot({ interval: 10 }), missed, { bell });
    expect(judged.state.bell).toEqual({ hears: 'silent', since: now });
    expect(judged.slot.nextDue).toBe(tick + 1);
  });

  it.each([
    ['rings is polled every 10 minutes at most, however much mail it gets', 'rings', true, 10],
    ['is silent is polled as if it had none', 'silent', true, 1],
    ['rings where bells do not count is polled as if it had none', 'rings', false, 1],
  ] as const)('a mailbox that %s', (_, hears, hasBells, interval) => {
    const bell = { hears, since: ago(10) };
    expect(polled(slot({ interval: 8 }), { hasBells }, { bell }).slot.interval).toBe(interval);
  });
});
