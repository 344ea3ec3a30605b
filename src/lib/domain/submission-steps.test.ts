import { describe, expect, it } from 'vitest';
import { minuteMs, secondMs } from './duration.ts';
import { type Submission, shownState } from './submission.ts';
import { bounced, copied } from './submission-reports.ts';
import {
  cancelled,
  deferred,
  lookWaitsMs,
  marked,
  nextStep,
  notFound,
  notLooked,
  orphaned,
  resent,
  resulted,
  retryWaitsMs,
  settled,
} from './submission-steps.ts';

const at = (seconds: number) => new Date(Date.parse('2026-11-22T12:00:00Z') + seconds * secondMs);
const now = at(0);

const queued: Submission = {
  id: 'sub_1',
  mailboxId: 'mbx_1',
  state: 'queued',
  createdAt: now,
  dueAt: now,
  nextAt: now,
  expiresAt: at(3600),
  priority: 'interactive',
  onUnknown: 'ask',
  keyId: 'key',
  keyHash: undefined,
  size: 100,
  ourMessageId: '<ours@x>',
  serverMessageId: undefined,
  date: undefined,
  attempts: 0,
  deferrals: 0,
  way: undefined,
  mark: undefined,
  waitingFor: undefined,
  code: undefined,
  reply: undefined,
  refused: [],
  fromRewritten: undefined,
  original: undefined,
  copy: undefined,
  drafted: false,
  resendable: false,
  sentAt: undefined,
  endedAt: undefined,
  owes: [],
  stored: true,
};
const run = { lane: 'l', epoch: 5 };
const attempt = {
  way: 'smtp',
  ...run,
  at: now,
  until: at(150),
  places: [],
  staged: undefined,
  wantsCopy: false,
} as const;
const sending = marked(queued, attempt);
const accepted = { kind: 'accepted', refused: [] } as const;
const unknown: Submission = { ...sending, state: 'unknown', endedAt: now, owes: ['submission.unknown'] };
const sent = resulted(sending, 1, accepted, now) as Submission;
const refusal = { address: 'a@x', code: 'recipient_refused', reply: '550' } as const;

describe('the next step', () => {
  it.each<[string, Submission, Date, typeof run, string]>([
    ['a due one is tried', queued, now, run, 'attempt'],
    ['one for later waits', { ...queued, nextAt: at(60) }, now, run, 'wait'],
    ['one whose time is over fails', queued, at(3600), run, 'expire'],
    ['one whose time is over fails, though it waits', { ...queued, nextAt: at(9999) }, at(3600), run, 'expire'],
    ['a mark of this very run is left alone', sending, now, run, 'wait'],
    ['a mark of another lane is left alone until its time is over', sending, at(159), { lane: 'm', epoch: 9 }, 'wait'],
    ['a mark of another lane is looked for afterwards', sending, at(161), { lane: 'm', epoch: 9 }, 'look'],
    [
      'a mark of an older run waits for its first look',
      { ...sending, nextAt: at(60) },
      now,
      { ...run, epoch: 6 },
      'wait',
    ],
    ['a mark of an older run is looked for', { ...sending, nextAt: now }, now, { ...run, epoch: 6 }, 'look'],
    ['a mark never expires into a failure', { ...sending, nextAt: now }, at(9999), { ...run, epoch: 6 }, 'look'],
    ['an ended one is finished', sent, now, run, 'finish'],
    ['an unknown one is finished', unknown, now, run, 'finish'],
  ])('%s', (_what, submission, when, by, kind) => {
    expect(nextStep(submission, when, by).kind).toBe(kind);
  });

  it('is scheduled in the eyes of the caller until its time', () => {
    expect(shownState({ ...queued, dueAt: at(1) }, now)).toBe('scheduled');
    expect(shownState(queued, now)).toBe('queued');
    expect(shownState({ ...queued, dueAt: at(1), attempts: 1 }, now)).toBe('queued');
  });
});

describe('a result', () => {
  it.each([
    ['accepted', accepted, 'sent', ['submission.sent']],
    ['accepted for some', { kind: 'accepted', refused: [refusal] }, 'partial', ['submission.sent']],
    [
      'refused',
      { kind: 'refused', code: 'send_deferred', reply: 'r', recipients: [refusal] },
      'failed',
      ['submission.failed'],
    ],
    ['deferred', { kind: 'deferred', code: 'send_deferred' }, 'queued', []],
    ['closed', { kind: 'closed', code: 'send_deferred' }, 'queued', []],
    ['unknown', { kind: 'unknown' }, 'sending', []],
  ] as const)('%s leads on from sending', (_what, outcome, state, owes) => {
    expect(resulted(sending, 1, outcome, now)).toMatchObject({ state, owes });
  });

  it.each([
    ['accepted', accepted, 'sent', ['submission.unknown', 'submission.sent']],
    ['deferred', { kind: 'deferred', code: 'send_deferred' }, 'queued', []],
  ] as const)('a late result counts even for an unknown submission: %s', (_what, outcome, state, owes) => {
    expect(resulted(unknown, 1, outcome, now)).toMatchObject({ state, owes });
  });

  it.each<[string, Submission, number]>([
    ['another mark', { ...sending, mark: { ...sending.mark, number: 2 } as Submission['mark'] }, 1],
    ['no mark', queued, 1],
    ['an end', sent, 1],
  ])('changes nothing where it meets %s', (_what, submission, number) => {
    expect(resulted(submission, number, accepted, now)).toBeUndefined();
    expect(resulted(submission, number, { kind: 'deferred', code: 'send_deferred' }, now)).toBeUndefined();
  });

  it('releases the mark if it is unknown, and a look follows', () => {
    const after = resulted(sending, 1, { kind: 'unknown' }, now) as Submission;
    expect(nextStep(after, at(9), run).kind).toBe('wait');
    expect(nextStep(after, at(10), run).kind).toBe('look');
  });
});

