import { clockedAbort } from '../domain/clocked-abort.ts';
import type { SentPlace, Submission, WayName } from '../domain/submission.ts';
import { deferred, failed, marked, nextStep, resulted, waits } from '../domain/submission-steps.ts';
import { isBrokerError } from '../errors.ts';
import type { ReadyWay, WayResult } from '../send/way.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Hold } from '../store/submissions/lane-row.ts';
import { createSendingSettings } from '../store/submissions/sending-settings.ts';
import type { StoredSubmission } from '../store/submissions/submissions.ts';
import { changeSubmission } from './change.ts';
import type { LaneLease } from './lane-lease.ts';
import {
  chooseWay,
  dayHold,
  holdUntil,
  mailboxWays,
  mayBeReopened,
  paced,
  reopened,
  shutting,
  tryAgainMs,
} from './lane-pace.ts';
import type { ReadyWays } from './ready-ways.ts';
import { createReopenings } from './reopenings.ts';
import { openContent } from './sealed-content.ts';
import { suppressedRecipients } from './suppress.ts';
import type { SendingDeps } from './types.ts';

/** 35 MB at a quarter of a megabyte a second; then the attempt is given up, well before `functionTimeout`. */
const attemptMs = 150_000;

/** What a run of a lane has in hand. */
export interface LaneRun {
  readonly lease: LaneLease;
  readonly ready: ReadyWays;
  /** Where Sent of a mailbox stood when this run first asked: every later copy lies above that, too. */
  readonly places: Map<string, SentPlace>;
  /** Told of a hold of the whole tenant. */
  readonly holdTenant: (tid: string, hold: Hold) => Promise<void>;
}

/**
 * Sends a message, or notes why it waits: way, sign-in, mark, content, result. What it changes is committed when it answers.
 * @returns the submission as it is then; undefined: the lane is held, or tries another way
 * @throws BrokerError `storage_unreachable`; the reason of the lease's signal
 */
