import type { HttpResponseInit } from '@azure/functions';
import { errorTable } from '../error-codes.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import { isStoreError } from '../store/table/table.ts';
import { whyUnreachable } from '../store/table/unreachable.ts';

/** RFC 9457, with `code`, `remedy`, `who`, `requestId` and, where it is known, `until` as extension members. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
  readonly who: string;
  readonly requestId: string;
  /** Before this instant a retry is useless; RFC 3339. */
  readonly until?: string;
  readonly fields?: readonly { readonly field: string; readonly message: string }[];
  /** What a change met, as it is now. */
  readonly current?: object;
}

/** The form in which any failure leaves us: what is not a BrokerError becomes one that tells nothing of its inside. */
export function toBrokerError(error: unknown): BrokerError {
  if (isBrokerError(error)) return error;
  if (isStoreError(error, 'unreachable')) {
    const detail = whyUnreachable(error.cause);
    return new BrokerError('storage_unreachable', { cause: error, ...(detail === undefined ? {} : { detail }) });
  }
  if (isStoreError(error, 'conflict', 'exists')) return new BrokerError('conflict', { cause: error });
  return new BrokerError('internal_error', { cause: error });
}

/** Seconds for a Retry-After header, rounded up; at least 1. */
const retryAfterSeconds = (afterMs: number): string => String(Math.max(1, Math.ceil(afterMs / 1000)));

/** The headers of a failure, for every form of its body. */
export function errorHeaders(error: BrokerError): Record<string, string> {
  return {
    ...(error.retry === undefined ? {} : { 'Retry-After': retryAfterSeconds(error.retry.afterMs) }),
    // RFC 9110 section 11.6.1: a 401 names the scheme.
    ...(error.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  };
}

/** A failure as an answer: `application/problem+json`, never a value of the request in it. */
export function problem(
  error: BrokerError,
  requestId: string,
  headers: Record<string, string> = {},
  members: Pick<Problem, 'current'> = {},
): HttpResponseInit {
  const entry = errorTable[error.code];
  const body: Problem = {
    title: entry.sentence,
    status: entry.status,
    code: error.code,
    detail: error.message,
    remedy: entry.remedy,
    who: entry.who,
    requestId,
    ...(error.retry?.until === undefined ? {} : { until: error.retry.until.toISOString() }),
    ...(error.fields.length > 0 ? { fields: error.fields } : {}),
    ...members,
  };
  return {
    status: entry.status,
    headers: { 'Content-Type': 'application/problem+json', ...errorHeaders(error), ...headers },
    body: JSON.stringify(body),
  };
}
