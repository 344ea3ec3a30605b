import type { ImapFlow } from 'imapflow';
import { BrokerError } from '../../errors.ts';
import type { FolderStatus } from '../session/session.ts';

/** STATUS of a folder; false if the server refuses. @throws BrokerError `imap_unexpected` for an answer that cannot be */
export async function askStatus(
  client: ImapFlow,
  command: <T>(work: Promise<T>) => Promise<T>,
  path: string,
): Promise<FolderStatus | false> {
  const answer = await command(client.status(path, { uidNext: true, uidValidity: true, messages: true, unseen: true }));
  if (answer === false) return false;
  const { uidNext, uidValidity, messages, unseen = 0 } = answer;
  if (uidNext === undefined || uidValidity === undefined || messages === undefined) {
    throw misunderstood('The mail server answered STATUS without UIDNEXT, UIDVALIDITY or MESSAGES.');
  }
  // UIDs start at 1 (RFC 3501 section 2.3.1.1). What does not fit 32 bits would not fit the folder's row either, which
  // could then not be read again, long after the server has come to its senses.
  const isSound =
    isWhole(uidNext, 1, 0xffff_ffff) &&
    uidValidity >= 0n &&
    uidValidity <= 0xffff_ffffn &&
    isWhole(messages, 0, 0x7fff_ffff) &&
    isWhole(unseen, 0, 0x7fff_ffff);
  if (!isSound) throw misunderstood('The mail server answered STATUS with numbers that cannot be.');
  return { uidNext, uidValidity, messages, unseen };
}

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

const misunderstood = (detail: string): BrokerError =>
  new BrokerError('imap_unexpected', { retry: { afterMs: 60_000 }, detail });
