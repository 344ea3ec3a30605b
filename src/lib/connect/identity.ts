import type { SignedIn } from '../entra/types.ts';
import type { ErrorCode } from '../errors.ts';

/** Whom a link is for. */
export type Expected =
  /** Whoever has this address. */
  | { readonly kind: 'address'; readonly address: string }
  /** The very person behind a mailbox that is connected already, whatever the address is by now. */
  | { readonly kind: 'person'; readonly tid: string; readonly oid: string; readonly address: string }
  | { readonly kind: 'anybody' };

export type Judgement =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly addresses: { readonly expected: string; readonly actual: string };
    };

/** Addresses compare without regard to case: Exchange has no two mailboxes that differ in it alone. */
export const sameAddress = (one: string, other: string): boolean =>
  one.trim().toLowerCase() === other.trim().toLowerCase();

/**
 * Whether the person who came back is the one that the link is for. Tenant and guests are judged before, where the
 * code is redeemed.
 * @param addresses every address known to be hers, her log-in name first
 */
export function judgePerson(
  expected: Expected,
  person: Pick<SignedIn, 'tid' | 'oid' | 'username'>,
  addresses: readonly string[] = [person.username],
): Judgement {
  if (expected.kind === 'anybody') return { kind: 'accepted' };
  const fits =
    expected.kind === 'person'
      ? // GUIDs are written in either case.
        expected.tid.toLowerCase() === person.tid.toLowerCase() &&
        expected.oid.toLowerCase() === person.oid.toLowerCase()
      : addresses.some((address) => sameAddress(address, expected.address));
  if (fits) return { kind: 'accepted' };
  return {
    kind: 'refused',
    code: 'wrong_account',
    addresses: { expected: expected.address, actual: person.username },
  };
}
