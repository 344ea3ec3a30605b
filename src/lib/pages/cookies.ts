import type { Cookie } from '@azure/functions';

/**
 * The cookie that binds a sign-in to the browser that began it. `__Host-` makes browsers insist on Secure, on `Path=/`
 * (under any other path they drop it) and on the very host. It is sent along when Microsoft redirects back, which is a
 * navigation from another site: Lax allows that, Strict would not. It has to leave through `cookies[]` of the answer,
 * where several do not collapse into one header.
 */
export function bindingCookie(name: string, value: string, maxAgeSeconds: number): Cookie {
  return { name, value, path: '/', secure: true, httpOnly: true, sameSite: 'Lax', maxAge: maxAgeSeconds };
}

/**
 * The value of a cookie in a Cookie header (RFC 6265 section 5.4), or undefined. Only a space or a tab may stand around
 * it: to a browser a name that begins with any other blank does not begin with `__Host-`, so a neighbouring site may set
 * it, and trimmed here it would pass for ours.
 */
export function cookieValue(header: string | null, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const border = pair.indexOf('=');
    if (border > 0 && bare(pair.slice(0, border)) === name) return bare(pair.slice(border + 1));
  }
  return undefined;
}

/** By hand: an expression for the blanks at the end takes the square of their number where something follows them. */
function bare(text: string): string {
  const isBlank = (at: number) => text[at] === ' ' || text[at] === '\t';
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(from)) from += 1;
  while (to > from && isBlank(to - 1)) to -= 1;
  return text.slice(from, to);
}
