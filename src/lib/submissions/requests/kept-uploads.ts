import { z } from 'zod';
import { base64url, fromBase64url, purposeHash } from '../../domain/bytes.ts';
import type { Random } from '../../domain/clock.ts';
import { dayMs } from '../../domain/duration.ts';
import { BrokerError } from '../../errors.ts';
import type { Blobs } from '../../store/table/blobs.ts';
import { openSegments, sealSegments } from '../../vault/segments.ts';

/** A file that was uploaded to be sent later. */
export interface KeptUpload {
  /** `upl_` and 43 characters. It opens the file, and only the uploader has it. */
  readonly id: string;
  readonly filename: string;
  /** `type/subtype`. */
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
  /** Of an image that HTML shows; without brackets. */
  readonly contentId: string | undefined;
  readonly expiresAt: Date;
}

/** A file that is uploaded once and then used in drafts and messages of its mailbox, for a day. */
export interface KeptUploads {
  /** @throws what `content` throws; BrokerError `storage_unreachable` */
  put(
    mailboxId: string,
    file: Pick<KeptUpload, 'filename' | 'contentType' | 'size' | 'contentId'>,
    content: AsyncIterable<Uint8Array>,
  ): Promise<KeptUpload>;
  /**
   * The file with its bytes, which are read once.
   * @throws BrokerError `upload_gone` | `storage_unreachable` | `seal_broken`
   */
  open(mailboxId: string, id: string): Promise<KeptUpload & { readonly bytes: AsyncIterable<Uint8Array> }>;
  /** The name of the blob, by which a draft keeps the sweep from deleting it. */
  blobOf(mailboxId: string, id: string): string;
}

/** An upload can be used for so long; a draft that uses it keeps it. */
export const uploadKeptMs = dayMs;

const idForm = /^upl_[\w-]{43}$/;
export const isUploadId = (text: string): boolean => idForm.test(text);

/** Its blob: `kept_` and 24 characters. */
export const isUploadBlob = (name: string): boolean => /^kept_[\w-]{24}$/.test(name);

/**
 * Uploads as sealed blobs. Name and key of a blob follow from its id, which is stored nowhere but in the working copy of a
 * draft, sealed: neither tables nor blobs alone tell what is in it. What is known of a file stands before its bytes:
 * the length of that in 4 bytes, big-endian, then JSON.
 */
export function createKeptUploads({
  blobs,
  random,
  now,
}: {
  readonly blobs: Blobs;
  readonly random: Random;
  readonly now: () => number;
}): KeptUploads {
  const blobOf = (mailboxId: string, id: string) =>
    `kept_${base64url(purposeHash('upload', 'name', mailboxId, secretOf(id)).subarray(0, 18))}`;
  const keyOf = (mailboxId: string, id: string) => purposeHash('upload', 'key', mailboxId, secretOf(id));

  return {
    blobOf,

    async put(mailboxId, file, content) {
      const upload = {
        ...file,
        id: `upl_${base64url(random.bytes(32))}`,
        expiresAt: new Date(now() + uploadKeptMs),
      };
      const name = blobOf(mailboxId, upload.id);
      async function* whole(): AsyncGenerator<Uint8Array> {
        yield headOf(upload);
        yield* content;
      }
      await blobs.write(name, sealSegments(keyOf(mailboxId, upload.id), name, whole()));
      return upload;
    },

    async open(mailboxId, id) {
      if (!isUploadId(id)) throw new BrokerError('upload_gone');
      const name = blobOf(mailboxId, id);
      const sealed = await blobs.read(name);
      if (sealed === undefined) throw new BrokerError('upload_gone');
      const segments = openSegments(keyOf(mailboxId, id), name, sealed);
      // A head is shorter than a segment, which comes whole.
      const first = await segments.next();
      if (first.done === true) throw new BrokerError('seal_broken');
      const { head, rest } = parted(first.value);
      async function* bytes(): AsyncGenerator<Uint8Array> {
        yield rest;
        yield* segments;
      }
      return { ...head, id, bytes: bytes() };
    },
  };
}

const secretOf = (id: string): Uint8Array => fromBase64url(id.slice(4));

function headOf({ filename, contentType, size, contentId, expiresAt }: KeptUpload): Uint8Array {
  const json = Buffer.from(JSON.stringify({ filename, contentType, size, contentId, expiresAt }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

const headForm = z.object({
  filename: z.string(),
  contentType: z.string(),
  size: z.number(),
  contentId: z
    .string()
    .optional()
    .transform((id) => id),
  expiresAt: z.iso.datetime().transform((at) => new Date(at)),
});

/** @throws BrokerError `seal_broken` */
function parted(segment: Uint8Array): { readonly head: z.output<typeof headForm>; readonly rest: Uint8Array } {
  const bytes = Buffer.from(segment);
  const end = 4 + (bytes.length < 4 ? Number.POSITIVE_INFINITY : bytes.readUInt32BE());
  if (end > bytes.length) throw new BrokerError('seal_broken');
  const head = headForm.safeParse(JSON.parse(bytes.toString('utf8', 4, end)));
  if (!head.success) throw new BrokerError('seal_broken');
  return { head: head.data, rest: bytes.subarray(end) };
}
