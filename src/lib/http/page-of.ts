import { base64url, fromBase64url } from '../domain/bytes.ts';

/** One page of a list. */
export interface PageOf<T> {
  readonly items: readonly T[];
  /** Present if there is more; goes into the next request as it is. */
  readonly cursor?: string;
}

/** A page of a list that is read whole, in order of its ids. A cursor that is not ours begins at the start. */
export function pageOf<T extends { readonly id: string }>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): PageOf<T> {
  const after = cursor === undefined ? '' : new TextDecoder().decode(fromBase64url(cursor));
  const rest = all.filter(({ id }) => id > after).sort((one, other) => (one.id < other.id ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (last === undefined || rest.length <= limit) return { items };
  return { items, cursor: base64url(new TextEncoder().encode(last.id)) };
}
