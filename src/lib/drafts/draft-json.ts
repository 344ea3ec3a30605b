import { type Draft, isDirty } from '../store/submissions/draft.ts';
import type { DraftFields } from './fields.ts';
import type { ShownDraft } from './types.ts';

/** A draft without its content. */
export function draftFacts(draft: Draft) {
  return {
    draftId: draft.id,
    version: draft.version,
    state: stateOf(draft),
    submissionId: draft.submission?.id ?? null,
    // False while only the working copy has this version.
    inDrafts: draft.stored !== undefined && !isDirty(draft),
    messageId: draft.messageId,
    createdAt: draft.createdAt,
    updatedAt: draft.updatedAt,
  };
}

const stateOf = ({ submission, deleted }: Draft): 'open' | 'locked' | 'deleted' =>
  submission === undefined ? (deleted ? 'deleted' : 'open') : 'locked';

/** A draft as the API shows it. */
export const draftJson = ({ row, fields, messageRef, overtaken }: ShownDraft) => ({
  ...draftFacts(row.draft),
  messageRef: messageRef ?? null,
  fields: fields === undefined ? null : fieldsJson(fields),
  overtaken: overtaken === undefined ? null : fieldsJson(overtaken),
});

const fieldsJson = ({ from, files, text, html, inReplyTo, answering: _, ...rest }: DraftFields) => ({
  from: from ?? null,
  ...rest,
  text: text ?? null,
  html: html ?? null,
  inReplyTo: inReplyTo ?? null,
  attachments: files.map(({ source, filename, contentType, size, contentId }) => ({
    ...source,
    ...{ filename, contentType, size, contentId: contentId ?? null },
  })),
});
