import type { RecentMessage } from '../../store/rows/rows.ts';

/** What is known so far about a message of a backlog. A field that is undefined has not been looked up yet. */
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
  /** Undecided: one more fact is needed. Each has a cost; a claim or a filter may ask the server. */
  | { readonly kind: 'needs'; readonly fact: 'claim' | 'isKeptBack' | 'isSettled' }
  /** Needs no delivery: delivered, in the retry queue, or excluded by this backlog. */
  | { readonly kind: 'settled' }
  /** Filtered out; it gets no entry. */
  | { readonly kind: 'filtered' }
  /** Seen here before and not accepted: it is delivered again under its entry. */
  | { readonly kind: 'known' }
  /** Never seen in this folder. A copy also exists in another folder. */
  | { readonly kind: 'new' | 'copy' }
  /** Moved here: its entry is taken over; the rest depends on its state in the other folder. */
  | { readonly kind: 'moved'; readonly was: 'accepted' | 'in retry queue' | 'filtered' | 'owed' };

/**
 * Identifies a message of a backlog, which decides how it continues. Pure: if a deciding fact is missing, it names the
 * fact and is called again with it.
 */
export function identify({ known, claim, isKeptBack, isSettled }: Facts): Identity {
  if (known !== undefined) {
    if (isSettled === undefined) return needs('isSettled');
    if (isSettled) return { kind: 'settled' };
    // A message that was posted once is posted again even if the filter now excludes it: the receiver may have it.
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
