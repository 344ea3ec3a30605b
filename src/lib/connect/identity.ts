import type { GrantKey } from '../domain/grant.ts';

/** Addresses compare without regard to case: Exchange has no two mailboxes that differ in it alone. Nobody has an empty one. */
export const sameAddress = (one: string, other: string): boolean =>
  one.trim() !== '' && one.trim().toLowerCase() === other.trim().toLowerCase();

/** Whether two are the same person, whatever her address is by now. GUIDs are written in either case. */
export const samePerson = (one: GrantKey, other: GrantKey): boolean =>
  one.tid.toLowerCase() === other.tid.toLowerCase() && one.oid.toLowerCase() === other.oid.toLowerCase();
