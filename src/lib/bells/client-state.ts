import { base64url, fromBase64url, purposeBytes } from '../domain/bytes.ts';
import { isMailboxId, shardOfMailbox } from '../domain/ids.ts';
import { equalBytes, hmacSha256 } from '../domain/mac.ts';
import type { RootKeys } from '../vault/types.ts';

/** What a subscription watches. */
export interface BellPlace {
  readonly mailboxId: string;
  readonly folderId: string;
}

/**
 * The `clientState` of a subscription, which Microsoft sends along with every notification: where it belongs and our MAC
 * over that, so that a notification is known to be ours before anything is read.
 * https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#change-notification
 */
export interface ClientStates {
  /** @returns 84 characters (Graph takes 128), and the key that they stand under */
  make(place: BellPlace): Promise<{ readonly clientState: string; readonly kid: string }>;
  /** The id of the key under which new ones are made. */
  currentKid(): Promise<string>;
  /** Undefined for everything without our MAC. Causes no look at the vault. @throws what the vault throws */
  open(clientState: string): Promise<BellPlace | undefined>;
}

// version 1 | kid 4 | shard 2 | mailbox 16 | folder 8 | mac 32, numbers big-endian.
const version = 1;
const kidBytes = 4;
const placeBytes = 1 + kidBytes + 2 + 16 + 8;
const form = /^[\w-]{84}$/;

export function createClientStates(rootKeys: Pick<RootKeys, 'current' | 'byPrefix'>): ClientStates {
  return {
    async make(place) {
      const root = await rootKeys.current('bell');
      const kid = new Uint8Array(Buffer.from(root.kid.slice(0, 2 * kidBytes), 'hex'));
      return { clientState: base64url(Buffer.concat([pack(place, kid), mac(root.key, place, kid)])), kid: root.kid };
    },
    currentKid: async () => (await rootKeys.current('bell')).kid,
    async open(clientState) {
      const bytes = form.test(clientState) ? fromBase64url(clientState) : undefined;
      if (bytes === undefined || base64url(bytes) !== clientState) return undefined;
      const place = unpack(bytes);
      const kid = bytes.slice(1, 1 + kidBytes);
      const root = place === undefined ? undefined : await rootKeys.byPrefix('bell', kid);
      if (place === undefined || root === undefined) return undefined;
      return equalBytes(mac(root.key, place, kid), bytes.slice(placeBytes)) ? place : undefined;
    },
  };
}

const mac = (key: Uint8Array, { mailboxId, folderId }: BellPlace, kid: Uint8Array): Uint8Array =>
  hmacSha256(key, purposeBytes('bell', mailboxId, folderId, kid));

function pack({ mailboxId, folderId }: BellPlace, kid: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(placeBytes);
  bytes.writeUInt8(version, 0);
  bytes.set(kid, 1);
  bytes.writeUInt16BE(shardOfMailbox(mailboxId) ?? 0, 5);
  bytes.write(mailboxId.slice(-16), 7, 16, 'latin1');
  bytes.write(folderId, 23, 8, 'latin1');
  return bytes;
}

function unpack(given: Uint8Array): BellPlace | undefined {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (bytes[0] !== version) return undefined;
  const mailboxId = `mbx_${String(bytes.readUInt16BE(5)).padStart(4, '0')}_${bytes.toString('latin1', 7, 23)}`;
  const folderId = bytes.toString('latin1', 23, 31);
  return isMailboxId(mailboxId) && /^[0-9A-Za-z]{8}$/.test(folderId) ? { mailboxId, folderId } : undefined;
}
