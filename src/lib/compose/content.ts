import { z } from 'zod';
import { needsSmtpUtf8 } from './addr-spec.ts';
import { sendableText } from './plain-text.ts';
import { recipients, sender } from './recipients.ts';
import { attachment } from './sources.ts';

// RFC 5322 section 2.1.1 has 998 octets for a line; a subject beyond it is cut by programs on its way.
const longestLine = 900;
// More than any person writes; the whole message has its own limit.
const longestBody = 5 * 1024 * 1024;
const longestSignature = 64 * 1024;
const mostAttachments = 100;

const noControls = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;
const messageRef = z
  .string()
  .trim()
  .regex(/^[\w-]{20,100}$/, 'Is not a messageRef.');

const httpsUrl = z
  .string()
  .trim()
  .max(2_000)
  .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', 'Is not an https address.')
  .transform((text) => new URL(text).href)
  // It stands in one line, which cannot be folded.
  .refine((href) => href.length <= longestLine, `Has more than ${longestLine} characters.`);

/**
 * How a recipient gets off a list (RFC 2369 section 3.2): an https address, an address to write to, or both. `oneClick`
 * says that the https address takes the POST of RFC 8058, for which mail programs show a button.
 */
const listUnsubscribe = z
  .strictObject({ url: httpsUrl.optional(), mailto: sender.optional(), oneClick: z.boolean().default(false) })
  .refine(({ url, mailto }) => url !== undefined || mailto !== undefined, 'Needs url, mailto, or both.')
  .refine(({ url, oneClick }) => !oneClick || url !== undefined, 'One-click unsubscribe needs url.');

/** What a message says, as a request gives it. How and when it is sent is for the fields beside these. */
export const contentFields = {
  /** One of the mailbox's own addresses, with or without a name; the one that received the original, in an answer. */
  from: sender.optional(),
  to: recipients.optional(),
  cc: recipients.optional(),
  bcc: recipients.optional(),
  // SMTPUTF8 is asked for by what the envelope names (RFC 6531 section 3.4); Reply-To is no part of it.
  replyTo: recipients
    .refine((list) => !list.some(({ address }) => needsSmtpUtf8(address)), 'Has letters beyond ASCII before the @.')
    .optional(),
  subject: z.string().trim().max(longestLine).regex(noControls, 'Contains a control character.').optional(),
  text: sendableText(longestBody).optional(),
  html: sendableText(longestBody).optional(),
  /** HTML under the text; `''` for none. In place of the signature that is stored for the mailbox. */
  signature: sendableText(longestSignature).optional(),
  priority: z.enum(['high', 'normal', 'low']).default('normal'),
  listUnsubscribe: listUnsubscribe.optional(),
  /** The message that this one answers, continues with everyone in it, or passes on. */
  reply: messageRef.optional(),
  replyAll: messageRef.optional(),
  forward: messageRef.optional(),
  attachments: z.array(attachment).max(mostAttachments, `Has more than ${mostAttachments} entries.`).default([]),
};

/** @internal Exactly these fields; a door adds its own. */
export const contentForm = z.strictObject(contentFields).refine(namesOneOriginal, oneOriginal());

/**
 * Whether at most one of reply, replyAll and forward is given; to be checked by schemas that spread {@link
 * contentFields}.
 */
export function namesOneOriginal(content: Pick<SendContent, 'reply' | 'replyAll' | 'forward'>): boolean {
  return [content.reply, content.replyAll, content.forward].filter((ref) => ref !== undefined).length <= 1;
}

export function oneOriginal(): string {
  return 'Accepts only one of reply, replyAll and forward.';
}

export type SendContent = z.output<z.ZodObject<typeof contentFields>>;

/** What a message has to do with another one. */
export type Answering = { readonly kind: 'reply' | 'replyAll' | 'forward'; readonly messageRef: string };

/** Undefined for a message of its own. */
export function answeringOf({ reply, replyAll, forward }: SendContent): Answering | undefined {
  if (reply !== undefined) return { kind: 'reply', messageRef: reply };
  if (replyAll !== undefined) return { kind: 'replyAll', messageRef: replyAll };
  return forward === undefined ? undefined : { kind: 'forward', messageRef: forward };
}
