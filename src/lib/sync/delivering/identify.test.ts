import { expect, it } from 'vitest';
import { type Facts, type Identity, identify } from './identify.ts';

const known = (posted: boolean) => ({ known: { posted } });
const unknown = { known: undefined };
const move = (posted: boolean, accepted: boolean) => ({
  ...unknown,
  claim: { kind: 'move', entry: { posted, accepted } } as const,
});
const found = (kind: 'new' | 'copy') => ({ ...unknown, claim: { kind } });
const needs = (fact: 'claim' | 'isKeptBack' | 'isSettled'): Identity => ({ kind: 'needs', fact });
const moved = (was: 'accepted' | 'in retry queue' | 'filtered' | 'owed'): Identity => ({ kind: 'moved', was });

it.each<[string, Facts, Identity]>([
  ['a known message depends on whether it is settled', known(true), needs('isSettled')],
  ['a known message that is settled is left alone', { ...known(true), isSettled: true }, { kind: 'settled' }],
  ['a posted message goes out again', { ...known(true), isSettled: false }, { kind: 'known' }],
  [
    'a posted message goes out again although the filter would keep it back by now',
    { ...known(true), isSettled: false, isKeptBack: true },
    { kind: 'known' },
  ],
  [
    'a known message that was never posted depends on the filter',
    { ...known(false), isSettled: false },
    needs('isKeptBack'),
  ],
  [
    'a known message that was never posted can be kept back',
    { ...known(false), isSettled: false, isKeptBack: true },
    { kind: 'filtered' },
  ],
  [
    'a known message that was never posted goes out if the filter lets it through',
    { ...known(false), isSettled: false, isKeptBack: false },
    { kind: 'known' },
  ],
  ['a message without an entry depends on the other folders', unknown, needs('claim')],
  ['a message that was accepted elsewhere has moved', move(true, true), moved('accepted')],
  ['a message that was posted elsewhere is looked for in the retry queue', move(true, false), needs('isSettled')],
  [
    'a moved message in the retry queue stays there',
    { ...move(true, false), isSettled: true },
    moved('in retry queue'),
  ],
  ['a message that was posted elsewhere is still owed', { ...move(true, false), isSettled: false }, moved('owed')],
  ['a moved message that was never posted depends on the filter', move(false, false), needs('isKeptBack')],
  [
    'a moved message that was never posted is looked for in the retry queue, filtered or not',
    { ...move(false, false), isKeptBack: true },
    needs('isSettled'),
  ],
  [
    'the retry queue comes before the filter',
    { ...move(false, false), isKeptBack: true, isSettled: true },
    moved('in retry queue'),
  ],
  [
    'a moved message that was never posted can be kept back',
    { ...move(false, false), isKeptBack: true, isSettled: false },
    moved('filtered'),
  ],
  [
    'a moved message that was never posted goes out if the filter lets it through',
    { ...move(false, false), isKeptBack: false, isSettled: false },
    moved('owed'),
  ],
  ['a new message depends on the filter', found('new'), needs('isKeptBack')],
  ['a new message can be kept back', { ...found('new'), isKeptBack: true }, { kind: 'filtered' }],
  [
    'a new message may be one that is retried, whose entry was pushed out',
    { ...found('new'), isKeptBack: false },
    needs('isSettled'),
  ],
  ['a retried message is left alone', { ...found('new'), isKeptBack: false, isSettled: true }, { kind: 'settled' }],
  ['a new message goes out', { ...found('new'), isKeptBack: false, isSettled: false }, { kind: 'new' }],
  ['a copy goes out as one', { ...found('copy'), isKeptBack: false, isSettled: false }, { kind: 'copy' }],
])('%s', (_sentence, facts, identity) => {
  expect(identify(facts)).toEqual(identity);
});
