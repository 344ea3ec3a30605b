import { sha256 } from '../domain/bytes.ts';
import type { Clock } from '../domain/clock.ts';
import { dayMs, hourMs } from '../domain/duration.ts';
import { appOid, type GrantKey } from '../domain/grant.ts';
import type { Tokens } from '../entra/types.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Grant } from '../store/grants/grants.ts';
import type { Chore } from './housekeeping.ts';

export interface KeepAliveDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly grants: { all(): AsyncIterable<Grant> };
  readonly tokens: Pick<Tokens, 'get'>;
}

/**
 * A refresh token that is unused for 90 days expires (AADSTS700082), and paused mailboxes and those of a held
 * destination do not use theirs. Each is used at least every 7 days: a week of outage, ours or Microsoft's, is harmless
 * then.
 * https://learn.microsoft.com/entra/identity-platform/refresh-tokens#token-lifetime
 */
const earliestMs = 6 * dayMs;
/** Grants that were connected on the same day are not renewed in the same minute. Below a day, so that 7 days hold. */
const spreadMs = 22 * hourMs;

/** What a run does at most; the rest is due in the next one. */
const atMost = 500;
const runForMs = 60_000;
const atOnce = 4;

/** Whether a grant is to be used for no other reason than that it lives. Pure. */
export function isDueForUse(grant: Grant, now: number): boolean {
  // The app's own permission has nothing that could run out; a dead or given-up grant nothing that could be kept alive.
  if (grant.key.oid === appOid || grant.status === 'reconnect_required' || grant.status === 'revoked') return false;
  if ((grant.retryAt?.getTime() ?? 0) > now) return false;
  return now - grant.lastUsed.getTime() >= earliestMs + spreadOf(grant.key);
}

/** The same for a grant every week. */
function spreadOf({ tid, oid }: GrantKey): number {
  const [high = 0, low = 0] = sha256(`${tid}|${oid}`);
  return Math.floor(((high * 256 + low) / 65_536) * spreadMs);
}

/** Uses every grant at least every 7 days. A failure is noted on the grant, as with any renewal. */
export const keepAliveChore = (deps: KeepAliveDeps): Chore => ({
  name: 'keep_alive',
  // It reads every grant with its sealed cache.
  everyMs: hourMs,
  async run() {
    const { clock, grants, tokens, log } = deps;
    const startedAt = clock.monotonic();
    const due: Grant[] = [];
    for await (const grant of grants.all()) if (isDueForUse(grant, clock.now())) due.push(grant);
    if (due.length === 0) return undefined;
    due.sort((one, other) => one.lastUsed.getTime() - other.lastUsed.getTime());
    const queue = due.slice(0, atMost);
    const did = { due: due.length, used: 0, failed: 0 };
    const work = async (): Promise<void> => {
      for (let grant = queue.shift(); grant !== undefined; grant = queue.shift()) {
        if (clock.monotonic() - startedAt >= runForMs) return;
        try {
          await tokens.get(grant.key, 'outlook', { force: true });
          did.used++;
        } catch (error) {
          if (!isBrokerError(error)) throw error;
          did.failed++;
          log.warn('grant.keep_alive_failed', { tid: grant.key.tid, oid: grant.key.oid, code: error.code });
          // The app, the vault or the table is in trouble: all others would fail alike.
          if (error.who === 'deployment owner') queue.length = 0;
        }
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: atOnce }, work));
    const failed = ended.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return did;
  },
});
