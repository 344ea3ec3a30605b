import type { FetchMessageObject, FetchQueryObject } from 'imapflow';

/**
 * UID FETCH in the selected folder, all answers collected before it resolves (imapflow hangs if another command is given
 * while answers are still being handed out).
 * @throws BrokerError `imap_unexpected` if the server refuses just this, any other code if the session is in trouble
 */
export type FetchVerb = (range: string, query: FetchQueryObject) => Promise<FetchAnswer>;

export interface FetchAnswer {
  readonly messages: readonly FetchMessageObject[];
  /** Lines that imapflow could not parse; each may have been the answer for a message. */
  readonly skippedLines: number;
}
