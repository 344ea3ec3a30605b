import type { Clock } from '../../src/lib/domain/clock.ts';
import { type Challenge, readChallenge } from './claims.ts';
import { AzureProblem } from './problem.ts';
import { afterTry, isFault, type NotYet, type Outcome } from './retry.ts';
import { problemOf, type Refusal } from './sentences.ts';
import { shellLine, type Writes } from './writes.ts';

export type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

export interface RestOptions {
  readonly query?: Readonly<Record<string, string>>;
  /** Told as they are: never a secret. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Refusals that mean "not yet", and how long to retry. */
  readonly notYet?: NotYet;
}

export interface RestWrite extends RestOptions {
  readonly body?: unknown;
  /** The body as it may be shown: without secrets. Required where `body` holds one. */
  readonly bodyTold?: unknown;
  /** A POST that changes nothing (`checkNameAvailability`): made in a what-if run too, and not told. */
  readonly reads?: boolean;
  /** Whether making it twice is the same as once. Default: all but POST. */
  readonly repeatable?: boolean;
  /** What a what-if run takes for the answer's body. */
  readonly instead?: unknown;
}

export interface RestAnswer {
  readonly status: number;
  /** Parsed JSON; undefined where there is none. */
  readonly body: unknown;
}

/**
 * One of Azure's HTTP interfaces. Paths begin with `/`. Overload and broken connections are tried again (patience.ts).
 * All methods throw AzureProblem; `answer_lost` where a call may or may not have acted and must not be repeated blindly:
 * look at what is there, then decide.
 */
export interface Rest {
  /** The body, or undefined where there is nothing (404). */
  get(path: string, options?: RestOptions): Promise<unknown>;
  /** All items of a list, over all its pages. */
  list(path: string, options?: RestOptions): Promise<readonly unknown[]>;
  send(method: Exclude<Method, 'GET'>, path: string, write?: RestWrite): Promise<RestAnswer>;
}

export interface RestParts {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly writes: Writes;
  /** Origin and prefix, such as `https://graph.microsoft.com/v1.0`. */
  readonly base: string;
  /** What `az rest` would need in `--resource` to find the token itself; absent where it knows (ARM, Graph). */
  readonly azResource?: string;
  token(): Promise<string>;
  /** A token was refused: `token` has to ask for another. */
  forget(): void;
  /** How to log in again where Entra demands more factors: it goes into the problem's facts. */
  readonly login?: { readonly scope: string; readonly tenant?: string };
  readonly signal?: AbortSignal;
}

/** Between asking and an answer. ARM's own limit is 60 s; Graph's slowest calls are below that. */
const timeoutMs = 100_000;

interface Call extends RestWrite {
  readonly method: Method;
  readonly url: string;
}

