import { base64url, fromBase64url, purposeBytes, purposeHash } from '../domain/bytes.ts';
import type { Clock, Random } from '../domain/clock.ts';
import { equalBytes, hmacSha256 } from '../domain/mac.ts';
import { BrokerError } from '../errors.ts';
import type { RootKeys } from '../vault/types.ts';

/** The token of a link: `base64url(kid 4 | id 16 | expiry 4 | mac 16)`. It is the only thing that opens its row. */
export interface TicketTokens {
  /**
   * A token; `key` is the row key that belongs to it. Whole seconds of `expiresAt` count.
   * @param id 16 bytes, random unless given; the same id gives the same row key
   */
  issue(expiresAt: Date, id?: Uint8Array): Promise<{ readonly token: string; readonly key: string }>;
  /**
   * The row key behind a token. What does not carry our MAC is refused before the store or the vault is asked.
   * @throws BrokerError `link_invalid` | `link_expired`
   */
  open(token: string): Promise<{ readonly key: string }>;
}

const kidBytes = 4;
const idBytes = 16;
const expiryBytes = 4;
const macBytes = 16;
const totalBytes = kidBytes + idBytes + expiryBytes + macBytes;
// 40 bytes in base64url without padding.
const form = /^[\w-]{54}$/;

/** Row key of a ticket. A hash, so that who reads the table has no link. */
export const ticketKey = (id: Uint8Array): string => base64url(purposeHash('ticket', 'row', id));

function mac(key: Uint8Array, kid: Uint8Array, id: Uint8Array, expirySeconds: number): Uint8Array {
  return hmacSha256(key, purposeBytes('ticket', kid, id, expirySeconds)).slice(0, macBytes);
}

export function createTicketTokens(deps: {
  readonly rootKeys: Pick<RootKeys, 'current' | 'byPrefix'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}): TicketTokens {
  const { rootKeys, clock, random } = deps;
  return {
    async issue(expiresAt, id = random.bytes(idBytes)) {
      const root = await rootKeys.current('ticket');
      const kid = new Uint8Array(Buffer.from(root.kid.slice(0, 2 * kidBytes), 'hex'));
      const expirySeconds = Math.floor(expiresAt.getTime() / 1000);
      const bytes = Buffer.alloc(totalBytes);
      bytes.set(kid, 0);
      bytes.set(id, kidBytes);
      bytes.writeUInt32BE(expirySeconds, kidBytes + idBytes);
      bytes.set(mac(root.key, kid, id, expirySeconds), kidBytes + idBytes + expiryBytes);
      return { token: base64url(bytes), key: ticketKey(id) };
    },

    async open(token) {
      const bytes = form.test(token) ? fromBase64url(token) : undefined;
      // A different last character may decode to the same bytes, but it is not the link that was given out.
      if (bytes === undefined || base64url(bytes) !== token) throw new BrokerError('link_invalid');
      const kid = bytes.subarray(0, kidBytes);
      const id = bytes.subarray(kidBytes, kidBytes + idBytes);
      const expirySeconds = new DataView(bytes.buffer).getUint32(kidBytes + idBytes);
      const root = await rootKeys.byPrefix('ticket', kid);
      const given = bytes.subarray(kidBytes + idBytes + expiryBytes);
      if (root === undefined || !equalBytes(mac(root.key, kid, id, expirySeconds), given)) {
        throw new BrokerError('link_invalid');
      }
      if (expirySeconds * 1000 <= clock.now()) throw new BrokerError('link_expired');
      return { key: ticketKey(id) };
    },
  };
}
