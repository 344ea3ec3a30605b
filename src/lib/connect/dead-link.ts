import type { ErrorCode } from '../errors.ts';

/**
 * Why a link can no longer be used; undefined while it can. A page that offers to start again has nothing to offer then,
 * and says this instead. Pure.
 */
export function deadLink(
  ticket: { readonly status: 'open' | 'spent'; readonly expiresAt: Date } | undefined,
  nowMs: number,
): Extract<ErrorCode, 'link_invalid' | 'link_spent' | 'link_expired'> | undefined {
  if (ticket === undefined) return 'link_invalid';
  if (ticket.status === 'spent') return 'link_spent';
  return ticket.expiresAt.getTime() <= nowMs ? 'link_expired' : undefined;
}
