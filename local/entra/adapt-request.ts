import type { IncomingMessage } from 'node:http';
import { parseScopes } from './scopes.ts';
import { tenantPath } from './tenants.ts';

/** Every authorization starts over: a known browser is asked again who it is. */
export function dropSession(request: IncomingMessage): void {
  const kept = (request.headers.cookie ?? '').split(/;\s*/).filter((cookie) => !cookie.startsWith('_session'));
  request.headers.cookie = kept.join('; ');
}

/** Puts an authorization request into the terms of oidc-provider, which knows no `select_account` and no bare Graph scopes. */
export function askForSignIn(request: IncomingMessage): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.searchParams.get('prompt') !== 'none') url.searchParams.set('prompt', 'login');
  url.searchParams.set('scope', parseScopes(url.searchParams.get('scope') ?? '').join(' '));
  const changed = url.pathname + url.search;
  const tenantPrefix = tenantPath.exec(Reflect.get(request, 'originalUrl') ?? '')?.[1] ?? '';
  Object.assign(request, { url: changed, originalUrl: `/${tenantPrefix}${changed}` });
}
