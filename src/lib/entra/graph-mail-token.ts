import type { GraphMailPermission } from '../domain/graph-permissions.ts';
import { type BrokerError, isBrokerError } from '../errors.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { isGranted } from './scopes.ts';
import type { Tokens } from './types.ts';

/**
 * A token for mail by Graph that carries all of `permissions`; undefined where Microsoft has not granted them. What the app
 * itself may do stands in no answer that is ours to read: Graph says it.
 * @throws BrokerError what getting a token throws otherwise
 */
export type GraphMailToken = (
  mailbox: Pick<MailboxRow, 'grant'>,
  permissions: readonly GraphMailPermission[],
  options: { readonly force: boolean },
) => Promise<string | undefined>;

export function createGraphMailToken(tokens: Pick<Tokens, 'of'>): GraphMailToken {
  return async ({ grant }, permissions, options) => {
    try {
      const { accessToken, scopes } = await tokens.of(grant, 'graph_mail', { ...options, permissions });
      const has = grant.kind === 'app' || permissions.every((name) => isGranted(scopes, name));
      return has ? accessToken : undefined;
    } catch (error) {
      if (isBrokerError(error) && isNotGranted(error)) return undefined;
      throw error;
    }
  };
}

/** Of these someone may consent later, or the application may be put right; the sign-in itself still holds. */
const isNotGranted = (error: BrokerError): boolean =>
  isBrokerError(error, 'consent_missing', 'admin_consent_required', 'app_permissions_broken', 'scope_refused');
