import type { HttpResponseInit } from '@azure/functions';
import type { Clock, Random } from '../domain/clock.ts';
import type { RoleHolder, RoleSignIn } from '../entra/role-sign-in.ts';
import { BrokerError } from '../errors.ts';
import { newBinding, openedState, presentedBinding, sameBrowser } from '../pages/browser-binding.ts';
import type { SignInStates } from '../store/links/sign-in-states.ts';
import { isStoreError } from '../store/table/table.ts';

export interface DashboardSignInDeps {
  readonly publicUrl: string;
  readonly signIn: RoleSignIn;
  readonly states: Pick<SignInStates, 'get' | 'insert' | 'secrets' | 'replace'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Where Microsoft sends the browser back to; registered with the application beside that of the mailbox owners. */
export const dashboardRedirectUri = (publicUrl: string): string => `${publicUrl}/api/dashboard/callback`;

/** Sends a browser to Microsoft, bound to it by a cookie of its own. */
export async function beginSignIn(deps: DashboardSignInDeps): Promise<HttpResponseInit> {
  const { publicUrl, signIn, states, clock, random } = deps;
  const binding = newBinding(random);
  const redirectUri = dashboardRedirectUri(publicUrl);
  const { url, verifier, nonce } = await signIn.start({ state: binding.state, redirectUri });
  await states.insert(
    openedState(binding, { kind: 'dashboard', ticket: '', expected: undefined, redirectUri }, clock.now()),
    { verifier, nonce, token: '' },
  );
  return { status: 303, headers: { Location: url }, cookies: [binding.cookie] };
}

/**
 * The way back. In this order: the cookie, the row, whether they belong together, its kind, its age, whether it has been
 * used; only then is the code redeemed. A wrong cookie spends nothing.
 * @throws BrokerError `sign_in_foreign` | `sign_in_restart` | `sign_in_declined`, and what {@link RoleSignIn} throws
 */
export async function finishSignIn(
  deps: DashboardSignInDeps,
  query: URLSearchParams,
  cookieHeader: string | null,
): Promise<RoleHolder> {
  const { signIn, states, clock } = deps;
  const shown = presentedBinding(query.get('state'), cookieHeader);
  const stored = shown === undefined ? undefined : await states.get(shown.key);
  if (shown === undefined || stored === undefined || !sameBrowser(shown.cookie, stored.row.browserHash)) {
    throw new BrokerError('sign_in_foreign');
  }
  if (stored.row.kind !== 'dashboard') throw new BrokerError('sign_in_foreign');
  if (stored.row.expiresAt.getTime() <= clock.now() || stored.row.status === 'used') {
    throw new BrokerError('sign_in_restart');
  }
  const code = query.get('code');
  if (query.get('error') === 'access_denied') throw new BrokerError('sign_in_declined');
  if (code === null) throw new BrokerError('sign_in_restart');
  const { verifier, nonce } = await states.secrets(stored);
  try {
    await states.replace(stored, { ...stored.row, status: 'used', usedAt: new Date(clock.now()) });
  } catch (error) {
    if (isStoreError(error, 'conflict')) throw new BrokerError('sign_in_restart');
    throw error;
  }
  const state = query.get('state') ?? '';
  return signIn.finish({ code, state, redirectUri: stored.row.redirectUri, verifier, nonce });
}
