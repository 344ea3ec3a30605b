import type { SyncStart } from '../pages/pages.ts';
import type { TicketRow } from '../store/links/tickets.ts';

/** Which mail a link brings, as its page says it. A reconnected mailbox continues where it stopped. */
export function syncStart({ kind, syncFrom }: Pick<TicketRow, 'kind' | 'syncFrom'>): SyncStart {
  if (kind === 'reconnect') return 'resumed';
  if (syncFrom === undefined) return 'month';
  return syncFrom === 'now' ? 'now' : { since: syncFrom };
}