describe('waiting', () => {
  it('grows with every deferral in a row, is no shorter than the server asks, and ends with the submission', () => {
    let submission = queued;
    for (const wait of retryWaitsMs) {
      submission = deferred(submission, { code: 'send_deferred' }, now);
      expect(submission.waitingFor?.until?.getTime()).toBe(now.getTime() + wait);
    }
    const asked = deferred(queued, { code: 'send_deferred', retryAfterMs: 10 * minuteMs }, now);
    expect(asked.nextAt).toEqual(at(600));
    expect(deferred(queued, { code: 'send_deferred', retryAfterMs: 100 * minuteMs }, now).nextAt).toEqual(
      queued.expiresAt,
    );
  });
});

describe('looking for the copy', () => {
  const looked = (times: number, submission: Submission) =>
    Array.from({ length: times }).reduce<Submission>((one) => notFound(one, now), submission);

  it('has patience, and ends as unknown', () => {
    expect(looked(lookWaitsMs.length - 1, sending)).toMatchObject({ state: 'sending' });
    expect(looked(lookWaitsMs.length, sending)).toMatchObject({ state: 'unknown', owes: ['submission.unknown'] });
  });

  it('resends only what may be resent automatically', () => {
    const again = looked(lookWaitsMs.length, { ...sending, onUnknown: 'resend' });
    expect(again).toMatchObject({ state: 'queued', mark: undefined, attempts: 1 });
  });

  it('does not count if it was impossible', () => {
    expect(notLooked(sending, now, 'imap_unreachable')).toMatchObject({ state: 'sending', mark: { looks: 0 } });
  });

  it('makes the submission sent if it finds the copy, even if it was unknown', () => {
    for (const submission of [sending, unknown]) {
      expect(copied(submission, '<theirs@x>', now)).toMatchObject({ state: 'sent', serverMessageId: '<theirs@x>' });
    }
    expect(copied(sent, '<theirs@x>', now)).toMatchObject({
      state: 'sent',
      serverMessageId: '<theirs@x>',
      owes: sent.owes,
    });
    expect(copied(sent, '<ours@x>', now)).toBeUndefined();
    expect(copied(queued, '<ours@x>', now)).toBeUndefined();
  });
});

describe('what somebody decides', () => {
  it.each<[Submission['state'], Submission, boolean]>([
    ['queued', queued, true],
    ['sending', sending, false],
    ['unknown', unknown, false],
    ['sent', sent, false],
  ])('cancels a %s one: %s', (_state, submission, can) => {
    expect(cancelled(submission, now)?.state).toBe(can ? 'cancelled' : undefined);
    expect(orphaned(submission, now)?.owes).toEqual(can ? ['submission.failed'] : undefined);
  });

  it('settles and sends again only an unknown one', () => {
    expect(settled(unknown, 'sent', now)).toMatchObject({ state: 'sent' });
    expect(settled(unknown, 'failed', now)).toMatchObject({ state: 'failed' });
    for (const other of [queued, sending, sent]) expect(settled(other, 'sent', now)).toBeUndefined();
  });

  it('gives what is sent again a new time, and the same patience', () => {
    const again = resent({ ...unknown, date: now }, at(7200));
    expect(again).toMatchObject({ dueAt: at(7200), expiresAt: at(7200 + 3600), date: now, owes: [] });
  });
});

describe('a bounce', () => {
  const bounce = { code: 'submission_bounced' as const, reply: 'r', recipients: [refusal], resendable: false };

  it.each<[string, Submission, string | undefined]>([
    ['sent', sent, 'bounced'],
    ['sending', sending, 'bounced'],
    ['unknown', unknown, 'bounced'],
    ['queued', queued, undefined],
    ['cancelled', { ...queued, state: 'cancelled' }, undefined],
    ['failed', { ...queued, state: 'failed' }, undefined],
  ])('a bounce of a %s submission leads to %s', (_state, submission, state) => {
    expect(bounced(submission, bounce, now)?.state).toBe(state);
  });

  it('adds recipients, each once, and changes nothing when it is read again', () => {
    const once = bounced(sent, bounce, now) as Submission;
    expect(bounced({ ...once, owes: [] }, bounce, now)).toBeUndefined();
    const other = {
      ...bounce,
      recipients: [
        { ...refusal, address: 'A@x' },
        { ...refusal, address: 'b@x' },
      ],
    };
    expect(bounced({ ...once, owes: [] }, other, now)).toMatchObject({
      refused: [refusal, { ...refusal, address: 'b@x' }],
      owes: ['submission.bounced'],
    });
  });
});
