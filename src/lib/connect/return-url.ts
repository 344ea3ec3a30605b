import type { SignInResult } from '../store/links/sign-in-states.ts';

/**
 * Whether a browser may be sent to `text` after a sign-in: an address whose origin is exactly one of RETURN_ORIGINS.
 * No user info, backslash or fragment, since parsers disagree on what those mean. Answers what is wrong, or undefined.
 */
export function returnUrlFault(text: string, origins: readonly string[]): string | undefined {
  if (text.includes('\\') || !URL.canParse(text)) return 'Is not an address.';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'Holds user info.';
  if (url.hash !== '' || text.includes('#')) return 'Holds a fragment.';
  const local = url.hostname === 'localhost' && url.protocol === 'http:';
  if (url.protocol !== 'https:' && !local) return 'Is not https (http is for localhost only).';
  if (!origins.includes(url.origin)) return 'Has an origin that RETURN_ORIGINS does not list.';
  return undefined;
}

/**
 * The address to go back to, with the result as a hint in its query; a caller that relies on it asks GET
 * mailboxes/{id}.
 */
export function withResult(returnUrl: string, result: SignInResult): string {
  const url = new URL(returnUrl);
  url.searchParams.set('status', result.kind);
  if (result.kind === 'connected') url.searchParams.set('mailboxId', result.mailboxId);
  if (result.kind === 'failed') url.searchParams.set('code', result.code);
  return url.href;
}

/** The return address of a link, if it is still a good one: it was checked when the link was made, and RETURN_ORIGINS may have been narrowed since. */
export const goodReturnUrl = (
  link: { readonly returnUrl: string | undefined } | undefined,
  origins: readonly string[],
): string | undefined =>
  link?.returnUrl !== undefined && returnUrlFault(link.returnUrl, origins) === undefined ? link.returnUrl : undefined;
