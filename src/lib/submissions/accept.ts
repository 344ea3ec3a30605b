import type { ComposedMail } from '../compose/composed.ts';
import { hourMs } from '../domain/duration.ts';
import { retrying } from '../domain/schedule.ts';
import type { OriginalMessage, Submission } from '../domain/submission.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { idempotencyHash, laneOf, newSubmissionId } from '../store/submissions/submission-keys.ts';
import type { KeyRow } from '../store/submissions/submission-row.ts';
import { asBrokerError } from '../store/table/modify.ts';
import { isStoreError } from '../store/table/table.ts';
import { newSegmentKey } from '../vault/segments.ts';
import { sealContent } from './sealed-content.ts';
import type { SendingDeps } from './types.ts';

/** What is wanted of a message besides its content. */
export interface SendWish {
  readonly mailbox: MailboxRow;
  /** Id of the API key. */
  readonly keyId: string;
  /** Identifies the caller across its keys: the destination, or the client that a key is for. */
  readonly client: string;
  readonly idempotencyKey: string | undefined;
  /** Hash of the validated request and its files; the same key with another one is refused. */
  readonly contentHash: string;
  readonly sendAt: Date | undefined;
  /** How long after its time it fails if it could not be sent. */
  readonly expiresInMs: number | undefined;
  readonly priority: Submission['priority'];
  readonly onUnknown: Submission['onUnknown'];
  /** With angle brackets: fixed now, and the same in every attempt. */
  readonly messageId: string;
  /** What it answers or forwards. */
  readonly original?: Pick<OriginalMessage, 'kind' | 'messageRef'> | undefined;
  /** Makes the message; called once, and only if it was not accepted before. */
  readonly compose: () => Promise<ComposedMail>;
  /** False: the caller sees to the wake-up. */
  readonly wakes?: boolean;
  /** The draft that it was, with the id that its submission gets. */
  readonly draft?: { readonly id: string; readonly submissionId: string } | undefined;
}

/** A message that is two days late is seldom what its sender wanted to say. */
export const defaultExpiryMs = 48 * hourMs;

/** A wake-up further ahead than this would not be seen in time for the pace of a queue; a tick finds it. */
const wakeAheadMs = 24 * hourMs;

/**
 * Accepts a message: blob, then all rows in one batch, then a wake-up. The answer holds from the batch on; the same
 * request with the same key gets the same submission.
 * @throws BrokerError `idempotency_key_reused` | `storage_unreachable`, and what composing throws
 */
export async function accept(deps: SendingDeps, wish: SendWish): Promise<Submission> {
  const { mailbox, idempotencyKey } = wish;
  const keyHash = idempotencyKey === undefined ? undefined : idempotencyHash(wish.client, idempotencyKey);
  const known = await repeated(deps, wish, keyHash);
  if (known !== undefined) return known;

  const now = new Date(deps.store.time.whenJudging());
  const id = wish.draft?.submissionId ?? newSubmissionId(mailbox.id, now, deps.random);
  if (wish.draft !== undefined) {
    const accepted = await deps.rows.read(id).catch(rethrow);
    if (accepted !== undefined) return accepted.submission;
  }
  const mail = await wish.compose();
  const blobKey = newSegmentKey(deps.random);
  const size = await deps.mail.put(id, blobKey, mail.mime);
  const { from, recipients, subject, bccHeader } = mail;
  const sealed = await sealContent(deps.sealer, id, { blobKey, from, recipients, subject, bccHeader });
  const dueAt = wish.sendAt !== undefined && wish.sendAt > now ? wish.sendAt : now;
  const submission = newSubmission({ ...wish, id, keyHash, size, now, dueAt });
  const key: KeyRow | undefined =
    keyHash === undefined
      ? undefined
      : {
          mailboxId: mailbox.id,
          hash: keyHash,
          content: wish.contentHash,
          submissionId: id,
          createdAt: now,
          endedAt: undefined,
        };
  try {
    await insert(deps, { submission, sealed }, key);
  } catch (error) {
    if (isStoreError(error, 'exists')) {
      await drop(deps, id);
      const other = await repeated(deps, wish, keyHash);
      if (other !== undefined) return other;
    }
    throw asBrokerError(error);
  }
  if (wish.wakes !== false) await wakeLane(deps, mailbox, dueAt);
  return submission;
}

