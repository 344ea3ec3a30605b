import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, send } from '../web.ts';
import type { Directory } from './directory.ts';
import { audienceOfScopes, parseScopes } from './scopes.ts';
import type { TokenFacts } from './stand-in.ts';
import type { TokenStore } from './store.ts';

interface Issued {
  readonly directory: Directory;
  readonly store: TokenStore;
}

/** What an access token is good for; undefined if it is unknown or has run out. */
export function factsOf({ directory, store }: Issued, token: string): TokenFacts | undefined {
  const stored = store.find('AccessToken', token);
  const account = directory.byId(stored?.accountId ?? '');
  const expiresAt = new Date((stored?.exp ?? 0) * 1000);
  if (stored === undefined || expiresAt.getTime() <= Date.now()) return undefined;
  if (stored.app !== undefined) return { ...stored.app, username: '', scopes: [], expiresAt };
  if (account === undefined) return undefined;
  const scopes = parseScopes(stored.scope ?? '');
  return {
    username: account.address,
    oid: account.oid,
    tid: account.tid,
    audience: audienceOfScopes(scopes),
    scopes,
    roles: [],
    expiresAt,
  };
}

/** Answers a mail server that asks about a token (RFC 7662). */
export async function introspection(issued: Issued, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams((await readBody(request)).toString());
  const facts = factsOf(issued, form.get('token') ?? '');
  // A token for Graph is a valid token and opens no mailbox.
  if (facts === undefined || facts.audience !== 'https://outlook.office.com') {
    return send(response, { status: 200, body: { active: false } });
  }
  send(response, {
    status: 200,
    body: {
      active: true,
      username: facts.username,
      scope: facts.scopes.join(' '),
      aud: facts.audience,
      exp: Math.floor(facts.expiresAt.getTime() / 1000),
      token_type: 'Bearer',
    },
  });
}
