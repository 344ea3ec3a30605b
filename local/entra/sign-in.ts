import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { readBody, send } from '../web.ts';
import type { Directory } from './directory.ts';
import { errorPage, signInPage } from './pages.ts';
import { oidcScopes, parseScopes } from './scopes.ts';
import { type Tenants, tenantPath } from './tenants.ts';

export interface SignInOptions {
  readonly provider: Provider;
  readonly directory: Directory;
  readonly tenants: Tenants;
  /** Whose accounts the page lists if the authorization request names no tenant. */
  readonly tenant: string;
  /** A known `login_hint` signs in without the page. */
  readonly autoSignIn: boolean;
  /** Whether one of these scopes is only an administrator's to consent to. */
  readonly isWithheld: (scopes: readonly string[]) => boolean;
  /** The AADSTS number with which this sign-in is refused, if a test ordered one. */
  readonly nextRefusal: () => number | undefined;
}

/** The sign-in page: shows the accounts, and sends the browser back with the one that was chosen, or with a refusal. */
export async function signIn(
  { provider, directory, tenants, tenant, autoSignIn, isWithheld, nextRefusal }: SignInOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
  if (interaction === undefined) {
    const content = errorPage(
      'session_not_found',
      'This sign-in has ended or belongs to another browser. Start again.',
    );
    return send(response, { status: 400, headers: { 'content-type': 'text/html; charset=utf-8' }, body: content });
  }
  const { params, returnTo } = interaction;
  const named = tenantPath.exec(new URL(returnTo).pathname)?.[1] ?? tenant;
  const accounts = directory.of(named);
  const finish = async (result: object) => {
    const location = await provider.interactionResult(request, response, result);
    send(response, { status: 303, headers: { location } });
  };
  const hint = params.login_hint ?? '';
  const find = (address: string) => accounts.find((account) => account === directory.byAddress(address));
  const show = (fault?: string) => {
    const scopes = parseScopes(params.scope ?? '').filter((scope) => !oidcScopes.includes(scope));
    const content = signInPage({ accounts, hint, scopes, ...(fault === undefined ? {} : { fault }) });
    send(response, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: content });
  };
  if (request.method !== 'POST') {
    const known = autoSignIn ? find(hint) : undefined;
    return known === undefined ? show() : finish({ login: { accountId: known.oid, remember: false } });
  }
  const form = new URLSearchParams((await readBody(request)).toString());
  if (form.has('decline')) {
    return finish({
      error: 'access_denied',
      error_description: 'AADSTS65004: User declined to consent to access the app.',
    });
  }
  const account = find(form.get('account') ?? '');
  if (account === undefined) {
    return show('This username may be incorrect. Make sure that you typed it correctly (AADSTS50034).');
  }
  const { needsAdmin, consented } = tenants.of(account.tid);
  const asked = parseScopes(params.scope ?? '');
  if ((needsAdmin && !consented) || isWithheld(asked)) {
    return finish({
      error: 'access_denied',
      error_description: 'AADSTS90094: An administrator has to grant permission to this app before it can be used.',
    });
  }
  const refused = nextRefusal();
  if (refused !== undefined) {
    return finish({ error: 'access_denied', error_description: `AADSTS${refused}: Ordered by a test.` });
  }
  return finish({ login: { accountId: account.oid, remember: false } });
}
