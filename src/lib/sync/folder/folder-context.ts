import type { RowContext } from '../state/run-context.ts';
import type { ShardRunnerDeps } from '../state/types.ts';

/** What looking at folders needs of the run: their mail server, and whether the destination takes changes. */
export interface FolderContext
  extends RowContext,
    Pick<ShardRunnerDeps, 'clock' | 'imap' | 'token' | 'destinations' | 'ownChanges'> {}
