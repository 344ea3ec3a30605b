import type { Directory } from '../entra/directory.ts';
import type { TokenFacts } from '../entra/stand-in.ts';
import type { Reply } from '../web.ts';
import { graphError } from './answers.ts';

/**
 * `GET /v1.0/me`: who someone is.
 * @see https://learn.microsoft.com/graph/api/user-get
 */
export function me(facts: TokenFacts, directory: Directory): Reply {
  if (!facts.scopes.some((scope) => scope.endsWith('/User.Read'))) {
    return graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  }
  const { username } = facts;
  const aliases = directory.byId(facts.oid)?.aliases ?? [];
  const proxyAddresses = [`SMTP:${username}`, ...aliases.map((alias) => `smtp:${alias}`)];
  return { status: 200, body: { mail: username, userPrincipalName: username, proxyAddresses, otherMails: [] } };
}
