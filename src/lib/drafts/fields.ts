import { z } from 'zod';
import type { Answering } from '../compose/content.ts';
import type { Address } from '../domain/mail/message.ts';

/** A file of a draft: uploaded for it, or in the message that lies in Drafts. */
export interface DraftFile {
  /** What a request names to keep the file; of a file in the message it is its place. */
  readonly source: { readonly uploadId: string } | { readonly messageRef: string; readonly part: string };
  readonly filename: string;
  readonly contentType: string;
  readonly size: number;
  /** Of an image that the HTML shows; without brackets. */
  readonly contentId: string | undefined;
}

/** What a draft says. */
export interface DraftFields {
  /** Undefined: the address of the mailbox. */
  readonly from: Address | undefined;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly subject: string;
  readonly text: string | undefined;
  readonly html: string | undefined;
  readonly priority: 'high' | 'normal' | 'low';
  readonly files: readonly DraftFile[];
  /** Of the message that it answers; it stays when the other fields change. */
  readonly inReplyTo: string | undefined;
  readonly references: readonly string[];
  /** The message that it answers or forwards, which is marked so when it was sent. */
  readonly answering?: Answering | undefined;
}

const person = z.object({ name: z.string(), address: z.string() });
const maybe = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

export const answeringForm = z.object({ kind: z.enum(['reply', 'replyAll', 'forward']), messageRef: z.string() });

/** The working copy, as it is stored. Its files are uploads, all of them. */
export const storedFields = z.object({
  from: maybe(person),
  to: z.array(person),
  cc: z.array(person),
  bcc: z.array(person),
  replyTo: z.array(person),
  subject: z.string(),
  text: maybe(z.string()),
  html: maybe(z.string()),
  priority: z.enum(['high', 'normal', 'low']),
  files: z.array(
    z.object({
      source: z.object({ uploadId: z.string() }),
      filename: z.string(),
      contentType: z.string(),
      size: z.number(),
      contentId: maybe(z.string()),
    }),
  ),
  inReplyTo: maybe(z.string()),
  references: z.array(z.string()),
  answering: maybe(answeringForm),
});

/** The fields of a working copy. */
export type CopyFields = z.output<typeof storedFields>;
