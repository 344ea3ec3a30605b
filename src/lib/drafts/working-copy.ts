import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { ThreadFields } from '../compose/thread.ts';
import { base64url, fromBase64url, randomBase62 } from '../domain/bytes.ts';
import type { Random } from '../domain/clock.ts';
import type { Sealer } from '../domain/sealing.ts';
import { BrokerError } from '../errors.ts';
import type { Draft } from '../store/submissions/draft.ts';
import { type DraftRow, placeOfSealedDraft } from '../store/submissions/draft-row.ts';
import type { Blobs } from '../store/table/blobs.ts';
import { newSegmentKey, openSegments, sealSegments } from '../vault/segments.ts';
import { answeringForm, type CopyFields, storedFields } from './fields.ts';

/**
 * Working copies of drafts: each version is a sealed blob of its own. Its key lies sealed in the row of the draft, with the
 * conversation in which the draft stands, which stays when there is no working copy any more.
 */
export interface WorkingCopies {
  /** @throws BrokerError `storage_unreachable` */
  put(draft: Pick<Draft, 'mailboxId' | 'id'>, fields: CopyFields): Promise<{ blob: string; sealed: Uint8Array }>;
  /**
   * Undefined if the draft has none.
   * @throws BrokerError `conflict` if it was replaced just now; `storage_unreachable` | `seal_broken`
   */
  read(row: DraftRow): Promise<CopyFields | undefined>;
  /** @throws BrokerError `seal_broken` */
  thread(row: DraftRow): Promise<ThreadFields & Pick<CopyFields, 'answering'>>;
  /** What is left is swept. Never rejects. */
  drop(blob: string | undefined): Promise<void>;
}

const sealedForm = z.object({
  key: z.string().transform(fromBase64url),
  inReplyTo: z
    .string()
    .optional()
    .transform((id) => id),
  references: z.array(z.string()),
  answering: answeringForm.optional().transform((answering) => answering),
});

export function createWorkingCopies(parts: {
  readonly blobs: Blobs;
  readonly sealer: Sealer;
  readonly random: Random;
}): WorkingCopies {
  const { blobs, sealer, random } = parts;

  async function openSealed({ draft, sealed }: DraftRow) {
    const plain = await sealer.open(placeOfSealedDraft(draft.mailboxId, draft.id), sealed);
    const parsed = sealedForm.safeParse(JSON.parse(new TextDecoder().decode(plain)));
    if (!parsed.success) throw new BrokerError('seal_broken');
    return parsed.data;
  }

  return {
    async put({ mailboxId, id }, fields) {
      const blob = `draft_${randomBase62(24, random)}`;
      const key = newSegmentKey(random);
      await blobs.write(blob, sealSegments(key, blob, once(Buffer.from(JSON.stringify(fields)))));
      const { inReplyTo, references, answering } = fields;
      const plain = Buffer.from(JSON.stringify({ key: base64url(key), inReplyTo, references, answering }));
      return { blob, sealed: await sealer.seal(placeOfSealedDraft(mailboxId, id), plain) };
    },
    async read(row) {
      const { copy } = row.draft;
      if (copy === undefined) return undefined;
      const found = await blobs.read(copy.blob);
      if (found === undefined) throw new BrokerError('conflict');
      const { key } = await openSealed(row);
      const parsed = storedFields.safeParse(JSON.parse(await text(openSegments(key, copy.blob, found))));
      if (!parsed.success) throw new BrokerError('seal_broken');
      return parsed.data;
    },
    async thread(row) {
      const { inReplyTo, references, answering } = await openSealed(row);
      return { inReplyTo, references, answering };
    },
    async drop(blob) {
      if (blob !== undefined) await blobs.delete(blob).catch(() => {});
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
