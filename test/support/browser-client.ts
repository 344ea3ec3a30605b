/** An answer, read whole. */
export interface Page {
  readonly status: number;
  readonly url: string;
  readonly location: string | undefined;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * A browser without a screen: keeps cookies by name, follows nothing automatically, and says where its requests come
 * from.
 */
export class BrowserClient {
  readonly cookies = new Map<string, string>();

  async get(url: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#send(url, { headers: { 'sec-fetch-site': 'none', accept: 'text/html', ...headers } });
  }

  /** Posts a form as a page of the same site does. */
  async post(url: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
    return this.#send(url, {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        accept: 'text/html',
        ...headers,
      },
    });
  }

  async #send(url: string, init: RequestInit & { headers: Record<string, string> }): Promise<Page> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = cookie === '' ? init.headers : { ...init.headers, cookie };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const border = pair.indexOf('=');
      const name = pair.slice(0, border);
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(border + 1));
    }
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      url,
      location: location === null ? undefined : new URL(location, url).href,
      headers: answer.headers,
      text: await answer.text(),
    };
  }
}

/** The value of a hidden field in a page's form. */
export function hiddenField(page: Page, name: string): string {
  const tag = page.text.match(new RegExp(`<input[^>]*name="${name}"[^>]*>`))?.[0] ?? '';
  return /value="([^"]*)"/.exec(tag)?.[1] ?? '';
}
