import type { RecentMessage } from '../../store/rows/rows.ts';

/** What is known of a message of a backlog so far. A field that is undefined has not been looked up yet. */
export interface Facts {
  /** The entry under this UID, if the message was seen in this place before. */
  readonly known: Pick<RecentMessage, 'posted'> | undefined;
  /** What comparing its hash with the recent messages of the mailbox showed. Not needed for a known message. */
  readonly claim?: { readonly kind: 'new' | 'copy' } | { readonly kind: 'move'; readonly entry: Flags } | undefined;
  /** Whether the filter keeps it back. */
  readonly isKeptBack?: boolean | undefined;
  /** Whether its entry needs no delivery, or is in the retry queue; of a message that moved, whether it is in the queue. */
  readonly isSettled?: boolean | undefined;
}

type Flags = Pick<RecentMessage, 'posted' | 'accepted'>;

export type Identity =
  /** Not decided: one more fact is needed. Each costs something, a claim or a filter perhaps a question to the server. */
  | { readonly kind: 'needs'; readonly fact: 'claim' | 'isKeptBack' | 'isSettled' }
  /** Nothing is owed: delivered, in the retry queue, or not wanted by this backlog. */
  | { readonly kind: 'settled' }
  /** The filter keeps it back; it gets no entry. */
  | { readonly kind: 'filtered' }
  /** Seen here before and not accepted: it goes out again under its entry. */
  | { readonly kind: 'known' }
  /** Never seen in this place. A copy is a mail that also lies elsewhere. */
  | { readonly kind: 'new' | 'copy' }
  /** Moved here: its entry is taken over, and what follows depends on how far it had come in the other place. */
  | { readonly kind: 'moved'; readonly was: 'accepted' | 'in retry queue' | 'filtered' | 'owed' };

/**
 * What a message of a backlog is, and with that what becomes of it. Pure: where a fact is missing that decides, it says
 * which, and is asked again with it.
 */
export function identify({ known, claim, isKeptBack, isSettled }: Facts): Identity {
  if (known !== undefined) {
    if (isSettled === undefined) return needs('isSettled');
    if (isSettled) return { kind: 'settled' };
    // What was posted once is posted again, whatever the filter says by now: the receiver may have it.
    if (known.posted) return { kind: 'known' };
    if (isKeptBack === undefined) return needs('isKeptBack');
    return { kind: isKeptBack ? 'filtered' : 'known' };
  }
  if (claim === undefined) return needs('claim');
  if (claim.kind === 'move') {
    const { posted, accepted } = claim.entry;
    if (accepted) return { kind: 'moved', was: 'accepted' };
    if (!posted && isKeptBack === undefined) return needs('isKeptBack');
    if (isSettled === undefined) return needs('isSettled');
    if (isSettled) return { kind: 'moved', was: 'in retry queue' };
    return { kind: 'moved', was: !posted && isKeptBack === true ? 'filtered' : 'owed' };
  }
  if (isKeptBack === undefined) return needs('isKeptBack');
  if (isKeptBack) return { kind: 'filtered' };
  // The entry of a message in the retry queue may have been pushed out of the recent messages.
  if (isSettled === undefined) return needs('isSettled');
  return { kind: isSettled ? 'settled' : claim.kind };
}

const needs = (fact: 'claim' | 'isKeptBack' | 'isSettled'): Identity => ({ kind: 'needs', fact });
