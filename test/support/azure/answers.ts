/** What a server of the model answers. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal, thrown from inside of a handler: the state has not changed. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly answer: Answer;

  constructor(status: number, code: string, message: string, inner?: string) {
    super(message);
    const error = { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) };
    this.answer = { status, body: { error } };
  }
}

/** A demand for another factor, in the form of https://learn.microsoft.com/entra/identity-platform/claims-challenge */
export const challengeClaims = Buffer.from('{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}').toString(
  'base64',
);

export const mfaDemanded: Answer = {
  status: 401,
  headers: {
    'www-authenticate': `Bearer realm="", authorization_uri="https://login.example", error="insufficient_claims", claims="${challengeClaims}"`,
  },
  body: { error: { code: 'RequestDisallowedByAzure', message: 'MFA is required.' } },
};

export interface Request {
  readonly method: string;
  readonly url: URL;
  readonly token: string;
  readonly headers?: Headers;
  readonly body: unknown;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field of a body, as a record; empty where there is none. */
export function part(body: unknown, ...path: readonly string[]): Record<string, unknown> {
  let value = body;
  for (const name of path) value = isRecord(value) ? value[name] : undefined;
  return isRecord(value) ? value : {};
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
