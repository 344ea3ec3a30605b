import { randomUUID } from 'node:crypto';

/** Someone who can sign in. */
export interface Person {
  readonly tid: string;
  readonly oid: string;
  readonly username: string;
  /** Home account where it is not `oid.tid`: a guest. */
  readonly home?: { readonly uid: string; readonly utid: string };
}

/** A request that came to the token endpoint. */
export interface TokenPost {
  readonly url: string;
  readonly form: URLSearchParams;
}

export type Answer = Response | Error | undefined;

/** The token endpoint of login.microsoftonline.com as a function: MSAL needs no server to talk to. */
export interface FakeEntra {
  readonly fetch: typeof fetch;
  readonly posts: TokenPost[];
  /** Client secrets that are live. */
  readonly secrets: Set<string>;
  /** Seconds that access tokens last. */
  lifetimeSeconds: number;
  /** Scopes that are granted for every request. */
  grantedScopes: string | undefined;
  /** Asked before anything else; what it answers is answered. */
  instead: ((post: TokenPost) => Answer | Promise<Answer>) | undefined;
  /** A code as the browser brings it. */
  code(person: Person, nonce: string, claims?: Readonly<Record<string, unknown>>): string;
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An error as Entra's token endpoint puts it. */
export function entraError(
  error: string,
  options: {
    readonly number?: number;
    readonly suberror?: string;
    readonly status?: number;
    readonly claims?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Response {
  const { number, suberror } = options;
  const body = {
    error,
    error_description: `AADSTS${number ?? 0}: Something about secret-person@contoso.example. Trace ID: ${randomUUID()}`,
    ...(number === undefined ? {} : { error_codes: [number] }),
    ...(suberror === undefined ? {} : { suberror }),
    ...(options.claims === undefined ? {} : { claims: options.claims }),
    timestamp: '2026-11-22 10:00:00Z',
    trace_id: randomUUID(),
    correlation_id: randomUUID(),
  };
  return Response.json(body, { status: options.status ?? 400, headers: options.headers ?? {} });
}

export function fakeEntra(clientId: string): FakeEntra {
  const codes = new Map<string, { person: Person; nonce: string; claims: object }>();
  const refreshTokens = new Map<string, Person>();

  const tokens = (person: Person, scope: string, extra: object): Response => {
    const refresh = `refresh-${randomUUID()}`;
    refreshTokens.set(refresh, person);
    const claims = {
      aud: clientId,
      iss: `https://login.microsoftonline.com/${person.tid}/v2.0`,
      tid: person.tid,
      oid: person.oid,
      sub: person.oid,
      name: 'A Person',
      preferred_username: person.username,
      ver: '2.0',
      ...extra,
    };
    return Response.json({
      token_type: 'Bearer',
      scope: fake.grantedScopes ?? scope,
      expires_in: fake.lifetimeSeconds,
      ext_expires_in: fake.lifetimeSeconds,
      access_token: `access-${randomUUID()}`,
      refresh_token: refresh,
      id_token: `${base64({ alg: 'RS256', typ: 'JWT' })}.${base64(claims)}.${base64({ signature: 'unchecked' })}`,
      client_info: base64(person.home ?? { uid: person.oid, utid: person.tid }),
    });
  };

  const answer = async (post: TokenPost): Promise<Answer> => {
    const { form } = post;
    const given = await fake.instead?.(post);
    if (given !== undefined) return given;
    if (form.get('client_assertion') === null && !fake.secrets.has(form.get('client_secret') ?? '')) {
      return entraError('invalid_client', { number: 7000215, status: 401 });
    }
    const scope = (form.get('scope') ?? '')
      .split(' ')
      .filter((name) => name.includes('/'))
      .join(' ');
    if (form.get('grant_type') === 'client_credentials') {
      const { lifetimeSeconds } = fake;
      const lasts = { expires_in: lifetimeSeconds, ext_expires_in: lifetimeSeconds };
      return Response.json({ token_type: 'Bearer', ...lasts, access_token: `app-access-${randomUUID()}` });
    }
    if (form.get('grant_type') === 'authorization_code') {
      const code = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      if (code === undefined) return entraError('invalid_grant', { number: 54005 });
      return tokens(code.person, scope, { nonce: code.nonce, ...code.claims });
    }
    const person = refreshTokens.get(form.get('refresh_token') ?? '');
    return person === undefined ? entraError('invalid_grant', { number: 50173 }) : tokens(person, scope, {});
  };

  const fake: FakeEntra = {
    async fetch(input, init) {
      const post = { url: String(input), form: new URLSearchParams(String(init?.body ?? '')) };
      fake.posts.push(post);
      // An answer takes its time, so that what happens at once really overlaps.
      await new Promise((resolve) => setTimeout(resolve, 5));
      const answered = await answer(post);
      if (answered instanceof Error) throw answered;
      if (answered === undefined) throw new TypeError('fetch failed');
      return answered;
    },
    posts: [],
    secrets: new Set(['the-secret']),
    lifetimeSeconds: 3600,
    grantedScopes: undefined,
    instead: undefined,
    code(person, nonce, claims = {}) {
      const code = `code-${randomUUID()}`;
      codes.set(code, { person, nonce, claims });
      return code;
    },
  };
  return fake;
}
