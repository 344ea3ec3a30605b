import { describe, expect, it } from 'vitest';
import type { StoredState } from '../domain/submission.ts';
import type { Draft, StoredDraft } from '../store/submissions/draft.ts';
import { afterLook, type DraftMark, fateOf, isDue, overtaken, refusal } from './decide.ts';

const stored: StoredDraft = { uidValidity: 7n, uid: 10, nonce: 'B', version: 4 };
const old = { uid: 8, nonce: 'A' };
const mark = (uid: number, nonce?: string, version = 4): DraftMark => ({
  uid,
  nonce,
  version: nonce === undefined ? undefined : version,
});

describe('a look into Drafts', () => {
  const cases: readonly [
    string,
    { stored?: StoredDraft; old?: typeof old; validity?: bigint; marks: readonly DraftMark[] },
    object,
  ][] = [
    ['finds it as it was left', { stored, marks: [mark(10, 'B')] }, { kind: 'same', stored, leftovers: [] }],
    [
      'finds nothing of a draft that was never stored',
      { marks: [] },
      { kind: 'same', stored: undefined, leftovers: [] },
    ],
    [
      'adopts what a process stored before it died',
      { stored, marks: [mark(10, 'B'), mark(11, 'C', 5)] },
      { kind: 'same', stored: { uidValidity: 7n, uid: 11, nonce: 'C', version: 5 }, leftovers: [10] },
    ],
    [
      'adopts the first that a process stored before it died, also twice',
      { marks: [mark(11, 'C', 1), mark(12, 'D', 1)] },
      { kind: 'same', stored: { uidValidity: 7n, uid: 12, nonce: 'D', version: 1 }, leftovers: [11] },
    ],
    [
      'takes the newest of several, and leaves none behind',
      { stored, marks: [mark(10, 'B'), mark(11, 'C', 6), mark(12, 'D', 5)] },
      { kind: 'same', stored: { uidValidity: 7n, uid: 11, nonce: 'C', version: 6 }, leftovers: [12, 10] },
    ],
    [
      'removes what two processes stored of one version',
      { stored, marks: [mark(10, 'B'), mark(11, 'C', 4)] },
      { kind: 'same', stored, leftovers: [11] },
    ],
    [
      'removes the copy that was replaced just before a process died',
      { stored, old, marks: [mark(8, 'A', 3), mark(10, 'B')] },
      { kind: 'same', stored, leftovers: [8] },
    ],
    [
      'sees that another program has edited it',
      { stored, marks: [mark(12, 'B')] },
      { kind: 'changed', stored: { uidValidity: 7n, uid: 12, nonce: 'B' }, leftovers: [] },
    ],
    [
      'sees that another program has edited it and dropped our header',
      { stored, marks: [mark(12)] },
      { kind: 'changed', stored: { uidValidity: 7n, uid: 12, nonce: '' }, leftovers: [] },
    ],
    [
      'sees that another program has edited it again without our header',
      { stored: { ...stored, nonce: '' }, marks: [mark(12)] },
      { kind: 'changed', stored: { uidValidity: 7n, uid: 12, nonce: '' }, leftovers: [] },
    ],
    [
      'finds one without our header as it was left',
      { stored: { ...stored, nonce: '' }, marks: [mark(10)] },
      { kind: 'same', stored: { ...stored, nonce: '' }, leftovers: [] },
    ],
    [
      'lets the edit of another program win over what a process stored before it died',
      { stored, marks: [mark(12, 'B'), mark(11, 'C', 5)] },
      { kind: 'changed', stored: { uidValidity: 7n, uid: 12, nonce: 'B' }, leftovers: [11] },
    ],
    [
      'sees that the replaced copy was edited while it was being replaced',
      { stored, old, marks: [mark(11, 'A', 3), mark(10, 'B')] },
      { kind: 'changed', stored: { uidValidity: 7n, uid: 11, nonce: 'A' }, leftovers: [10] },
    ],
    [
      'leaves a copy alone that its owner made beside it',
      { stored, marks: [mark(10, 'B'), mark(12, 'B')] },
      { kind: 'same', stored, leftovers: [] },
    ],
    ['sees that it was deleted', { stored, marks: [] }, { kind: 'gone', leftovers: [] }],
    [
      'finds it again in a folder that was renumbered',
      { stored, validity: 8n, marks: [mark(1, 'B')] },
      { kind: 'same', stored: { ...stored, uidValidity: 8n, uid: 1 }, leftovers: [] },
    ],
    [
      'finds both in a folder that was renumbered before the replaced one was deleted',
      { stored, old, validity: 8n, marks: [mark(1, 'A', 3), mark(2, 'B')] },
      { kind: 'same', stored: { ...stored, uidValidity: 8n, uid: 2 }, leftovers: [1] },
    ],
    ['misses it in a folder that was renumbered', { stored, validity: 8n, marks: [] }, { kind: 'gone', leftovers: [] }],
  ];
  it.each(cases)('%s', (_, given, expected) => {
    expect(afterLook({ stored: given.stored, old: given.old }, given.validity ?? 7n, given.marks)).toEqual(expected);
  });
});

