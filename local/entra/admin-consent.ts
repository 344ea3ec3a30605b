import type { Reply } from '../web.ts';
import type { Directory } from './directory.ts';
import { adminConsentPage, errorPage } from './pages.ts';
import { isRegisteredRedirect } from './redirects.ts';
import type { Tenants } from './tenants.ts';

export interface AdminConsentOptions {
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly directory: Directory;
  readonly tenants: Tenants;
}

const html = (status: number, body: string): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body,
});

/**
 * `/{tenant}/v2.0/adminconsent`: an administrator consents for a tenant. Everyone is an administrator here.
 * @see https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
 * @param form what the page posted; undefined to show it
 */
export function adminConsent(
  named: string,
  query: URLSearchParams,
  form: URLSearchParams | undefined,
  options: AdminConsentOptions,
): Reply {
  const redirect = query.get('redirect_uri') ?? '';
  // Entra does not take `common` here.
  if (named.toLowerCase() === 'common' || query.get('client_id') !== options.clientId) {
    return html(400, errorPage('invalid_request', 'AADSTS900144: The request cannot be served as it is.'));
  }
  if (!isRegisteredRedirect(options.redirectUris, redirect)) {
    return html(400, errorPage('invalid_request', 'AADSTS50011: The redirect URI is not registered.'));
  }
  const accounts = options.directory.of(named);
  const scopes = (query.get('scope') ?? '').split(/\s+/).filter((scope) => scope !== '');
  if (form === undefined) return html(200, adminConsentPage({ accounts, scopes }));
  const account = accounts.find((known) => known === options.directory.byAddress(form.get('account') ?? ''));
  const declined = form.has('decline');
  if (account === undefined && !declined) return html(200, adminConsentPage({ accounts, scopes }));
  const answer = new URL(redirect);
  const state = query.get('state');
  answer.searchParams.set('admin_consent', 'True');
  answer.searchParams.set('tenant', account?.tid ?? named);
  if (state !== null) answer.searchParams.set('state', state);
  if (account === undefined) {
    answer.searchParams.set('error', 'consent_required');
    answer.searchParams.set(
      'error_description',
      'AADSTS65004: The resource owner or authorization server denied the request.',
    );
  } else {
    options.tenants.consent(account.tid);
    answer.searchParams.set('scope', scopes.join(' '));
  }
  return { status: 302, headers: { location: answer.href } };
}
