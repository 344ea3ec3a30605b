import type { GrantKey } from '../domain/grant.ts';
import { comparable } from '../domain/mail/address-pattern.ts';

/**
 * Addresses compare as the filters compare them: without regard to case, since Exchange has no two mailboxes that
 * differ in it alone, and a domain beyond ASCII is the same in either of its forms. An empty one equals none.
 */
export const sameAddress = (one: string, other: string): boolean =>
  one.trim() !== '' && comparable(one.trim()) === comparable(other.trim());

/** Whether two are the same person, regardless of the current address. GUIDs are written in upper or lower case. */
export const samePerson = (one: GrantKey, other: GrantKey): boolean =>
  one.tid.toLowerCase() === other.tid.toLowerCase() && one.oid.toLowerCase() === other.oid.toLowerCase();
