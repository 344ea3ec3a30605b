import { randomBytes } from 'node:crypto';
import PostalMime from 'postal-mime';
import { z } from 'zod';
import type { Call, Reply } from '../web.ts';
import { refusals } from './answers.ts';
import { decodeMime } from './mime-body.ts';
import type { Outbox } from './outbox.ts';
import { createUploads, type DraftFile } from './uploads.ts';
import { withFiles } from './with-files.ts';

interface Draft {
  readonly mailbox: string;
  readonly raw: Buffer;
  readonly files: DraftFile[];
}

/** A file of less than 3 MB goes in one request. https://learn.microsoft.com/graph/outlook-large-attachments */
const mostSmallBytes = 3_000_000;

const fileForm = z.looseObject({
  '@odata.type': z.literal('#microsoft.graph.fileAttachment'),
  name: z.string(),
  contentType: z.string().default('application/octet-stream'),
  contentBytes: z.string(),
  isInline: z.boolean().default(false),
  contentId: z.string().optional(),
});

/** Drafts of all mailboxes. They lie here alone: the IMAP servers do not show them. */
export interface Drafts {
  /** `/messages` and what is below it, of one mailbox. @param path after `/messages`, such as `/ID/send` */
  handle(mailbox: string, path: string, call: Call): Promise<Reply>;
  /** `/upload/ID`: the address of an upload session, which needs no token. */
  upload(id: string, call: Call): Reply;
  /** `/mailFolders/drafts/messages` with a filter by `internetMessageId`. */
  find(mailbox: string, call: Call): Promise<Reply>;
  /** Subjects of the drafts of a mailbox. */
  of(mailbox: string): Promise<readonly string[]>;
}

/**
 * Drafts from MIME, files on them by one request or by an upload session, and sending them.
 * https://learn.microsoft.com/graph/api/user-post-messages, https://learn.microsoft.com/graph/api/message-send
 */
export function createDrafts(outbox: Outbox, address: () => string): Drafts {
  const drafts = new Map<string, Draft>();
  const uploads = createUploads(address);

  async function create(mailbox: string, call: Call): Promise<Reply> {
    const raw = decodeMime(call);
    if (!Buffer.isBuffer(raw)) return raw;
    // Ids of Exchange are long, and change whenever an item moves.
    const id = `AAMk${randomBytes(84).toString('base64url')}`;
    drafts.set(id, { mailbox, raw, files: [] });
    return { status: 201, body: await shown(id, raw) };
  }

  function attach(draft: Draft, call: Call): Reply {
    const parsed = fileForm.safeParse(json(call));
    if (!parsed.success) return refusals.unknown();
    const { name, contentType, isInline, contentId, contentBytes } = parsed.data;
    const content = Buffer.from(contentBytes, 'base64');
    if (content.length >= mostSmallBytes) return refusals.tooLarge();
    draft.files.push({ name, contentType, isInline, contentId, content });
    return { status: 201, body: { id: randomBytes(16).toString('base64url'), name, size: content.length } };
  }

  async function send(id: string, draft: Draft): Promise<Reply> {
    const refused = await outbox.take(draft.mailbox, 'draft', withFiles(draft.raw, draft.files));
    if (refused !== undefined) return refused;
    // It is another item now, in Sent Items, under another id.
    drafts.delete(id);
    return { status: 202 };
  }

  return {
    async handle(mailbox, path, call) {
      if (path === '') return call.method === 'POST' ? create(mailbox, call) : refusals.unknown();
      const [, id = '', rest = ''] = /^\/([^/]+)(.*)$/.exec(path) ?? [];
      const draft = drafts.get(decodeURIComponent(id));
      if (draft === undefined || draft.mailbox !== mailbox) return refusals.item();
      switch (`${call.method} ${rest}`) {
        case 'GET ':
          return { status: 200, body: await shown(id, draft.raw) };
        case 'DELETE ':
          drafts.delete(id);
          return { status: 204 };
        case 'POST /attachments':
          return attach(draft, call);
        case 'POST /attachments/createUploadSession':
          return uploads.open(json(call), (file) => draft.files.push(file));
        case 'POST /send':
          return send(id, draft);
        default:
          return refusals.unknown();
      }
    },
    async find(mailbox, call) {
      const [, wanted] = /^internetMessageId eq '(.*)'$/.exec(call.url.searchParams.get('$filter') ?? '') ?? [];
      if (call.method !== 'GET' || wanted === undefined) return refusals.unknown();
      const own = [...drafts].filter(([, draft]) => draft.mailbox === mailbox);
      const all = await Promise.all(own.map(async ([id, { raw }]) => ({ id, ...(await PostalMime.parse(raw)) })));
      const found = all.filter(({ messageId }) => messageId === wanted.replaceAll("''", "'"));
      return { status: 200, body: { value: found.map(({ id }) => ({ id })) } };
    },
    upload: uploads.put,
    of: async (mailbox) =>
      Promise.all(
        [...drafts.values()]
          .filter((draft) => draft.mailbox === mailbox)
          .map(async ({ raw }) => (await PostalMime.parse(raw)).subject ?? ''),
      ),
  };
}

async function shown(id: string, raw: Buffer): Promise<object> {
  const { subject = '', messageId = '' } = await PostalMime.parse(raw);
  return { id, isDraft: true, subject, internetMessageId: messageId };
}

function json(call: Call): unknown {
  try {
    return JSON.parse(call.body.toString());
  } catch {
    return undefined;
  }
}
