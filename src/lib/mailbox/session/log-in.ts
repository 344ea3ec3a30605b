import { isBrokerError } from '../../errors.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { ImapConnector, MailSession } from './session.ts';

export interface LogInParts {
  readonly imap: Pick<ImapConnector<MailSession>, 'open'>;
  readonly token: (mailbox: MailboxRow, options: { readonly force: boolean }) => Promise<string>;
}

/**
 * A session of a mailbox. What is refused is tried once more with a fresh token: one may have been revoked before its time,
 * and "AUTHENTICATE failed" does not tell.
 * @throws BrokerError what the token and the mail server throw
 */
export async function logIn({ imap, token }: LogInParts, row: MailboxRow, signal?: AbortSignal): Promise<MailSession> {
  const attempt = async (force: boolean) =>
    imap.open({ login: row.login, accessToken: await token(row, { force }), mailboxId: row.id }, signal);
  try {
    return await attempt(false);
  } catch (error) {
    if (!isBrokerError(error, 'imap_refused', 'imap_token_expired')) throw error;
    return attempt(true);
  }
}
