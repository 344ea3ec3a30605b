import { hourMs, minuteMs } from '../domain/duration.ts';
import { isBrokerError } from '../errors.ts';
import type { Reader } from '../reading/types.ts';
import type { DraftRow } from '../store/submissions/draft-row.ts';
import { fateOf } from './decide.ts';
import { wakeLater } from './drafts.ts';
import { forget, outOfDrafts } from './remove-draft.ts';
import { flushDraft } from './sync-draft.ts';
import type { DraftDeps } from './types.ts';

/** While the mail server cannot be reached. What takes longer is found by the sweep, every hour. */
const againMs = minuteMs;

/**
 * Looks after a draft: brings its working copy into Drafts when it is time, and does what the end of its submission asks
 * for. May be asked at any time, and again.
 * @throws BrokerError `storage_unreachable` | `conflict`
 */
export async function settleDraft(deps: DraftDeps, mailboxId: string, id: string): Promise<void> {
  const reader = await deps.reader(mailboxId);
  const row = reader && (await deps.rows.read(mailboxId, id));
  if (reader === undefined || row === undefined) return;
  try {
    await settle(deps, reader, row);
  } catch (error) {
    if (!isBrokerError(error) || error.code === 'storage_unreachable') throw error;
    deps.log.warn('draft.not_settled', { mailboxId, code: error.code });
    const passes = error.status >= 500 || error.status === 429 || error.code === 'conflict';
    if (passes) await wakeLater(deps, row.draft, Math.min(hourMs, Math.max(againMs, error.retry?.afterMs ?? 0)));
  }
}

async function settle(deps: DraftDeps, reader: Reader, row: DraftRow): Promise<void> {
  const { draft } = row;
  const lock = draft.submission;
  const now = deps.clock.now();
  if (lock === undefined) {
    if (draft.flushAt === undefined) return;
    const early = draft.flushAt.getTime() - now;
    if (early > 0) await wakeLater(deps, draft, early);
    else await flushDraft(deps, reader, draft);
    return;
  }
  switch (fateOf(draft, await deps.submission(lock.id), new Date(now))) {
    case 'wait':
      return;
    case 'leave':
      await outOfDrafts(deps, reader, row, undefined);
      await deps.rows.change(draft, (current) =>
        current.draft.submission?.id === lock.id
          ? { ...current, draft: { ...current.draft, stored: undefined, old: undefined } }
          : undefined,
      );
      return;
    case 'remove':
      await outOfDrafts(deps, reader, row, undefined);
      await forget(deps, row);
      return;
    case 'unlock': {
      // What has left Drafts is not looked for there; where it had no time to leave, it is found by its header.
      const left = lock.leaves ? { stored: undefined, old: undefined } : {};
      const after = await deps.rows.change(draft, (current) =>
        current.draft.submission?.id === lock.id
          ? { ...current, draft: { ...current.draft, ...left, submission: undefined, flushAt: new Date(now) } }
          : undefined,
      );
      if (after !== undefined) await flushDraft(deps, reader, after.draft);
      return;
    }
  }
}
