import { z } from 'zod';

// What a JSON request takes; larger files come as multipart/form-data, by URL or by reference.
const mostBase64Bytes = 3 * 1024 * 1024;
const longestName = 200;

// Not even a line separator: a name stands in headers of the message.
const noControls = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;
const filename = z
  .string()
  .trim()
  .min(1)
  .max(longestName)
  .regex(noControls, 'Contains a control character.')
  // What a browser on Windows sends is a path.
  .transform((name) => name.replace(/^.*[/\\]/, ''))
  .refine((name) => name !== '' && name !== '.' && name !== '..', 'Is not the name of a file.');

/** RFC 2045 section 5.1, without parameters: those that are of use (the name, a charset) are written by us. */
const contentType = z
  .string()
  .trim()
  .toLowerCase()
  .max(127)
  .transform((text) => text.replace(/\s*;.*$/, ''))
  .pipe(z.string().regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/, 'Is not a media type such as application/pdf.'));

/** RFC 2392: what `cid:` in the HTML names. Without brackets. */
const contentId = z
  .string()
  .trim()
  .max(200)
  .transform((text) => text.replace(/^<|>$/g, ''))
  .pipe(z.string().regex(/^[\w!#$&'*+/=?^`{|}~.@-]+$/, 'Is not a Content-ID.'));

const tooLarge = 'Is larger than 3 MB. Send it as multipart/form-data, by url, or by messageRef and part.';

// With room for line breaks.
const base64 = z
  .string()
  .max(Math.ceil(mostBase64Bytes / 3) * 4 + 128 * 1024, tooLarge)
  .transform((text) => text.replace(/\s+/g, ''))
  .refine((text) => /^[\w+/-]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1, 'Is not base64.')
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
  .refine((bytes) => bytes.byteLength <= mostBase64Bytes, tooLarge);

/**
 * A file to send along: its bytes in base64, an address in NocoBase from which they are fetched, a file that was uploaded
 * before, or an attachment of another message in the same mailbox.
 */
export const attachment = z
  .strictObject({
    filename: filename.optional(),
    contentType: contentType.optional(),
    /** Makes it an inline image of the HTML, where it stands as `<img src="cid:…">`. */
    contentId: contentId.optional(),
    content: base64.optional(),
    url: z
      .string()
      .trim()
      .max(2_000)
      .refine((text) => URL.canParse(text), 'Is not a URL.')
      .optional(),
    messageRef: z
      .string()
      .regex(/^[\w-]{20,100}$/, 'Is not a messageRef.')
      .optional(),
    part: z
      .string()
      .regex(/^\d{1,5}(\.\d{1,5}){0,20}$/, 'Is not an attachment part.')
      .optional(),
    uploadId: z
      .string()
      .regex(/^upl_[\w-]{43}$/, 'Is not an uploadId.')
      .optional(),
  })
  .transform(({ content, url, messageRef, part, uploadId, ...naming }, context): AttachmentSource => {
    if ([content, url, messageRef, uploadId].filter((source) => source !== undefined).length === 1) {
      if (content !== undefined && part === undefined) return { kind: 'bytes', content, ...naming };
      if (url !== undefined && part === undefined) return { kind: 'url', url, ...naming };
      if (messageRef !== undefined && part !== undefined) return { kind: 'part', messageRef, part, ...naming };
      if (uploadId !== undefined && part === undefined) return { kind: 'upload', uploadId, ...naming };
    }
    const message = 'Needs one of content (base64, at most 3 MB), url, uploadId, and messageRef with part.';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

interface Naming {
  readonly filename?: string | undefined;
  readonly contentType?: string | undefined;
  readonly contentId?: string | undefined;
}

export type AttachmentSource = Naming &
  (
    | { readonly kind: 'bytes'; readonly content: Uint8Array }
    | { readonly kind: 'url'; readonly url: string }
    | { readonly kind: 'part'; readonly messageRef: string; readonly part: string }
    | { readonly kind: 'upload'; readonly uploadId: string }
  );

/** What a file is called where it comes from, made fit for a header; never fails. An empty name is none. */
export const fileNaming = z.object({
  filename: z
    .string()
    .transform((name) => name.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' '))
    .pipe(filename)
    .catch(''),
  contentType: contentType.catch('application/octet-stream'),
});

/** A file of a `multipart/form-data` request, stored until the message is composed. */
export interface UploadedFile {
  readonly filename: string;
  readonly contentType: string;
  /** May be called again. */
  open(): AsyncIterable<Uint8Array>;
}
