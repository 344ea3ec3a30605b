import type { Cookie } from '@azure/functions';
import { base64url, fromBase64url, purposeHash } from '../domain/bytes.ts';
import type { Random } from '../domain/clock.ts';
import { equalBytes } from '../domain/mac.ts';
import type { SignInStateRow } from '../store/links/sign-in-states.ts';
import { bindingCookie, cookieValue } from './cookies.ts';

/** A sign-in must be finished within this time. */
export const signInSeconds = 600;

/**
 * How long the browser keeps the cookie of a sign-in: as long as housekeeping keeps the row. A person who is slow at
 * Microsoft returns too late to be connected, and gets the button that starts over only if the browser is known. The
 * cookie alone opens nothing: the state beside it has expired by then.
 */
const bindingSeconds = 86_400;

const stateBytes = 32;
const form = /^[\w-]{43}$/;

/** A new state and the cookie that ties it to one browser. */
export interface NewBinding {
  /** Goes to Microsoft and comes back. */
  readonly state: string;
  /** Row key of the state. */
  readonly key: string;
  readonly cookie: Cookie;
  readonly browserHash: Uint8Array<ArrayBuffer>;
}

const hashOf = (state: string): Uint8Array<ArrayBuffer> => purposeHash('state', 'row', fromBase64url(state));
const browserHashOf = (value: string): Uint8Array<ArrayBuffer> => purposeHash('state', 'browser', value);

// A name of its own for each sign-in, so that two of one browser do not take each other's cookie.
const cookieNameOf = (hash: Uint8Array): string => `__Host-nmb-${Buffer.from(hash.subarray(0, 4)).toString('hex')}`;

export function newBinding(random: Random): NewBinding {
  const state = base64url(random.bytes(stateBytes));
  const value = base64url(random.bytes(stateBytes));
  const hash = hashOf(state);
  return {
    state,
    key: base64url(hash),
    cookie: bindingCookie(cookieNameOf(hash), value, bindingSeconds),
    browserHash: browserHashOf(value),
  };
}

/** The row of a browser that is about to be sent to Microsoft. Pure. */
export const openedState = (
  { key, browserHash }: NewBinding,
  trip: Pick<SignInStateRow, 'kind' | 'ticket' | 'expected' | 'redirectUri'>,
  now: number,
): SignInStateRow => ({
  key,
  browserHash,
  ...trip,
  expiresAt: new Date(now + signInSeconds * 1000),
  status: 'open',
  usedAt: undefined,
  result: undefined,
});

/** What a browser shows when it comes back; undefined if the state has not our form or the cookie is not there. No I/O. */
export function presentedBinding(
  state: string | null,
  cookieHeader: string | null,
): { readonly key: string; readonly cookie: string } | undefined {
  if (state === null || !form.test(state)) return undefined;
  const hash = hashOf(state);
  const cookie = cookieValue(cookieHeader, cookieNameOf(hash));
  return cookie === undefined ? undefined : { key: base64url(hash), cookie };
}

/** Whether the browser that shows `cookie` is the one that began the sign-in. */
export const sameBrowser = (cookie: string, browserHash: Uint8Array): boolean =>
  equalBytes(browserHashOf(cookie), browserHash);
