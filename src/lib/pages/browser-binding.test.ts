import { expect, it } from 'vitest';
import vectors from '../../../test/vectors.json' with { type: 'json' };
import { base64url, fromBase64url } from '../domain/bytes.ts';
import { newBinding, presentedBinding, sameBrowser } from './browser-binding.ts';

const drawn = [vectors.state, vectors.stateCookie];
const random = { bytes: () => fromBase64url(drawn.shift() ?? '') };
const header = `${vectors.stateCookieName}=${vectors.stateCookie}`;

it('is written as it always was', () => {
  const binding = newBinding(random);
  expect(binding.state).toBe(vectors.state);
  expect(binding.key).toBe(vectors.stateHash);
  expect(binding.cookie).toMatchObject({ name: vectors.stateCookieName, value: vectors.stateCookie });
  expect(base64url(binding.browserHash)).toBe(vectors.stateBrowserHash);
});

it('is found again by the browser that began it, and by no other', () => {
  const browserHash = fromBase64url(vectors.stateBrowserHash);
  expect(presentedBinding(vectors.state, header)).toEqual({ key: vectors.stateHash, cookie: vectors.stateCookie });
  expect(sameBrowser(vectors.stateCookie, browserHash)).toBe(true);
  expect(sameBrowser(vectors.state, browserHash)).toBe(false);
  expect(presentedBinding(vectors.state, null)).toBeUndefined();
  expect(presentedBinding(vectors.state, `${vectors.stateCookieName}0=${vectors.stateCookie}`)).toBeUndefined();
  expect(presentedBinding(`${vectors.state}=`, header)).toBeUndefined();
  expect(presentedBinding(null, header)).toBeUndefined();
});
