import { asciiAddress, isMailAddress } from '../domain/mail/mail-address.ts';
import type { PersonAddresses } from '../entra/person-addresses.ts';
import { sameAddress } from './identity.ts';

/** A mailbox about to be looked into: its address, and the log-in names to try, the likeliest first. */
export interface Wanted {
  readonly address: string;
  readonly logins: readonly string[];
  /** Read through a person's sign-in without being her own. */
  readonly shared: boolean;
  /** Nothing but a log-in shows that the mailbox is hers: without one there is no connection. */
  readonly mustOpen: boolean;
}

/** A mailbox that is connected already, as far as its names go. */
export interface KnownNames {
  readonly address: string;
  readonly login: string;
}

/** The names under which a mailbox can be opened, each once. */
function each(names: readonly (string | undefined)[]): string[] {
  const kept: string[] = [];
  for (const name of names) {
    if (name === undefined || !isMailAddress(name) || kept.some((other) => sameAddress(other, name))) continue;
    kept.push(name);
  }
  return kept;
}

/**
 * A person's own mailbox under the sign-in name; under its present address where that is another one of the same
 * person. A log-in name that works stays, regardless of the address.
 * @param formerName the sign-in name of the last time
 */
export function ownMailbox(username: string, known: KnownNames | undefined, formerName: string | undefined): Wanted {
  const plain = { shared: false, mustOpen: false };
  if (known === undefined) return { ...plain, address: username, logins: [username] };
  // A telephone number, or a name that only Microsoft knows: no mailbox has it for its address.
  if (!isMailAddress(username)) return { ...plain, address: known.address, logins: [known.login] };
  // A log-in name that was only the address has gone with it.
  const isRenamed = formerName === undefined || sameAddress(formerName, known.address);
  if (sameAddress(known.address, username) || isRenamed) {
    const login = sameAddress(known.login, known.address) ? undefined : known.login;
    return { ...plain, address: username, logins: each([login, username]) };
  }
  return { ...plain, address: known.address, logins: each([known.login, username]) };
}

/**
 * A person's own mailbox under another of her addresses, which the link names. Exchange opens it by its primary address
 * or by the name that she signs in with. An address that is only noted for her may be anyone's: then nothing but a
 * log-in under that very name counts. Undefined if the directory does not know it as hers.
 */
export function aliasMailbox(expected: string, username: string, addresses: PersonAddresses): Wanted | undefined {
  const isAmong = (list: readonly string[]) => list.some((address) => sameAddress(address, expected));
  const address = asciiAddress(expected);
  if (isAmong(addresses.own)) {
    const logins = each([address, username, addresses.primary]);
    return { address, logins, shared: false, mustOpen: false };
  }
  if (isAmong(addresses.others)) return { address, logins: [address], shared: false, mustOpen: true };
  return undefined;
}

/**
 * The mailbox of a person whose sign-in name is no address, where the link takes any: by the directory's word. What is only
 * noted for her counts where nothing else is there, and a log-in under it works. Undefined if there is no address at all.
 */
export function directoryMailbox({ primary, own, others }: PersonAddresses): Wanted | undefined {
  const [address, ...further] = each([primary, ...own]);
  if (address !== undefined) return { address, logins: [address, ...further], shared: false, mustOpen: false };
  const [noted] = each(others);
  return noted === undefined ? undefined : { address: noted, logins: [noted], shared: false, mustOpen: true };
}
