import { z } from 'zod';
import { type Submission, shortReplies, storedStates, wayNames } from '../../domain/submission.ts';
import {
  brokenRow,
  code,
  columns,
  count,
  instant,
  json,
  readColumns,
  text,
  textColumns,
  withWholeText,
} from '../table/columns.ts';
import type { Row, StoredRow, Values } from '../table/table.ts';
import {
  parseSubmissionId,
  parseSubmissionRowKey,
  submissionId,
  submissionPartition,
  submissionRowKey,
} from './submission-keys.ts';

/** A binary property holds at most 64 KiB (Table service data model). */
const chunkBytes = 64 * 1024;

/** A column or field that may be missing, and then is there as undefined. */
const maybe = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

const date = z.iso.datetime().transform((at) => new Date(at));

const place = z.object({
  mailboxId: z.string(),
  path: z.string(),
  stood: maybe(z.object({ uidValidity: z.string().regex(/^\d+$/).transform(BigInt), uidNext: z.number() })),
});

const mark = z.object({
  number: z.number(),
  way: z.enum(wayNames),
  lane: z.string(),
  epoch: z.number(),
  at: date,
  until: date,
  places: z.array(place),
  staged: maybe(z.string()),
  wantsCopy: z.boolean().default(false),
  looks: z.number(),
});

const refused = z.array(z.object({ address: z.string(), code, reply: z.string() }));

const copy = z.object({
  state: z.enum(['awaited', 'found', 'stored', 'failed']),
  place,
  since: date,
  nextAt: date,
  looks: z.number(),
  faults: z.number(),
  code: maybe(code),
});

const original = z.object({
  kind: z.enum(['reply', 'replyAll', 'forward']),
  messageRef: z.string(),
  marked: maybe(z.boolean()),
  code: maybe(code),
});

const events = z.array(z.enum(['submission.sent', 'submission.failed', 'submission.unknown', 'submission.bounced']));

const form = z.object({
  state: z.enum(storedStates),
  createdAt: instant,
  dueAt: instant,
  nextAt: instant,
  expiresAt: instant,
  priority: z.enum(['interactive', 'bulk']),
  onUnknown: z.enum(['ask', 'resend']),
  keyId: text,
  keyHash: maybe(text),
  size: count,
  ourMessageId: text,
  serverMessageId: maybe(text),
  date: maybe(instant),
  attempts: count,
  deferrals: count,
  way: maybe(z.enum(wayNames)),
  mark: maybe(json(mark)),
  waitingFor: maybe(json(z.object({ code, until: maybe(date) }))),
  code: maybe(code),
  reply: maybe(text),
  refused: json(refused).default([]),
  fromRewritten: maybe(text),
  original: maybe(json(original)),
  copy: maybe(json(copy)),
  drafted: z.boolean().default(false),
  resendable: z.boolean().default(false),
  sentAt: maybe(instant),
  endedAt: maybe(instant),
  owes: json(events).default([]),
  stored: z.boolean().default(false),
  draftId: maybe(text),
});

/** A submission with what is sealed of it, as its row holds both. */
export interface SubmissionRow {
  readonly submission: Submission;
  /** See src/lib/submissions/sealed-content.ts. */
  readonly sealed: Uint8Array;
}

const replacer = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
const asJson = (value: unknown): string | undefined =>
  value === undefined ? undefined : JSON.stringify(value, replacer);
const list = (items: readonly unknown[]): string | undefined => (items.length === 0 ? undefined : asJson(items));

export const sealedColumn = 'sealed';

