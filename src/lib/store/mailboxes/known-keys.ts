import { messageKeyFromBytes } from '../../domain/ids.ts';
import { hashKey } from '../../domain/mail/message-identity.ts';
import type { KnownMessage, KnownPlace } from './known-places.ts';

/** The messageKeys that the broker knows in a mailbox. */
export interface KnownKeys {
  /**
   * The key of a message. By its place; where the polls have not seen it there, by its hash, if they miss it where they
   * saw it last: then it moved, and keeps its key. Else it may be a copy, and is not known.
   */
  of(place: KnownPlace, hash: Uint8Array): string | undefined;
}

export function knownKeys(known: readonly KnownMessage[]): KnownKeys {
  const byPlace = new Map<string, Uint8Array>();
  const gone = new Map<string, Uint8Array>();
  for (const message of known) {
    const hash = hashKey(message.hash);
    if (message.gone === undefined) byPlace.set(placeKey(message), message.key);
    else if (hash !== undefined) gone.set(hash, message.key);
  }
  return {
    of: (place, hash) => {
      const key = byPlace.get(placeKey(place)) ?? gone.get(hashKey(hash) ?? '');
      return key === undefined ? undefined : messageKeyFromBytes(key);
    },
  };
}

const placeKey = ({ folderId, uidValidity, uid }: KnownPlace): string => `${folderId} ${uidValidity} ${uid}`;
