import type { GrantStatus } from '../domain/grant.ts';
import type { ErrorCode } from '../error-codes.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import { type FailureClass, type FailureRule, failureTable, type Phase, unknownFailure } from './failure-table.ts';
import type { AuthorizeError } from './types.ts';

export type { FailureClass, Phase } from './failure-table.ts';

/** What an answer says of why it failed. Descriptions are left out on purpose: they name people. */
export interface FailureFacts {
  readonly error: string;
  readonly suberror?: string;
  readonly number?: number;
  /** What Microsoft wants to hear in the next sign-in, as it sent it. */
  readonly claims?: string;
}

/** Not used for the app itself: what such a rule means for a person is an unknown failure for the app. */
const personal: ReadonlySet<FailureClass> = new Set(['declined', 'user', 'restart', 'doubt']);

/** The rule for a failure: by number, else by suberror, else by `error`. */
export function findRule(facts: FailureFacts, phase: Phase): FailureRule {
  const rules = failureTable.filter(
    (rule) => (rule.phase ?? phase) === phase && !(phase === 'app' && personal.has(rule.class)),
  );
  const { number, suberror, error } = facts;
  return (
    (number === undefined ? undefined : rules.find((rule) => rule.numbers?.includes(number))) ??
    (suberror === undefined ? undefined : rules.find((rule) => rule.suberrors?.includes(suberror))) ??
    rules.find((rule) => rule.errors?.includes(error) && (rule.isNumbered !== true || number !== undefined)) ??
    unknownFailure
  );
}

/** A failure as Microsoft named it; the cause of a BrokerError, for the log. */
export class EntraAnswer extends Error {
  override readonly name = 'EntraAnswer';
  /** AADSTS number. */
  readonly number: number | undefined;
  /** For the next sign-in; JSON. In no message, since it names policies of the tenant. */
  readonly claims: string | undefined;
  constructor(facts: FailureFacts) {
    const number = facts.number === undefined ? [] : [`AADSTS${facts.number}`];
    super([...number, facts.error, ...(facts.suberror ? [facts.suberror] : [])].map(plain).join(' '));
    this.number = facts.number;
    this.claims = usable(facts.claims);
  }
}

// They go back in an address, whose length has bounds of its own; Entra's have some 100 characters.
const longestClaims = 2_000;

/** Claims that can be passed on: a JSON object (OpenID Connect Core section 5.5) of a bearable length. */
function usable(claims: string | undefined): string | undefined {
  if (claims === undefined || claims.length > longestClaims) return undefined;
  try {
    const parsed: unknown = JSON.parse(claims);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** The claims that came with a failure. */
export const claimsOf = (error: BrokerError): string | undefined =>
  error.cause instanceof EntraAnswer ? error.cause.claims : undefined;

/** What Microsoft answered, for the log and for an administrator: the AADSTS number, and its words for the failure. */
export const answerOf = (error: BrokerError): { readonly text: string; readonly number?: number } | undefined =>
  error.cause instanceof EntraAnswer
    ? { text: error.cause.message, ...(error.cause.number === undefined ? {} : { number: error.cause.number }) }
    : undefined;

/** What comes from a callback's query is anyone's; only what looks like a code gets into a log. */
const plain = (text: string): string => (/^[\w.-]{1,64}$/.test(text) ? text : '(no code)');

export function failureError(facts: FailureFacts, phase: Phase): BrokerError {
  return new BrokerError(findRule(facts, phase).code, { cause: new EntraAnswer(facts) });
}

/**
 * What MSAL threw, as a BrokerError. Branches on the fields of the error, never on its class: a revoked grant comes as
 * ServerError, a missing consent as InteractionRequiredAuthError, though both are `invalid_grant`.
 * @param claims as the answer had them; of MSAL's two classes only one carries them
 */
export function msalError(error: unknown, phase: Phase, claims?: string): BrokerError {
  if (isBrokerError(error)) return error;
  if (!(error instanceof Error) || !('errorCode' in error) || typeof error.errorCode !== 'string') {
    return new BrokerError('internal_error', { cause: error });
  }
  const number = 'errorNo' in error ? Number(error.errorNo) : Number.NaN;
  const suberror = 'subError' in error && typeof error.subError === 'string' ? error.subError : '';
  return failureError(
    {
      error: error.errorCode,
      ...(suberror === '' ? {} : { suberror }),
      ...(Number.isInteger(number) ? { number } : {}),
      ...(claims === undefined ? {} : { claims }),
    },
    phase,
  );
}

/** The error that Microsoft sent the browser back with. The number stands in the description only. */
export function authorizeFailure(answer: AuthorizeError): BrokerError {
  const number = /\bAADSTS(\d{4,8})\b/.exec(answer.errorDescription ?? '')?.[1];
  return failureError(
    {
      error: answer.error,
      ...(answer.errorSubcode === undefined ? {} : { suberror: answer.errorSubcode }),
      ...(number === undefined ? {} : { number: Number(number) }),
    },
    'sign-in',
  );
}

/** The class of an error code of this room; undefined for a code of another room. */
export function failureClass(code: ErrorCode): FailureClass | undefined {
  if (code === unknownFailure.code) return unknownFailure.class;
  if (code === 'grant_missing' || code === 'grant_scope_missing') return 'user';
  return failureTable.find((rule) => rule.code === code)?.class;
}

/** The status that a grant has after a failure with this code; undefined if the code does not change it. */
export function grantStatusFor(code: ErrorCode): Exclude<GrantStatus, 'ok' | 'revoked'> | undefined {
  const kind = failureClass(code);
  if (kind === 'user') return 'reconnect_required';
  return kind === 'tenant admin' ? 'consent_required' : undefined;
}
