import type { Clock } from '../domain/clock.ts';
import { dayMs, hourMs } from '../domain/duration.ts';
import { isErrorCode } from '../error-codes.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Grant, GrantNote, Grants } from '../store/grants/grants.ts';
import type { Backoff } from './backoff.ts';
import { claimsOf, failureClass, grantStatusFor } from './classify.ts';
import type { GrantKey, Resource } from './types.ts';

const doubtMs = 60_000;

export const idOf = (key: GrantKey): string => `${key.tid}|${key.oid}`;

/** What a failure means for the grant's row; undefined if nothing is to be noted. */
export function noteFor(
  code: ErrorCode,
  grant: Pick<Grant, 'doubtSince'>,
  resource: Resource,
  now: number,
  claims?: string,
): GrantNote | undefined {
  const status = grantStatusFor(code);
  const kind = failureClass(code);
  // A consent or a policy may be lacking for Graph alone; whether the grant still reads mail, mail tells.
  if (resource !== 'outlook' && (status !== undefined || kind === 'doubt')) return undefined;
  if (status === 'consent_required') return { status, code, retryAt: new Date(now + dayMs), doubtSince: null };
  if (status !== undefined) return { status, code, retryAt: null, doubtSince: null, claims: claims ?? null };
  switch (kind) {
    case 'loop':
    case 'locked':
      return { code, retryAt: new Date(now + hourMs) };
    case 'doubt':
      return grant.doubtSince !== undefined && now - grant.doubtSince.getTime() >= doubtMs
        ? { status: 'reconnect_required', code: 'reconnect_required', retryAt: null, doubtSince: null }
        : { code, retryAt: new Date(now + doubtMs), doubtSince: grant.doubtSince ?? new Date(now) };
    default:
      return undefined;
  }
}

/** @throws BrokerError the code that the grant's status stands for; `consent_required` is tried again once a day */
export function checkStatus(grant: Grant, now: number): void {
  if (grant.status === 'ok') return;
  if (grant.status === 'consent_required' && (grant.retryAt?.getTime() ?? 0) <= now) return;
  throw new BrokerError(codeOf(grant, 'reconnect_required'));
}

/** @throws BrokerError while Microsoft is to be left alone with this grant */
function checkRest(grant: Grant, now: number): void {
  const restMs = (grant.retryAt?.getTime() ?? 0) - now;
  if (restMs > 0) throw new BrokerError(codeOf(grant, 'entra_unavailable'), { retry: { afterMs: restMs } });
}

const codeOf = (grant: Grant, otherwise: ErrorCode): ErrorCode => (isErrorCode(grant.code) ? grant.code : otherwise);

export interface GrantNoter {
  /** Lets no token request out while the grant rests; tells such a refusal of our own from one of Microsoft's. */
  gate(grant: Grant): { pass(): Promise<void>; readonly held: () => unknown };
  /**
   * Notes on the grant what the failure means for it, and answers the failure as the caller is to meet it. Undefined if
   * someone else has stored a newer cache: try that one.
   */
  failed(grant: Grant, resource: Resource, error: BrokerError): Promise<BrokerError | undefined>;
}

/** Keeps Microsoft's answer about a grant: in its row if it lasts, in memory if it is a matter of minutes. */
export function createGrantNoter(deps: {
  readonly grants: Pick<Grants, 'note'>;
  readonly backoff: Backoff;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): GrantNoter {
  const { grants, backoff, clock, log } = deps;
  return {
    gate(grant) {
      let held: unknown;
      return {
        async pass() {
          try {
            backoff.check(idOf(grant.key));
            checkRest(grant, clock.now());
          } catch (error) {
            held = error;
            throw error;
          }
        },
        held: () => held,
      };
    },

    async failed(grant, resource, error) {
      const kind = failureClass(error.code);
      const { tid, oid } = grant.key;
      if (kind === 'throttled' || (kind === 'retry' && error.retry !== undefined)) {
        return backoff.pause(idOf(grant.key), error);
      }
      if (error.code === 'entra_refused') log.error('grant.refusal_unknown', error, { tid, oid, resource });
      const note = noteFor(error.code, grant, resource, clock.now(), claimsOf(error));
      if (note === undefined) return error;
      if (!(await grants.note(grant, note))) return undefined;
      log.error('grant.failed', error, { tid, oid, resource, status: note.status ?? grant.status });
      const { retryAt } = note;
      const failed = note.status === 'reconnect_required' && kind === 'doubt' ? 'reconnect_required' : error.code;
      return new BrokerError(failed, {
        cause: error.cause,
        ...(retryAt == null ? {} : { retry: { afterMs: retryAt.getTime() - clock.now() } }),
      });
    },
  };
}
