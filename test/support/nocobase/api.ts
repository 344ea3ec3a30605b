/** An answer of NocoBase's API. */
export interface NocobaseAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire says, whatever its shape
  readonly body: any;
}

/** One request: a POST where there is a body. `token` is that of a user, or an API key. */
export async function askNocobase(url: string, token: string, path: string, body?: unknown): Promise<NocobaseAnswer> {
  const answer = await fetch(`${url}/api/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return { status: answer.status, body: isJson ? JSON.parse(text) : text };
}

/** Signs in and answers the user's token, which lasts a day. */
export async function signIn(url: string, account: string, password: string): Promise<string> {
  const answer = await fetch(`${url}/api/auth:signIn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-authenticator': 'basic' },
    body: JSON.stringify({ account, password }),
  });
  if (!answer.ok) throw new Error(`NocoBase answered ${answer.status} to the sign-in of ${account}`);
  const { data } = (await answer.json()) as { data: { token: string } };
  return data.token;
}

export const filterOf = (filter: object): string => `filter=${encodeURIComponent(JSON.stringify(filter))}`;
