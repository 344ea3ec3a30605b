import { type Caller, mayUseDestination } from '../access/caller.ts';
import { BrokerError } from '../errors.ts';

/** A destination as far as a new mailbox needs it. */
export interface KnownDestination {
  readonly id: string;
  /** Where it posts to; only its origin is shown. */
  readonly url: string;
}

/** Finding destinations; a small window on what delivery keeps. */
export interface DestinationLookup {
  get(id: string): Promise<KnownDestination | undefined>;
  list(): Promise<readonly KnownDestination[]>;
}

/**
 * The destination that a new mailbox delivers to: the one that is named, else the only one that the key may use.
 * @throws BrokerError `not_found` | `destination_ambiguous`
 */
export async function chooseDestination(
  destinations: DestinationLookup,
  wanted: string | undefined,
  caller: Caller,
): Promise<string> {
  if (wanted !== undefined) {
    const known = mayUseDestination(caller, wanted) && (await destinations.get(wanted));
    if (!known) throw new BrokerError('not_found', { detail: 'There is no destination with this id.' });
    return known.id;
  }
  const [only, ...others] = (await destinations.list()).filter(({ id }) => mayUseDestination(caller, id));
  if (only === undefined || others.length > 0) throw new BrokerError('destination_ambiguous');
  return only.id;
}