export function encodeSubmission({ submission, sealed }: SubmissionRow): Row {
  const { id, mailboxId, mark, waitingFor, original, copy, refused, owes, drafted, resendable, stored, ...rest } =
    submission;
  const key = parseSubmissionId(id)?.key;
  if (key === undefined) throw new RangeError('not the id of a submission');
  const values: Record<string, Values[string]> = {
    ...rest,
    mark: asJson(mark),
    waitingFor: asJson(waitingFor),
    original: asJson(original),
    copy: asJson(copy),
    ...textColumns('refused', list(shortReplies(refused))),
    owes: list(owes),
    drafted: drafted || undefined,
    resendable: resendable || undefined,
    stored: stored || undefined,
  };
  for (let at = 0, index = 0; at < sealed.length; at += chunkBytes, index++) {
    values[`${sealedColumn}${index}`] = sealed.subarray(at, at + chunkBytes);
  }
  return {
    partitionKey: submissionPartition(mailboxId),
    rowKey: submissionRowKey('s', mailboxId, key),
    values: columns(values),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeSubmission(row: StoredRow): SubmissionRow {
  const key = parseSubmissionRowKey(row.rowKey);
  if (key?.kind !== 's') throw brokenRow(row, 'its key is not that of a submission');
  const read = readColumns(withWholeText(row, 'refused'), form);
  const chunks: Uint8Array[] = [];
  for (let index = 0; ; index++) {
    const chunk = row.values[`${sealedColumn}${index}`];
    if (!(chunk instanceof Uint8Array)) break;
    chunks.push(chunk);
  }
  return {
    submission: {
      ...read,
      id: submissionId(key.mailboxId, key.key),
      mailboxId: key.mailboxId,
    },
    sealed: new Uint8Array(Buffer.concat(chunks)),
  };
}

/** That a submission has work waiting. */
export interface WaitingRow {
  readonly mailboxId: string;
  /** Id of the submission. */
  readonly id: string;
  readonly nextAt: Date;
  readonly priority: Submission['priority'];
}

const waitingForm = z.object({ nextAt: instant, priority: z.enum(['interactive', 'bulk']) });

export function encodeWaiting({ id, mailboxId, nextAt, priority }: WaitingRow): Row {
  return {
    partitionKey: submissionPartition(mailboxId),
    rowKey: submissionRowKey('w', mailboxId, parseSubmissionId(id)?.key ?? ''),
    values: columns({ nextAt, priority }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeWaiting(row: StoredRow): WaitingRow {
  const key = parseSubmissionRowKey(row.rowKey);
  if (key?.kind !== 'w') throw brokenRow(row, 'its key is not that of a waiting submission');
  const { mailboxId } = key;
  return { mailboxId, id: submissionId(mailboxId, key.key), ...readColumns(row, waitingForm) };
}

/** An idempotency key that was used. */
export interface KeyRow {
  readonly mailboxId: string;
  readonly hash: string;
  /** Of what was asked for: the same key with other content is refused. */
  readonly content: string;
  readonly submissionId: string;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
}

const keyForm = z.object({ content: text, submission: text, createdAt: instant, endedAt: maybe(instant) });

export const encodeKey = ({ mailboxId, hash, content, submissionId, createdAt, endedAt }: KeyRow): Row => ({
  partitionKey: submissionPartition(mailboxId),
  rowKey: submissionRowKey('k', mailboxId, hash),
  values: columns({ content, submission: submissionId, createdAt, endedAt }),
});

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeKey(row: StoredRow): KeyRow {
  const key = parseSubmissionRowKey(row.rowKey);
  if (key?.kind !== 'k') throw brokenRow(row, 'its key is not that of an idempotency key');
  const { content, submission, createdAt, endedAt } = readColumns(row, keyForm);
  return { mailboxId: key.mailboxId, hash: key.key, content, submissionId: submission, createdAt, endedAt };
}

const messageIdForm = z.object({ submission: text, createdAt: instant });

/** A Message-ID, by which a bounce or a copy finds its submission. */
export interface MessageIdRow {
  readonly mailboxId: string;
  readonly hash: string;
  readonly submissionId: string;
  readonly createdAt: Date;
}

export const encodeMessageId = ({ mailboxId, hash, submissionId, createdAt }: MessageIdRow): Row => ({
  partitionKey: submissionPartition(mailboxId),
  rowKey: submissionRowKey('i', mailboxId, hash),
  values: columns({ submission: submissionId, createdAt }),
});

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeMessageId(row: StoredRow): MessageIdRow {
  const key = parseSubmissionRowKey(row.rowKey);
  if (key?.kind !== 'i') throw brokenRow(row, 'its key is not that of a Message-ID');
  const { submission, createdAt } = readColumns(row, messageIdForm);
  return { mailboxId: key.mailboxId, hash: key.key, submissionId: submission, createdAt };
}
