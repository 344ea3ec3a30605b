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

/** The value of a cookie in a Cookie header (RFC 6265 section 5.4), or undefined. */
export function cookieValue(header: string | null, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const border = pair.indexOf('=');
    if (border > 0 && pair.slice(0, border).trim() === name) return pair.slice(border + 1).trim();
  }
  return undefined;
}
