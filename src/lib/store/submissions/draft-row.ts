import { z } from 'zod';
import type { SealPlace } from '../../domain/sealing.ts';
import { brokenRow, columns, count, instant, json, readColumns, text } from '../table/columns.ts';
import type { Row, StoredRow, Values } from '../table/table.ts';
import type { Draft } from './draft.ts';
import { parseSubmissionRowKey, submissionPartition, submissionRowKey } from './submission-keys.ts';

const maybe = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

const date = z.iso.datetime().transform((at) => new Date(at));

const form = z.object({
  createdAt: instant,
  updatedAt: instant,
  version: count,
  messageId: text,
  copy: maybe(json(z.object({ version: z.number(), blob: z.string() }))),
  uploads: json(z.array(z.string())).default([]),
  stored: maybe(
    json(
      z.object({
        uidValidity: z.string().regex(/^\d+$/).transform(BigInt),
        uid: z.number(),
        nonce: z.string(),
        version: z.number(),
      }),
    ),
  ),
  old: maybe(json(z.object({ uid: z.number(), nonce: z.string() }))),
  syncedAt: maybe(instant),
  flushAt: maybe(instant),
  closing: z.boolean().default(false),
  deleted: z.boolean().default(false),
  submission: maybe(json(z.object({ id: z.string(), at: date, leaves: z.boolean() }))),
});

/** A draft with what is sealed of it, as its row holds both. */
export interface DraftRow {
  readonly draft: Draft;
  /** See src/lib/drafts/working-copy.ts. */
  readonly sealed: Uint8Array;
}

export const sealedColumn = 'sealed';

const idForm = /^drf_([0-9A-Za-z]{20})$/;

/** The part of an id that stands in the RowKey; undefined if `text` is no id of a draft. */
export const draftKey = (text: string): string | undefined => idForm.exec(text)?.[1];

export const draftRowKey = (mailboxId: string, id: string): string =>
  submissionRowKey('d', mailboxId, draftKey(id) ?? '');

/** Where the sealed part of a draft lies. */
export const placeOfSealedDraft = (mailboxId: string, id: string): SealPlace => ({
  table: 'submissions',
  partitionKey: submissionPartition(mailboxId),
  rowKey: draftRowKey(mailboxId, id),
  column: sealedColumn,
});

const asJson = (value: unknown): string | undefined =>
  value === undefined
    ? undefined
    : JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));

export function encodeDraft({ draft, sealed }: DraftRow): Row {
  const { id, mailboxId, copy, uploads, stored, old, submission, closing, deleted, ...rest } = draft;
  const values: Values = {
    ...rest,
    copy: asJson(copy),
    uploads: uploads.length === 0 ? undefined : asJson(uploads),
    stored: asJson(stored),
    old: asJson(old),
    submission: asJson(submission),
    closing: closing || undefined,
    deleted: deleted || undefined,
    [sealedColumn]: sealed.length === 0 ? undefined : sealed,
  };
  return {
    partitionKey: submissionPartition(mailboxId),
    rowKey: draftRowKey(mailboxId, id),
    values: columns(values),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeDraft(row: StoredRow): DraftRow {
  const key = parseSubmissionRowKey(row.rowKey);
  if (key?.kind !== 'd') throw brokenRow(row, 'its key is not that of a draft');
  const sealed = row.values[sealedColumn];
  return {
    draft: { ...readColumns(row, form), id: `drf_${key.key}`, mailboxId: key.mailboxId },
    sealed: sealed instanceof Uint8Array ? new Uint8Array(sealed) : new Uint8Array(),
  };
}