export async function attempt(
  deps: SendingDeps,
  run: LaneRun,
  mailbox: MailboxRow,
  { submission, sealed }: StoredSubmission,
): Promise<Submission | undefined> {
  const { lease, ready } = run;
  const now = () => new Date(deps.store.time.whenJudging());
  const change = async (decide: (current: Submission) => Submission | undefined) =>
    (await changeSubmission(deps, submission.id, decide))?.submission;
  const unmarked = (next: (current: Submission) => Submission) =>
    change((current) => (current.mark === undefined && current.state === 'queued' ? next(current) : undefined));

  if (mayBeReopened(lease.facts)) lease.facts = reopened(lease.facts, await createReopenings(deps).of(lease.lane));
  const facts = mailboxWays(mailbox, deps.sendVia(mailbox));
  const choice = chooseWay(submission, facts, lease.facts, [...deps.ways.keys()], now());
  if ('code' in choice) {
    const until = new Date(now().getTime() + tryAgainMs);
    return unmarked((current) => waits(current, { code: choice.code, until }));
  }
  const { way } = choice;
  const until = new Date(now().getTime() + attemptMs);
  const over = clockedAbort(deps.clock, lease.signal, attemptMs);
  try {
    const content = await openContent(deps.sealer, submission.id, sealed);
    const suppressed = await suppressedRecipients(deps, mailbox.id, content.recipients);
    if (suppressed.length > 0) {
      return await unmarked((current) => ({
        ...failed(current, now(), 'recipient_suppressed', suppressed[0]?.reply),
        refused: suppressed,
      }));
    }
    const full = dayHold(lease.facts, content.recipients.length, now());
    if (full !== undefined) return await unmarked((current) => waits(current, full));
    const prepared = await ready.get(way, mailbox, over.signal);
    if (prepared.kind !== 'ready') return await notReady(prepared);
    const date = submission.date ?? now();
    const outgoing = { id: submission.id, content, messageId: submission.ourMessageId, size: submission.size, date };
    const mail = deps.mail.outgoing(outgoing);
    if (prepared.stage !== undefined) {
      // Noted first, so that a draft is looked for though this process dies before it can name it.
      if (submission.drafted) await prepared.sweep?.(submission.ourMessageId, over.signal);
      else await unmarked((current) => ({ ...current, drafted: true }));
    }
    const staged = await prepared.stage?.(mail, over.signal);
    if (staged !== undefined && staged.kind !== 'staged') return await notReady(staged);
    const places = await placesOf(mailbox);
    if (lease.signal.aborted) throw lease.signal.reason;

    const { lane, epoch } = lease;
    const mark = {
      way,
      lane,
      epoch,
      at: submission.date === undefined ? date : now(),
      until,
      places,
      staged: staged?.place,
      wantsCopy: await wantsCopy(deps, mailbox, way),
    };
    const isOurs = (current: Submission) =>
      current.mark?.number === submission.attempts + 1 && current.mark.lane === lane && current.mark.epoch === epoch;
    const begun = await change((current) =>
      !isOurs(current) && nextStep(current, now(), lease).kind === 'attempt' ? marked(current, mark) : undefined,
    );
    // Cancelled just now, or someone else was faster.
    if (begun === undefined || !isOurs(begun)) {
      if (staged !== undefined) await prepared.withdraw?.(staged.place, over.signal).catch(() => false);
      return begun;
    }
    lease.facts = paced(lease.facts, now(), content.recipients.length);
    const result = await send(prepared, mail, staged?.place);
    return await settle(begun.mark?.number ?? 0, result);
  } catch (error) {
    if (lease.signal.aborted) throw lease.signal.reason;
    if (over.signal.aborted && error === over.signal.reason) {
      await ready.drop();
      // Otherwise the same message would be first in every run, and the lane would send no other.
      const code = way === 'smtp' ? 'smtp_unreachable' : 'graph_unreachable';
      return await unmarked((current) => deferred(current, { code }, now()));
    }
    if (!isBrokerError(error) || error.code === 'storage_unreachable') throw error;
    await ready.drop();
    if (error.code === 'seal_broken') return unmarked((current) => failed(current, now(), error.code));
    const { code, retry } = error;
    return unmarked((current) => deferred(current, { code, retryAfterMs: retry?.afterMs }, now()));
  } finally {
    over.release();
  }

  async function placesOf(from: MailboxRow): Promise<SentPlace[]> {
    const all = [...(await deps.copiesAlsoIn(from)), from];
    const places: SentPlace[] = [];
    for (const each of all) {
      const place = run.places.get(each.id) ?? (await deps.sent.stood(each, over.signal));
      run.places.set(each.id, place);
      places.push(place);
    }
    return places;
  }

  async function send(prepared: ReadyWay, mail: Parameters<ReadyWay['send']>[0], place?: string): Promise<WayResult> {
    try {
      return await prepared.send(mail, over.signal, place);
    } catch (error) {
      // Only what reads the stored message throws, and then nothing was sent.
      const code = isBrokerError(error) ? error.code : 'internal_error';
      if (!isBrokerError(error))
        deps.log.error('submission.attempt_failed', error, { submissionId: submission.id, way });
      return code === 'submission_content_gone' || code === 'seal_broken'
        ? { kind: 'refused', code, reply: '', recipients: [] }
        : { kind: 'deferred', code, scope: 'message' };
    }
  }

  /** Nothing has left, and there is no mark. */
  async function notReady(result: Exclude<WayResult, { readonly kind: 'accepted' | 'unknown' }>) {
    await ready.drop();
    if (await noteLane(result)) return undefined;
    if (result.kind === 'refused') {
      return unmarked((current) => ({
        ...failed(current, now(), result.code, result.reply),
        refused: result.recipients,
      }));
    }
    return unmarked((current) => deferred(current, result, now()));
  }

  async function settle(number: number, result: WayResult): Promise<Submission | undefined> {
    if (result.kind !== 'accepted') await ready.drop();
    deps.log.info('submission.attempted', { submissionId: submission.id, way, attempt: number, result: result.kind });
    const after = await change((current) => resulted(current, number, result, now()));
    await noteLane(result);
    return after;
  }

  /** @returns true if the message itself need not be touched: everything waits, or another way is tried */
  async function noteLane(result: WayResult): Promise<boolean> {
    if (result.kind === 'closed') {
      const mailboxId = result.scope === 'mailbox' ? mailbox.id : undefined;
      lease.facts = shutting(lease.facts, { way, code: result.code, at: now(), mailboxId });
      return true;
    }
    if (result.kind !== 'deferred' || result.scope === 'message') return false;
    const hold = { code: result.code, until: holdUntil(now(), result.retryAfterMs) };
    if (result.scope === 'tenant') await run.holdTenant(mailbox.grant.tid, hold);
    else lease.facts = { ...lease.facts, hold };
    return true;
  }
}

/** Over SMTP the copy of a shared mailbox lies in Sent of the person who signs in. */
async function wantsCopy(deps: SendingDeps, mailbox: MailboxRow, way: WayName): Promise<boolean> {
  if (way !== 'smtp' || !mailbox.shared || mailbox.grant.kind !== 'user') return false;
  return (await createSendingSettings(deps).read(mailbox.id)).sentCopyIn === 'mailbox';
}
