import { expect, test } from 'vitest';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { memorySealer } from '../../../../test/support/sealer.ts';
import { createSignInStates, type SignInStateRow } from './sign-in-states.ts';

const at = new Date('2026-11-22T12:00:00Z');
const row: SignInStateRow = {
  key: 'a-key',
  kind: 'connect',
  ticket: 'a-ticket',
  browserHash: new Uint8Array(32),
  expected: undefined,
  redirectUri: 'https://broker.example/api/oauth/callback',
  expiresAt: at,
  status: 'open',
  usedAt: undefined,
  result: undefined,
};
const secrets = { verifier: 'the-verifier', nonce: 'the-nonce', token: 'the-token' };

function world() {
  const { sealer, rotate, loseOldest } = memorySealer();
  const table = memoryStore({ now: () => at.getTime() }).table('states');
  return { states: createSignInStates({ table, sealer }), table, rotate, loseOldest };
}
const kidOf = (sealed: Uint8Array) => Buffer.from(sealed.subarray(1, 17)).toString('hex');

test('what a sign-in needs to be finished cannot be read in its row, and opens again', async () => {
  const { states, table } = world();
  await states.insert(row, secrets);
  const stored = await states.get(row.key);
  if (stored === undefined) throw new Error('no row');
  expect(await states.secrets(stored)).toEqual(secrets);
  const raw =
    Buffer.from(stored.sealed).toString('latin1') + JSON.stringify((await table.get('state', row.key))?.values);
  for (const value of Object.values(secrets)) expect(raw).not.toContain(value);
});

test('moves to the new root key with its next write after a rotation, and stays as it is without the old key', async () => {
  const { states, rotate, loseOldest } = world();
  await states.insert(row, secrets);
  const before = await states.get(row.key);
  if (before === undefined) throw new Error('no row');
  rotate();
  const used = await states.replace(before, { ...row, status: 'used', usedAt: at });
  expect(kidOf(used.sealed)).not.toBe(kidOf(before.sealed));
  expect(await states.secrets(used)).toEqual(secrets);
  rotate();
  loseOldest(2);
  const done = await states.replace(used, { ...used.row, result: { kind: 'failed', code: 'sign_in_restart' } });
  expect(done.sealed).toEqual(used.sealed);
  expect((await states.get(row.key))?.row.result).toEqual({ kind: 'failed', code: 'sign_in_restart' });
});
