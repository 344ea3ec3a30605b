import type { MailboxView } from '../store/mailboxes/registry.ts';
import type { Reader } from './types.ts';

/** A mailbox that is to be read. A throttle that a poll met applies to all readers. */
export const readerOf = ({ row, state, shown }: MailboxView): Reader => ({
  row,
  throttledUntil: shown === 'throttled' ? state?.backoffUntil : undefined,
});
