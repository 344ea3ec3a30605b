import type { ImapFlow } from 'imapflow';
import { field } from './imap-watch.ts';

/**
 * The structure of 250 parts, the most that Exchange takes, is some 100 KB long. imapflow parses a line in one go, at
 * some 250 ms for each megabyte, and gives the connection up at a number of parts that a sender can choose.
 */
export const longestStructure = 512 * 1024;

/**
 * Passes over answers about a message that are longer than any structure: the message then seems to have none, and is
 * read without (read-message.ts). What a message brings along comes as literals, which do not count. imapflow has no
 * setting for this, so the method that takes a line is put into other words.
 * @param skipped called for each of them
 * @throws Error if this imapflow has no such method
 */
export function skipLongLines(client: ImapFlow, skipped: () => void): void {
  const handle = field(client, 'handleResponse');
  if (typeof handle !== 'function') throw new Error('imapflow takes the lines of a server in another way.');
  const handled = async (line: unknown): Promise<unknown> => {
    const payload = field(line, 'payload');
    if (!(payload instanceof Uint8Array) || payload.length <= longestStructure || !isFetch(payload))
      return Reflect.apply(handle, client, [line]);
    skipped();
    // As for a line that it has dealt with.
    return true;
  };
  Reflect.set(client, 'handleResponse', handled);
}

const isFetch = (payload: Uint8Array): boolean =>
  /^\* \d{1,10} FETCH /i.test(Buffer.from(payload.subarray(0, 32)).toString('latin1'));
