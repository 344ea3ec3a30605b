import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from '../web.ts';
import type { EntraStandIn } from '../world.ts';
import type { Directory } from './directory.ts';

const failure = (status: number, code: string, message: string): Reply => ({
  status,
  body: { error: { code, message } },
});

/**
 * Microsoft Graph, as far as it is asked who somebody is: `GET /v1.0/me`, with a token of hers for Graph.
 * @see https://learn.microsoft.com/graph/api/user-get
 */
export async function graphMe(
  { entra, directory }: { readonly entra: Pick<EntraStandIn, 'introspect'>; readonly directory: Directory },
  headers: IncomingHttpHeaders,
): Promise<Reply> {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  const facts = await entra.introspect(token);
  if (facts?.audience !== 'https://graph.microsoft.com') {
    return failure(401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.');
  }
  if (!facts.scopes.some((scope) => scope.endsWith('/User.Read'))) {
    return failure(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  }
  const { username } = facts;
  const aliases = directory.byId(facts.oid)?.aliases ?? [];
  const proxyAddresses = [`SMTP:${username}`, ...aliases.map((alias) => `smtp:${alias}`)];
  return { status: 200, body: { mail: username, userPrincipalName: username, proxyAddresses, otherMails: [] } };
}