export function createRest(parts: RestParts): Rest {
  const { clock, writes } = parts;
  const origin = new URL(parts.base).origin;

  function address(path: string, query: Readonly<Record<string, string>> = {}): string {
    const url = new URL(path.startsWith('https:') || path.startsWith('http:') ? path : `${parts.base}${path}`);
    // A page's nextLink gets our token: it has to lead back to where it came from.
    if (url.origin !== origin) {
      const said = `It led from ${origin} to ${url.origin}.`;
      throw new AzureProblem('foreign_link', 'A list of Azure led to another host.', 'Report this.', { said });
    }
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  const lineOf = ({ method, url, headers = {}, body, bodyTold = body }: Call): string =>
    shellLine('az', [
      'rest',
      ...(parts.azResource === undefined ? [] : ['--resource', parts.azResource]),
      // What a what-if run does not know yet is shown as `<client id>`.
      ...[
        '--method',
        method.toLowerCase(),
        '--url',
        url.replace(/%3C([\w%]+?)%3E/g, (part) => decodeURIComponent(part)),
      ],
      // `Prefer` changes what a call does; the token is az's own.
      ...Object.entries(headers).flatMap(([name, value]) => ['--headers', `${name}=${value}`]),
      ...(bodyTold === undefined ? [] : ['--body', JSON.stringify(bodyTold)]),
    ]);

  async function once(call: Call): Promise<{ answer: RestAnswer; outcome: Outcome; challenge?: Challenge }> {
    const token = await parts.token();
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await parts.fetch(call.url, {
      method: call.method,
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: 'application/json',
        ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...call.headers,
      },
      redirect: 'error',
      signal: parts.signal === undefined ? timeout : AbortSignal.any([parts.signal, timeout]),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const answer = { status: response.status, body: parse(await response.text()) };
    const challenge = response.status === 401 ? readChallenge(response.headers.get('www-authenticate')) : undefined;
    const refusal = response.ok ? undefined : refusalOf(answer, response.headers);
    const outcome: Outcome = { kind: 'answer', refusal, retryAfterMs: retryAfter(response.headers, clock.now()) };
    return challenge === undefined ? { answer, outcome } : { answer, outcome, challenge };
  }

  async function perform(call: Call): Promise<RestAnswer> {
    const since = clock.monotonic();
    const repeatable = call.repeatable ?? call.method !== 'POST';
    let renewed = false;
    let faults = 0;
    for (let tries = 1; ; tries += 1) {
      let lost: unknown;
      const { answer, outcome, challenge } = await once(call).catch((error: unknown) => {
        if (error instanceof AzureProblem || parts.signal?.aborted === true) throw error;
        lost = error;
        return { answer: undefined, outcome: { kind: 'lost' } as const, challenge: undefined };
      });
      if (challenge !== undefined) parts.forget();
      else if (answer?.status === 401 && !renewed) {
        renewed = true;
        parts.forget();
        continue;
      }
      faults = isFault(outcome) ? faults + 1 : 0;
      const state = { tries, faults, waitedMs: clock.monotonic() - since, repeatable, notYet: call.notYet };
      const next = afterTry(outcome, state);
      if (next !== 'done') {
        if (outcome.kind === 'answer' && outcome.refusal?.status !== 429) call.notYet?.waiting?.(state.waitedMs);
        await clock.sleep(next.waitMs, parts.signal);
        continue;
      }
      if (outcome.kind === 'lost' || answer === undefined) throw lostAnswer(lineOf(call), origin, repeatable, lost);
      if (outcome.refusal === undefined) return answer;
      const claims =
        challenge === undefined ? {} : { claims: challenge.claims, azureCode: 'insufficient_claims', ...parts.login };
      throw problemOf({ ...outcome.refusal, ...claims, call: lineOf(call) });
    }
  }

  return {
    async get(path, { query, ...options } = {}) {
      try {
        return (await perform({ ...options, method: 'GET', url: address(path, query) })).body;
      } catch (error) {
        if (error instanceof AzureProblem && error.facts.status === 404) return undefined;
        throw error;
      }
    },
    async list(path, { query, ...options } = {}) {
      const items: unknown[] = [];
      let url: string | undefined = address(path, query);
      while (url !== undefined) {
        const { body } = await perform({ ...options, method: 'GET', url });
        const page = pageOf(body);
        items.push(...page.items);
        url = page.next === undefined ? undefined : address(page.next);
      }
      return items;
    },
    async send(method, path, { query, ...write } = {}) {
      const call: Call = { ...write, method, url: address(path, query) };
      if (write.reads === true) return perform({ repeatable: true, ...call });
      writes.told(lineOf(call));
      if (writes.whatIf) return { status: 200, body: write.instead };
      return perform(call);
    },
  };
}

function lostAnswer(call: string, origin: string, repeatable: boolean, cause: unknown): AzureProblem {
  const code = repeatable ? 'unreachable' : 'answer_lost';
  const message = repeatable ? `${origin} cannot be reached.` : `The answer of ${origin} was lost; it may have acted.`;
  const remedy = 'Check the network and its proxy, then run this command again. It first checks what exists.';
  return new AzureProblem(code, message, remedy, { call }, cause);
}

function parse(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function pageOf(body: unknown): { items: readonly unknown[]; next: string | undefined } {
  if (!isRecord(body)) return { items: [], next: undefined };
  const items = Array.isArray(body.value) ? body.value : [];
  return { items, next: textOf(body.nextLink) ?? textOf(body['@odata.nextLink']) };
}

/** ARM, Graph and Key Vault all answer `{"error": {"code", "message", "innererror"?}}`; the inner code is the sharper one. */
function refusalOf({ status, body }: RestAnswer, headers: Headers): Refusal {
  const error = isRecord(body) && isRecord(body.error) ? body.error : isRecord(body) ? body : {};
  const inner = isRecord(error.innererror) ? error.innererror : {};
  const azureCode = textOf(inner.code) ?? textOf(error.code) ?? textOf(error.Code);
  const requestId = headers.get('x-ms-request-id') ?? headers.get('request-id');
  return {
    status,
    text: textOf(error.message) ?? textOf(error.Message) ?? (typeof body === 'string' ? body : ''),
    ...(azureCode === undefined ? {} : { azureCode }),
    ...(requestId === null ? {} : { requestId }),
  };
}

/** RFC 9110, 10.2.3: seconds or a date. */
function retryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
