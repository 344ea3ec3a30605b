import { isBrokerError } from '../../errors.ts';
import type { StateRow } from '../../store/rows/rows.ts';
import { encodeState } from '../../store/rows/state-row.ts';
import type { CommitUnit } from '../../store/shard/committer.ts';
import { type BatchOperation, isStoreError, type StoreError } from '../../store/table/table.ts';
import type { RunContext } from '../state/run-context.ts';
import type { Verdict } from './mailbox-state.ts';
import type { PolledMailbox } from './polled-rows.ts';

/**
 * Does something for one mailbox. Its failure is logged and returned, so that it does not affect the other mailboxes of
 * the shard. @returns how it failed; undefined if it did not. @throws LeaseLost
 */
export async function isolateFailure(
  context: RunContext,
  mailboxId: string,
  work: () => Promise<void>,
): Promise<Verdict | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (context.committer.signal.aborted) throw context.committer.signal.reason;
    if (isBrokerError(error)) {
      context.log.warn('mailbox.failed', { mailboxId, code: error.code });
      return { kind: 'failed', code: error.code, retryAfterMs: error.retry?.afterMs };
    }
    context.log.error('mailbox.failed', error, { mailboxId });
    return isStoreError(error)
      ? { kind: 'unknown' }
      : { kind: 'failed', code: 'internal_error', retryAfterMs: undefined };
  }
}

/** The table refuses the rows of a mailbox: what is in memory is discarded, and only its state `row_refused` is stored. */
export function degrade(context: RunContext, found: PolledMailbox, error: StoreError): void {
  const { row } = found;
  context.log.error('mailbox.row_refused', error, { mailboxId: row.id });
  if (row.deletedAt !== undefined) return;
  const code = 'row_refused';
  const known = found.state?.state === 'degraded' && found.state.code === code;
  const state: StateRow = {
    mailboxId: row.id,
    state: 'degraded',
    code,
    since: known ? (found.state?.since ?? context.now()) : context.now(),
    backoffUntil: undefined,
    served: row.asked,
    told: found.state?.told,
  };
  let operations: BatchOperation[] = [{ kind: 'upsert', row: encodeState(state) }];
  const unit: CommitUnit = {
    id: row.id,
    pending: () => operations,
    sent() {
      operations = [];
    },
    refused: (second) => context.log.error('mailbox.row_refused', second, { mailboxId: row.id }),
  };
  context.committer.include(unit);
}
