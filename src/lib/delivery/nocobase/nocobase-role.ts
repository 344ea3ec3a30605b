import { z } from 'zod';
import type { ErrorCode } from '../../error-codes.ts';

/** A right that the broker needs in NocoBase: to do something to a collection, with all of these fields. */
export interface Need {
  readonly collection: string;
  readonly action: 'create' | 'view' | 'update';
  readonly fields: readonly string[];
}

/** Where NocoBase tells a signed-in user the rights of their role. Read from the database every time. */
export const rolePath = 'roles:check';

// Of a right that names fields `view` has them as `fields`, the others as `whitelist`, where none named means all.
const actionForm = z.looseObject({
  fields: z.array(z.string()).nullish(),
  whitelist: z.array(z.string()).nullish(),
});

const roleForm = z.looseObject({
  data: z.looseObject({
    allowAll: z.boolean().nullish(),
    // What the role may do in collections that have no rights of their own; `create:own` is create, for own records.
    strategy: z.looseObject({ actions: z.array(z.string()).nullish() }).nullish(),
    resources: z.array(z.string()).nullish(),
    actions: z.record(z.string(), actionForm),
  }),
});

const codes: Readonly<Record<Need['action'], ErrorCode>> = {
  create: 'destination_role_may_not_create',
  view: 'destination_role_may_not_view',
  update: 'destination_role_may_not_update',
};

/**
 * What is wrong with the role of an API key, by NocoBase's answer to {@link rolePath}; undefined if nothing is, or if
 * the answer is of another version and tells nothing. Pure.
 *
 * A role without a field is not refused by NocoBase: it leaves the field out, with 200. And when someone adds a field
 * to a collection, NocoBase adds it to the fields of every role, so that a list that was empty and meant all of them
 * means that one field from then on.
 */
export function roleFault(answer: unknown, needs: readonly Need[]): ErrorCode | undefined {
  const role = roleForm.safeParse(answer);
  if (!role.success) return undefined;
  const { allowAll, strategy, resources, actions } = role.data.data;
  if (allowAll === true) return undefined;
  const isMet = ({ collection, action, fields }: Need): boolean => {
    if (resources?.includes(collection) !== true) {
      return strategy?.actions?.some((allowed) => allowed.split(':', 1)[0] === action) === true;
    }
    const right = actions[`${collection}:${action}`];
    if (right === undefined) return false;
    const named = (action === 'view' ? right.fields : right.whitelist) ?? [];
    return (action !== 'view' && named.length === 0) || fields.every((field) => named.includes(field));
  };
  const unmet = needs.find((need) => !isMet(need));
  return unmet === undefined ? undefined : codes[unmet.action];
}
