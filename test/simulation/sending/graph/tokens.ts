import type { GraphPorts } from '../../../../src/lib/send/graph-request.ts';
import type { MailboxRow } from '../../../../src/lib/store/rows/rows.ts';
import type { Tenant } from '../tenant.ts';
import { tokenOf } from './server.ts';

/**
 * Tokens for Graph, as Microsoft gives them.
 * @param token a token for mail, which a sign-in that has ended refuses just so
 */
export const graphTokens =
  (tenant: Tenant, token: (mailbox: MailboxRow) => Promise<string>): GraphPorts['token'] =>
  async (mailbox, permissions) => {
    await token(mailbox);
    const { grant } = mailbox;
    const consented = tenant.consented(grant);
    if (!permissions.every((name) => consented.includes(name))) return undefined;
    const address = grant.kind === 'app' ? 'app' : `${grant.oid.replace('oid-', '')}@contoso.example`;
    return tokenOf(address, permissions);
  };
