import { isBrokerError } from '../errors.ts';
import { presentedBinding, sameBrowser } from '../pages/browser-binding.ts';
import type { SignInKind, SignInSecrets, SignInStateRow, StoredSignInState } from '../store/links/sign-in-states.ts';
import { isStoreError } from '../store/table/table.ts';
import { connectJourney } from './connect-journey.ts';
import { consentJourney } from './consent-journey.ts';
import type { Journey } from './journey.ts';
import type { ConnectDeps } from './ports.ts';
import type { Connect, Step } from './types.ts';

// A browser that sends the same callback twice at once: the second waits for what the first brings about.
const waitForResultMs = 6_000;
const lookAgainMs = 250;

const foreign = (): Step => ({ kind: 'page', content: { kind: 'failed', code: 'sign_in_foreign' } });

type OpenJourney = (deps: ConnectDeps, state: SignInStateRow, secrets: SignInSecrets) => Promise<Journey>;

const journeys: Readonly<Record<Exclude<SignInKind, 'dashboard'>, OpenJourney>> = {
  connect: connectJourney,
  'admin-consent': consentJourney,
};

/**
 * The way back from Microsoft. Looked at in this order: the cookie, the row, whether they belong together, its age,
 * whether the parameters fit its kind, whether it has been used; only then is the answer worked on. A wrong cookie
 * spends nothing.
 */
export function createCallback(deps: ConnectDeps): Connect['callback'] {
  const { states, clock } = deps;

  async function claim(stored: StoredSignInState): Promise<StoredSignInState | undefined> {
    if (stored.row.status === 'used') return undefined;
    try {
      return await states.replace(stored, { ...stored.row, status: 'used', usedAt: new Date(clock.now()) });
    } catch (error) {
      if (isStoreError(error, 'conflict')) return undefined;
      throw error;
    }
  }

  /** A sign-in that has been used, once it has a result; undefined if the process that used it crashed. */
  async function concluded(key: string): Promise<StoredSignInState | undefined> {
    const begun = clock.monotonic();
    for (;;) {
      const stored = await states.get(key);
      if (stored?.row.result !== undefined) return stored;
      // Another instance wrote that time, by a clock that may be ahead of ours.
      const waited = Math.max(clock.now() - (stored?.row.usedAt?.getTime() ?? 0), clock.monotonic() - begun);
      if (stored === undefined || waited >= waitForResultMs) return undefined;
      await clock.sleep(lookAgainMs);
    }
  }

  async function tellAgain(key: string, journey: Journey): Promise<Step> {
    const stored = await concluded(key);
    if (stored?.row.result !== undefined) {
      const { consentToken } = await states.secrets(stored);
      return journey.end({ result: stored.row.result, consentToken });
    }
    const result = await journey.resultElsewhere();
    return result === undefined ? journey.restart() : journey.end({ result });
  }

  return async (request) => {
    const shown = presentedBinding(request.query.get('state'), request.headers.get('cookie'));
    if (shown === undefined) return foreign();
    const stored = await states.get(shown.key);
    if (stored === undefined || !sameBrowser(shown.cookie, stored.row.browserHash)) return foreign();
    const { kind } = stored.row;
    // It has an address of its own to come back to.
    if (kind === 'dashboard') return foreign();
    const isLate = stored.row.expiresAt.getTime() <= clock.now();
    const secrets = await states.secrets(stored).catch((error: unknown) => {
      // The secrets of a sign-in are not moved to a newer root key, and after its time the older one may be gone.
      if (isLate && isBrokerError(error, 'seal_broken', 'secret_missing')) return undefined;
      throw error;
    });
    if (secrets === undefined) return foreign();
    const journey = await journeys[kind](deps, stored.row, secrets);

    const conclude = journey.conclude(request.query);
    if (isLate || conclude === undefined) return journey.restart();
    const claimed = await claim(stored);
    if (claimed === undefined) return tellAgain(shown.key, journey);
    const conclusion = await conclude();
    const { result, consentToken, again } = conclusion;
    await states.replace(
      claimed,
      { ...claimed.row, result },
      consentToken === undefined ? undefined : { ...secrets, consentToken },
    );
    return again ?? journey.end(conclusion);
  };
}