/** A wake-up for when a message of a mailbox is due. What was accepted stays so if there is none: the next tick finds it. */
export async function wakeLane(deps: SendingDeps, mailbox: MailboxRow, dueAt: Date): Promise<void> {
  const delayMs = Math.max(0, dueAt.getTime() - deps.store.time.whenJudging());
  if (delayMs > wakeAheadMs) return;
  const lane = laneOf(mailbox);
  await deps.wake({ v: 1, kind: 'send', lane }, delayMs).catch((error: unknown) => {
    deps.log.warn('submission.wake_up_failed', { lane, code: isBrokerError(error) ? error.code : undefined });
  });
}

/** @throws BrokerError `idempotency_key_reused` */
async function repeated(
  deps: SendingDeps,
  { mailbox, contentHash }: SendWish,
  keyHash: string | undefined,
): Promise<Submission | undefined> {
  const key = keyHash === undefined ? undefined : await deps.rows.key(mailbox.id, keyHash).catch(rethrow);
  if (key === undefined) return undefined;
  if (key.content !== contentHash) throw new BrokerError('idempotency_key_reused');
  const found = await deps.rows.read(key.submissionId).catch(rethrow);
  // Ended so long ago that its row is gone: that it was sent is all that is known.
  if (found === undefined) throw new BrokerError('idempotency_key_reused', { detail: spent });
  return found.submission;
}

const spent = 'The message with this Idempotency-Key ended more than 7 days ago, and its record is gone.';

const rethrow = (error: unknown): never => {
  throw asBrokerError(error);
};

/** The caller waits for the answer. */
const insertWaitsMs = [500, 2_000];

/** An unanswered batch may have been applied: then its row is there. */
async function insert(
  { rows, clock }: SendingDeps,
  row: Parameters<SendingDeps['rows']['insert']>[0],
  key: KeyRow | undefined,
): Promise<void> {
  const mayPass = (error: unknown) => isStoreError(error, 'unreachable');
  await retrying({ waitsMs: insertWaitsMs, mayPass, pause: (ms) => clock.sleep(ms) }, async () => {
    try {
      await rows.insert(row, key);
    } catch (error) {
      if (!isStoreError(error, 'exists') || (await rows.read(row.submission.id)) === undefined) throw error;
    }
  });
}

/** What is left is swept. */
const drop = (deps: SendingDeps, id: string): Promise<void> => deps.mail.drop(id).catch(() => undefined);

function newSubmission(
  wish: SendWish & {
    readonly id: string;
    readonly keyHash: string | undefined;
    readonly size: number;
    readonly now: Date;
    readonly dueAt: Date;
  },
): Submission {
  const { id, mailbox, now, dueAt, priority, onUnknown, keyId, keyHash, size, original } = wish;
  return {
    id,
    mailboxId: mailbox.id,
    state: 'queued',
    createdAt: now,
    dueAt,
    nextAt: dueAt,
    expiresAt: new Date(dueAt.getTime() + (wish.expiresInMs ?? defaultExpiryMs)),
    priority,
    onUnknown,
    keyId,
    keyHash,
    size,
    ourMessageId: wish.messageId,
    serverMessageId: undefined,
    date: undefined,
    attempts: 0,
    deferrals: 0,
    way: undefined,
    mark: undefined,
    waitingFor: undefined,
    code: undefined,
    reply: undefined,
    refused: [],
    fromRewritten: undefined,
    original: original && { kind: original.kind, messageRef: original.messageRef, marked: undefined, code: undefined },
    copy: undefined,
    drafted: false,
    resendable: false,
    sentAt: undefined,
    endedAt: undefined,
    owes: [],
    stored: true,
    draftId: wish.draft?.id,
  };
}
