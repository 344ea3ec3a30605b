import { expect, it } from 'vitest';
import { memoryVault, testRoot } from '../../../test/support/http.ts';
import vectors from '../../../test/vectors.json' with { type: 'json' };
import { fromBase64url } from '../domain/bytes.ts';
import { createRootKeys } from '../vault/root-keys.ts';
import { createClientStates } from './client-state.ts';

const place = { mailboxId: 'mbx_0007_abcdefghijklmnop', folderId: 'fAbCdEf1' };

it('makes a clientState that tells its place, and fits into what Graph takes', async () => {
  const states = createClientStates(createRootKeys(memoryVault({ 'broker-root': [testRoot] })));
  const { clientState } = await states.make(place);
  expect(clientState).toMatch(/^[\w-]{84}$/);
  expect(await states.open(clientState)).toEqual(place);
});

it('makes the clientState that the vectors hold, so that subscriptions outlive an update', async () => {
  const root = { version: vectors.bellKid, value: vectors.bellRootKey };
  const rootKeys = createRootKeys(memoryVault({ 'broker-root': [root] }));
  expect((await rootKeys.current('bell')).key).toEqual(fromBase64url(vectors.bellMacKey));
  const states = createClientStates(rootKeys);
  const held = { mailboxId: vectors.mailboxId, folderId: vectors.folderId };
  expect(await states.make(held)).toEqual({ clientState: vectors.clientState, kid: vectors.bellKid });
  expect(await states.open(vectors.clientState)).toEqual(held);
});

it('opens nothing that was changed anywhere, cut, or made by somebody else', async () => {
  const states = createClientStates(createRootKeys(memoryVault({ 'broker-root': [testRoot] })));
  const { clientState } = await states.make(place);
  for (let at = 0; at < clientState.length; at++) {
    const other = clientState[at] === 'A' ? 'B' : 'A';
    const forged = clientState.slice(0, at) + other + clientState.slice(at + 1);
    expect(await states.open(forged), String(at)).toBeUndefined();
  }
  expect(await states.open(clientState.slice(0, -1))).toBeUndefined();
  expect(await states.open(`${clientState}A`)).toBeUndefined();
  expect(await states.open('')).toBeUndefined();
});
