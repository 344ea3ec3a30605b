import type { Clock } from '../domain/clock.ts';
import type { FolderChoice } from '../domain/mail/folder.ts';
import type { Tokens } from '../entra/types.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Probe } from '../mailbox/imap/probe.ts';
import type { FolderBaseline } from '../store/mailboxes/registry.ts';
import type { GrantRef } from '../store/rows/rows.ts';
import { folderBaselines } from './folder-baselines.ts';

export interface OpenMailboxDeps {
  readonly tokens: Pick<Tokens, 'of'>;
  readonly probe: Probe;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Logs in to a mailbox and tells where its folders stand. */
export type OpenMailbox = (
  grant: GrantRef,
  login: string,
  choices?: readonly FolderChoice[],
) => Promise<readonly FolderBaseline[]>;

// Exchange says "authenticated but not connected" of a mailbox that must not be opened, and now and then of one that may.
const notConnectedPauseMs = 1_500;

/**
 * A real log-in, by which a log-in name and a permission are checked before anything is stored. Failures that may be
 * transient are tried once more: a token that was revoked early, a server in transition.
 * @throws BrokerError `shared_access_missing` | `app_access_missing` if the mailbox is not opened to this grant; what a
 * token request and the mail server throw otherwise
 */
export function createOpenMailbox({ tokens, probe, clock }: OpenMailboxDeps): OpenMailbox {
  return async (grant, login, choices) => {
    const attempt = async (force: boolean): Promise<readonly FolderBaseline[]> => {
      const { accessToken } = await tokens.of(grant, 'outlook', { force });
      return folderBaselines(await probe({ login, accessToken }, { choices }));
    };
    try {
      return await attempt(false);
    } catch (error) {
      if (!isBrokerError(error, 'imap_refused', 'imap_token_expired', 'imap_not_connected')) throw error;
      if (error.code === 'imap_not_connected') await clock.sleep(notConnectedPauseMs);
    }
    try {
      return await attempt(true);
    } catch (error) {
      if (!isBrokerError(error, 'imap_refused', 'imap_not_connected')) throw error;
      throw new BrokerError(grant.kind === 'app' ? 'app_access_missing' : 'shared_access_missing', { cause: error });
    }
  };
}
