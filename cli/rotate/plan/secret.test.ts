import { expect, it } from 'vitest';
import { planSecret } from './secret.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const hour = 3_600_000;
const clientId = 'app';
const version = (keyId: string, hours: number, more: object = {}) => ({
  version: `v-${keyId}`,
  enabled: true,
  createdAt: now - hours * hour,
  tags: { 'key-id': keyId, 'client-id': clientId },
  ...more,
});
const secret = (keyId: string, displayName = `broker ${keyId}`) => ({ keyId, displayName, endsAt: now + hour });
const plan = (more: Partial<Parameters<typeof planSecret>[0]>) =>
  planSecret({ versions: [], applicationSecrets: [], clientId, prefix: 'broker', again: false, now, ...more });

it.each([
  ['none yet: adds one', [], ['a'], { add: true }],
  ['an old one: adds one', [version('a', 25)], ['a'], { add: true }],
  ['a new one beside the old one: goes on', [version('b', 1), version('a', 900)], ['a', 'b'], { add: false }],
  ['a new one alone: nothing', [version('b', 1), version('a', 900)], ['b'], { add: false }],
  ['a new one that Entra does not know: adds one', [version('b', 1)], ['a'], { add: true }],
  ['of another application: adds one', [version('b', 1, { tags: { 'key-id': 'b' } })], ['b'], { add: true }],
  [
    'the newest is disabled: the next counts',
    [version('b', 1, { enabled: false }), version('a', 2)],
    ['a'],
    { add: false },
  ],
])('%s', (_title, versions, keyIds, expected) => {
  expect(plan({ versions, applicationSecrets: keyIds.map((id) => secret(id)) })).toMatchObject(expected);
});

it('makes another when that is asked for', () => {
  expect(plan({ versions: [version('a', 1)], applicationSecrets: [secret('a')], again: true }).add).toBe(true);
});

it('counts as ours what has our name or stood in the vault, and leaves the rest', () => {
  const versions = [version('now', 1), version('by-hand-once', 900)];
  const mine = [secret('now'), secret('by-hand-once', 'vault 2025'), secret('orphan')];
  const { older, foreign } = plan({ versions, applicationSecrets: [...mine, secret('other', 'brokerage system')] });
  expect(older.map(({ keyId }) => keyId)).toEqual(['by-hand-once', 'orphan']);
  expect(foreign.map(({ keyId }) => keyId)).toEqual(['other']);
});
