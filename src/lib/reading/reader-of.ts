import type { MailboxView } from '../store/mailboxes/registry.ts';
import type { Reader } from './types.ts';

/** A mailbox that is to be read. What a poll was told of a throttle counts for everyone. */
export const readerOf = ({ row, state, shown }: MailboxView): Reader => ({
  row,
  throttledUntil: shown === 'throttled' ? state?.backoffUntil : undefined,
});
