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
   * `more`: it can go on now. `wait`: something is left that cannot; the next tick tries again. Told from rows that were
   * read anyway, since it is asked in every poll.
   */
  left(): 'nothing' | 'more' | 'wait';
  /**
   * Works until the turn is over, or nothing is left that can be done now: a turn that changes nothing ends in another
   * answer of `left`. Never called while the destination is held; it may become held meanwhile.
   * @throws what a poll throws; of a folder that disappears, the others go on
   */
  work(turn: Turn): Promise<void>;
}