const draft: Draft = {
  ...{ id: 'drf_AAAAAAAAAAAAAAAAAAAA', mailboxId: 'mbx_0007_AAAAAAAAAAAAAAAA', messageId: '<a@contoso.example>' },
  ...{
    createdAt: new Date(0),
    updatedAt: new Date(0),
    version: 4,
    copy: { version: 4, blob: 'b' },
    uploads: ['kept_a'],
  },
  ...{ stored, old: undefined, syncedAt: undefined, flushAt: new Date(5), closing: true, deleted: false },
  submission: undefined,
};
const lock = { id: 'sub', at: new Date(0), leaves: false };

describe('a change of a draft', () => {
  it.each([
    ['goes through with the current version as its base', draft, 4, undefined],
    ['is refused with an older one', draft, 3, 'draft_changed'],
    ['is refused while its submission has it, whatever the base', { ...draft, submission: lock }, 4, 'draft_locked'],
  ] as const)('%s', (_, given, base, expected) => {
    expect(refusal(given, base)).toBe(expected);
  });

  it.each([
    [undefined, true],
    [new Date(70_000), true],
    [new Date(70_001), false],
  ])('synced at %o looks into Drafts first at 100 s: %s', (syncedAt, expected) => {
    expect(isDue({ syncedAt }, 100_000)).toBe(expected);
  });
});

describe('a draft that another program changed first', () => {
  const place = { uidValidity: 7n, uid: 12, nonce: 'B' };
  const now = new Date(9);

  it('has that as its next version, and needs no working copy that was in Drafts', () => {
    expect(overtaken(draft, place, now)).toMatchObject({
      ...{ version: 5, stored: { ...place, version: 5 }, copy: undefined, uploads: [], flushAt: undefined },
      ...{ closing: false, deleted: false, updatedAt: now, syncedAt: now },
    });
  });

  it('keeps a working copy that never was in Drafts, with its files', () => {
    const dirty = { ...draft, version: 5, copy: { version: 5, blob: 'b' } };
    expect(overtaken(dirty, place, now)).toMatchObject({ version: 6, copy: dirty.copy, uploads: ['kept_a'] });
  });

  it('is deleted where nothing is left of it', () => {
    expect(overtaken(draft, undefined, now)).toMatchObject({ version: 5, stored: undefined, deleted: true });
  });
});

describe('the end of a submission', () => {
  const cases: readonly [
    StoredState | undefined,
    { leaves?: boolean; stored?: undefined; minutes?: number },
    string,
  ][] = [
    ['queued', {}, 'wait'],
    ['sending', {}, 'wait'],
    ['unknown', {}, 'wait'],
    ['sent', {}, 'remove'],
    ['partial', {}, 'remove'],
    ['bounced', {}, 'remove'],
    ['failed', {}, 'unlock'],
    ['cancelled', {}, 'unlock'],
    ['queued', { leaves: true }, 'leave'],
    ['queued', { leaves: true, stored: undefined }, 'wait'],
    ['unknown', { leaves: true, stored: undefined }, 'wait'],
    ['cancelled', { leaves: true, stored: undefined }, 'unlock'],
    // The message is being handed over; or its process died before it was.
    [undefined, { minutes: 1 }, 'wait'],
    [undefined, { minutes: 6 }, 'unlock'],
  ];
  it.each(cases)('%s (%o) means: %s', (state, { leaves = false, minutes = 60, ...rest }, expected) => {
    const given = { stored: 'stored' in rest ? undefined : stored, submission: { ...lock, leaves } };
    expect(fateOf(given, state && { state }, new Date(minutes * 60_000))).toBe(expected);
  });

  it('means nothing to a draft that is not locked', () => {
    expect(fateOf(draft, { state: 'sent' }, new Date(0))).toBe('wait');
  });
});
