/**
 * Plays the browser of a person at the stand-in: follows redirects on its two origins with a cookie jar, fills in the
 * sign-in page, and answers the first address that lies elsewhere (the callback).
 * @throws Error with what the stand-in showed, if it ends on a page of its own
 */
export async function signInAs(
  origins: readonly string[],
  address: string,
  authorizeUrl: string,
  options: { readonly decline?: boolean } = {},
): Promise<string> {
  const jar = new Map<string, string>();
  let url = new URL(authorizeUrl);
  let form: URLSearchParams | undefined;
  // An authorize, a page, a resume and a callback: ten hops are plenty, and a loop ends.
  for (let hop = 0; hop < 10; hop += 1) {
    if (!origins.includes(url.origin)) return url.href;
    const response = await fetch(url, {
      redirect: 'manual',
      method: form === undefined ? 'GET' : 'POST',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' },
      ...(form === undefined ? {} : { body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined && value !== undefined) jar.set(name, value);
    }
    const location = response.headers.get('location');
    if (location !== null) {
      url = new URL(location, url);
      form = undefined;
      continue;
    }
    const page = await response.text();
    const isForm = url.pathname.startsWith('/sign-in/') || url.pathname.endsWith('/adminconsent');
    if (response.status !== 200 || form !== undefined || !isForm) {
      const text = page.replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ');
      throw new Error(`The Entra stand-in answered ${response.status}: ${text.trim()}`);
    }
    form = new URLSearchParams(options.decline === true ? { decline: 'yes' } : { account: address });
  }
  throw new Error('The Entra stand-in redirects in a circle.');
}
