import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Call, Reply } from '../web.ts';
import { graphError, refusals } from './answers.ts';

/** A file on a draft. */
export interface DraftFile {
  readonly name: string;
  readonly contentType: string;
  readonly isInline: boolean;
  readonly contentId: string | undefined;
  readonly content: Buffer;
}

const form = z.looseObject({
  AttachmentItem: z.looseObject({
    attachmentType: z.literal('file'),
    name: z.string(),
    size: z.number().int(),
    contentType: z.string().default('application/octet-stream'),
    isInline: z.boolean().default(false),
    contentId: z.string().optional(),
  }),
});

// https://learn.microsoft.com/graph/outlook-large-attachments: 3 MB to 150 MB, less than 4 MB a piece.
const leastBytes = 3_000_000;
const mostBytes = 150_000_000;
const mostPieceBytes = 4 * 1024 * 1024;

export interface Uploads {
  /** Opens a session. @param done gets the file once its last byte is there */
  open(body: unknown, done: (file: DraftFile) => void): Reply;
  /** A piece, at the address of the session. */
  put(id: string, call: Call): Reply;
}

export function createUploads(address: () => string): Uploads {
  const sessions = new Map<string, { size: number; pieces: Buffer[]; done: (content: Buffer) => void }>();
  return {
    open(body, done) {
      const parsed = form.safeParse(body);
      if (!parsed.success) return graphError(400, 'ErrorInvalidRequest', 'The request is invalid.');
      const { size, name, contentType, isInline, contentId } = parsed.data.AttachmentItem;
      if (size < leastBytes) return refusals.tooSmall();
      if (size > mostBytes) return refusals.tooLarge();
      const id = randomUUID();
      const finish = (content: Buffer) => done({ name, contentType, isInline, contentId, content });
      sessions.set(id, { size, pieces: [], done: finish });
      const expirationDateTime = new Date(Date.now() + 3_600_000).toISOString();
      return {
        status: 201,
        body: { uploadUrl: `${address()}/upload/${id}`, expirationDateTime, nextExpectedRanges: ['0-'] },
      };
    },

    put(id, { method, headers, body }) {
      const session = sessions.get(id);
      if (session === undefined || method !== 'PUT') return refusals.item();
      // The address itself is what opens it; a token beside it is refused.
      if (headers.authorization !== undefined) return refusals.token();
      if (body.length > mostPieceBytes) return refusals.tooLarge();
      const have = session.pieces.reduce((sum, piece) => sum + piece.length, 0);
      const [, from, to, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
      const isNext = Number(from) === have && Number(to) === have + body.length - 1 && Number(size) === session.size;
      if (!isNext) return refusals.range();
      session.pieces.push(body);
      if (have + body.length < session.size) {
        const nextExpectedRanges = [`${have + body.length}-`];
        return { status: 200, body: { expirationDateTime: new Date().toISOString(), nextExpectedRanges } };
      }
      sessions.delete(id);
      session.done(Buffer.concat(session.pieces));
      return { status: 201, headers: { location: `${address()}/v1.0/attachments/${id}` } };
    },
  };
}
