import { describe, expect, it } from 'vitest';
import { causeOfFlags, causeOfMove, causeOfRemoval } from './caused-by.ts';
import type { OwnCause } from './own-changes.ts';

const none = { seen: false, flagged: false, answered: false };
const cause = (requestId: string, flags: OwnCause['flags'], to?: string): OwnCause => ({ requestId, flags, to });
const read = cause('read', { seen: true });
const unread = cause('unread', { seen: false });
const flag = cause('flag', { flagged: true });
const both = cause('both', { seen: true, flagged: true });

describe('the request that caused a change of flags', () => {
  const rows: [string, readonly OwnCause[], Partial<typeof none>, string | undefined][] = [
    ['is the one that set the flag', [read], { seen: true }, 'read'],
    ['is the one that set all flags that changed', [both], { seen: true, flagged: true }, 'both'],
    ['also if not all that it set is different', [both], { seen: true }, 'both'],
    ['is none if nothing is noted', [], { seen: true }, undefined],
    ['is none if somebody else changed another flag, too', [read], { seen: true, answered: true }, undefined],
    ['is none if two requests changed a flag each', [read, flag], { seen: true, flagged: true }, undefined],
    ['is the newest that set the flag', [read, unread, cause('first', { seen: true })], { seen: true }, 'read'],
    ['is none if a newer one set the contrary', [unread, read], { seen: true }, undefined],
    ['is none if no flag differs', [read], {}, undefined],
  ];
  it.each(rows)('%s', (_, causes, after, expected) => {
    expect(causeOfFlags(causes, none, { ...none, ...after })).toBe(expected);
  });
});

describe('the request that caused a move', () => {
  const archived = cause('archived', { seen: true }, 'archive0');
  const rows: [string, readonly OwnCause[], Partial<typeof none>, string | undefined][] = [
    ['is the one that moved it there', [archived], {}, 'archived'],
    ['is the one that moved it and set the flags that differ', [archived], { seen: true }, 'archived'],
    ['is none if somebody else changed flags, too', [archived], { flagged: true }, undefined],
    ['is none if it was moved elsewhere since', [cause('junked', {}, 'junk0000'), archived], {}, undefined],
    ['is none if nothing of the sort is noted', [read], {}, undefined],
  ];
  it.each(rows)('%s', (_, causes, after, expected) => {
    const move = { from: none, to: { ...none, ...after }, folderId: 'archive0' };
    expect(causeOfMove(causes, move)).toBe(expected);
  });
});

it('the request that caused a removal is the newest that moved or deleted the message', () => {
  expect(causeOfRemoval([read, cause('deleted', {}, ''), cause('moved', {}, 'archive0')])).toBe('deleted');
  expect(causeOfRemoval([read])).toBeUndefined();
});
