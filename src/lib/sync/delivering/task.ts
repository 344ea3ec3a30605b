import type { MailboxPoll } from '../state/folder-poll.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import type { Turn } from './deliver-backlog.ts';
import type { DeliveryContext } from './delivery-context.ts';

/** What a poll hands to work that comes after new mail. */
export interface PollContext extends MailboxPoll<DeliveryContext> {
  /** The watched folders that are there, all their new mail settled. One that disappears now is put in `gone`. */
  readonly records: readonly FolderRecord[];
  readonly gone: Set<FolderRecord>;
  /** How the destination wants messages; read once a poll. */
  readonly order: () => Promise<'strict' | 'window'>;
}

/** Work of a mailbox that is done only when there is no new mail, in turns like everything else. */
export interface Task {
  /**
   * `more`: it can continue now. `wait`: work is left that cannot continue now; the next tick tries again. Derived from
   * rows that were read anyway, since every poll calls it.
   */
  left(): 'nothing' | 'more' | 'wait';
  /**
   * Works until the turn is over, or nothing is left that can be done now; a turn that changes nothing must change the
   * answer of `left`. Never called while the destination is held; it may become held meanwhile.
   * @throws what a poll throws; a folder that disappears does not stop the others
   */
  work(turn: Turn): Promise<void>;
}
