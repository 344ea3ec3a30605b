import { minuteMs, secondMs } from '../domain/duration.ts';
import { isEnded, type Submission } from '../domain/submission.ts';
import { expired, nextStep, waits } from '../domain/submission-steps.ts';
import { isBrokerError } from '../errors.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Hold } from '../store/submissions/lane-row.ts';
import { parseLane, tenantHoldKey } from '../store/submissions/submission-keys.ts';
import type { WaitingRow } from '../store/submissions/submission-row.ts';
import { attempt, type LaneRun } from './attempt.ts';
import { changeSubmission } from './change.ts';
import { copyLooked } from './ending/copy-looked.ts';
import { fileCopy } from './ending/file-copy.ts';
import { finish } from './ending/finish.ts';
import { createHolds } from './holds.ts';
import { acquireLane } from './lane-lease.ts';
import { holdOf } from './lane-pace.ts';
import { createReadyWays } from './ready-ways.ts';
import { settleMark } from './settle-mark.ts';
import type { SendingDeps, SendWakeUp } from './types.ts';

/** Nothing new is begun after so long; with the longest attempt that stays below `functionTimeout` (5 minutes). */
const runBudgetMs = 45 * secondMs;

/** A mailbox that is paused, or whose row cannot be read, is looked at again after so long. */
const pausedMs = 5 * minuteMs;

/** More than one submission needs in one run: two ways that are shut, a mark, its end. */
const mostSteps = 8;

export interface LaneRunner {
  /**
   * Runs a lane: sends what is due, looks for the outcome of unfinished attempts, sends the events of what has ended,
   * and leaves a wake-up for the rest. Does nothing if another run has the lane.
   * @throws BrokerError `storage_unreachable` | `conflict`; StoreError
   */
  run(lane: string): Promise<void>;
  /** Starts nothing new. What is being sent continues to its end, or is found again by its mark. */
  stop(): void;
}

export function createLaneRunner(deps: SendingDeps): LaneRunner {
  let stopping = false;
  const now = () => new Date(deps.store.time.whenJudging());

  async function run(lane: string): Promise<void> {
    if (stopping || parseLane(lane) === undefined) return;
    const startedAt = deps.clock.monotonic();
    const isOver = () => stopping || deps.clock.monotonic() - startedAt >= runBudgetMs;
    const mailboxes = new Map((await deps.mailboxesOf(lane)).map((row) => [row.id, row]));
    if (mailboxes.size === 0) return;
    const lease = await acquireLane(deps, lane);
    if (lease === undefined) return;
    const holds = createHolds(deps);
    const holdTenant: LaneRun['holdTenant'] = (id, hold) => holds.put(tenantHoldKey(id), hold);
    const self: LaneRun = { lease, ready: createReadyWays(deps), places: new Map(), holdTenant };
    const tid = [...mailboxes.values()][0]?.grant.tid ?? '';
    /** Steps taken with each: one that comes to no end is left to the next tick. */
    const steps = new Map<string, number>();
    /** What is held holds for the rest of the run. */
    const held = new Map<Submission['priority'], Hold>();
    let wakeAt: Date | undefined;
    try {
      for (;;) {
        const waiting = (await Promise.all([...mailboxes.keys()].map((id) => deps.rows.waitingOf(id)))).flat();
        const open = waiting.filter(({ id, priority }) => !held.has(priority) && (steps.get(id) ?? 0) < mostSteps);
        const next = firstOf(open, now());
        const isHeld = waiting.filter(({ priority }) => held.has(priority));
        wakeAt = earliest([
          ...open.map(({ nextAt }) => nextAt),
          ...isHeld.flatMap(({ priority }) => held.get(priority)?.until ?? []),
        ]);
        if (next === undefined || isOver()) break;
        steps.set(next.id, (steps.get(next.id) ?? 0) + 1);
        const heldFrom = await holds.of(lane, tid);
        const hold = await step(self, next, mailboxes.get(next.mailboxId), heldFrom).catch((error: unknown) => {
          if (!isBrokerError(error, 'row_broken', 'row_newer') || lease.signal.aborted) throw error;
          // It must not keep the others of its account.
          deps.log.error('submission.row_broken', error, { submissionId: next.id });
          steps.set(next.id, mostSteps);
          return undefined;
        });
        if (hold === undefined) continue;
        held.set('bulk', hold);
        // Bulk leaves room for people's own mail, which may still go.
        if (next.priority === 'interactive') held.set('interactive', hold);
      }
    } finally {
      await self.ready.drop();
      await lease.release();
    }
    if (wakeAt === undefined || stopping) return;
    const wakeUp: SendWakeUp = { v: 1, kind: 'send', lane };
    await deps.wake(wakeUp, Math.max(0, wakeAt.getTime() - now().getTime())).catch((error: unknown) => {
      // The next tick finds what is due.
      deps.log.warn('submission.wake_up_failed', { lane, code: isBrokerError(error) ? error.code : 'internal_error' });
    });
  }

  /** One step of one submission. @returns why the lane sends nothing of its priority now */
  async function step(
    self: LaneRun,
    waiting: WaitingRow,
    mailbox: MailboxRow | undefined,
    heldFrom: Hold | undefined,
  ): Promise<Hold | undefined> {
    const found = await deps.rows.read(waiting.id);
    if (found === undefined || mailbox === undefined) return undefined;
    const { submission } = found;
    const next = nextStep(submission, now(), self.lease);
    const change = async (decide: (current: Submission) => Submission | undefined) =>
      (await changeSubmission(deps, submission.id, decide))?.submission;
    let after: Submission | undefined = submission;
    if (next.kind === 'expire') {
      after = await change((current) =>
        nextStep(current, now(), self.lease).kind === 'expire' ? expired(current, now()) : undefined,
      );
    } else if (next.kind === 'wait') {
      after = await change((current) =>
        nextStep(current, now(), self.lease).kind === 'wait' ? { ...current, nextAt: next.until } : undefined,
      );
    } else if (next.kind === 'look') {
      after = await settleMark(deps, self, mailbox, submission);
    } else if (next.kind === 'attempt') {
      if (mailbox.paused) {
        const until = new Date(now().getTime() + pausedMs);
        await change((current) =>
          current.mark === undefined ? waits(current, { code: 'mailbox_paused', until }) : undefined,
        );
        return undefined;
      }
      const hold = holdOf(self.lease.facts, heldFrom, waiting.priority, now());
      if (hold !== undefined) return hold;
      after = await attempt(deps, self, mailbox, found);
    }
    if (after !== undefined && isEnded(after)) {
      // By the run with the lease alone: two who do not find the copy would both store it.
      const filed = await fileCopy(deps, after, now(), self.lease.signal);
      if (filed !== undefined) after = (await change((current) => copyLooked(current, filed, now()))) ?? after;
      await finish(deps, after);
    }
    return undefined;
  }

  return {
    run,
    stop() {
      stopping = true;
    },
  };
}

/** What is due: people's own mail before bulk, then by time. */
function firstOf(waiting: readonly WaitingRow[], now: Date): WaitingRow | undefined {
  const due = waiting.filter(({ nextAt }) => nextAt <= now);
  return due.sort(
    (a, b) =>
      Number(a.priority === 'bulk') - Number(b.priority === 'bulk') ||
      a.nextAt.getTime() - b.nextAt.getTime() ||
      (a.id < b.id ? -1 : 1),
  )[0];
}

const earliest = (times: readonly Date[]): Date | undefined =>
  times.length === 0 ? undefined : new Date(Math.min(...times.map((time) => time.getTime())));
