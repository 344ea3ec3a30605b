import type { Caller } from './caller.ts';

/** What limits a key, or one that is wanted. */
export interface Reach {
  readonly mailboxes?: readonly string[] | undefined;
  readonly destinations?: readonly string[] | undefined;
}

const within = (inner: readonly string[] | undefined, outer: readonly string[] | undefined): boolean =>
  outer === undefined || (inner?.every((id) => outer.includes(id)) ?? false);

/** Whether everything that `reach` opens is open to the caller too: a limited key can neither make nor see a wider one. */
export const reachesNoFurther = (reach: Reach, caller: Caller): boolean =>
  within(reach.mailboxes, caller.mailboxes) && within(reach.destinations, caller.destinations);
