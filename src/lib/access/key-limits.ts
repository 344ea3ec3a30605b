import { type Caller, isLimited } from './caller.ts';

/** What limits a key, or one that is wanted. */
export interface KeyLimits {
  readonly mailboxes?: readonly string[] | undefined;
  readonly destinations?: readonly string[] | undefined;
}

/**
 * Whether everything that `reach` opens is open to the caller too: a limited key can neither make nor see a wider one. Of
 * what the caller does not list, a limited one may list nothing either; of what it lists, it has to list a part.
 */
export function isNoWider(limits: KeyLimits, caller: Caller): boolean {
  if (!isLimited(caller)) return true;
  const within = (inner: readonly string[] | undefined, outer: readonly string[] | undefined): boolean =>
    outer === undefined ? inner === undefined : (inner?.every((id) => outer.includes(id)) ?? false);
  return within(limits.mailboxes, caller.mailboxes) && within(limits.destinations, caller.destinations);
}

/** Whether a key ends no later than the caller's: a key that expires cannot create one that outlives it. */
export const endsNoLater = (expiresAt: Date | undefined, caller: Caller): boolean =>
  caller.expiresAt === undefined || (expiresAt !== undefined && expiresAt <= caller.expiresAt);
