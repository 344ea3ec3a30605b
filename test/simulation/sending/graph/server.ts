import { z } from 'zod';
import type { Invocation } from '../../process.ts';
import { fieldOf, headOf, type Letter } from '../letters.ts';
import type { PostOffice } from '../post-office.ts';

/** A request as it comes to Graph. */
export interface GraphRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly token: string | undefined;
  readonly range: string | undefined;
  readonly body: Buffer;
}

export interface GraphAnswer {
  readonly status: number;
  readonly body?: object;
}

export interface SimDraft {
  readonly owner: string;
  readonly raw: Buffer;
  readonly files: Buffer[];
}

/** Graph, as far as it sends mail. Each request is done at once, as a whole or not at all. */
export interface GraphServer {
  /** @param isLost its answer does not come */
  handle(request: GraphRequest, by: Invocation | undefined, isLost: boolean): GraphAnswer;
  /** By their ids, which change when a draft is sent. */
  readonly drafts: ReadonlyMap<string, SimDraft>;
}

/** Who asks, and what she may. */
export const tokenOf = (address: string, permissions: readonly string[]): string =>
  `${address} ${permissions.join(' ')}`;

// https://learn.microsoft.com/graph/outlook-large-attachments
const mostSmallBytes = 3_000_000;
/** Above it a message was seen to be answered with 200, and lost (microsoft-graph-docs#13979). */
const mostSendMailBytes = 2_200_000;

const fileForm = z.object({ contentBytes: z.string() });
const sessionForm = z.object({ AttachmentItem: z.object({ size: z.number() }) });

const refused = (status: number, code: string): GraphAnswer => ({ status, body: { error: { code, message: '' } } });
const gone = refused(404, 'ErrorItemNotFound');

export function createGraphServer(office: PostOffice): GraphServer {
  const drafts = new Map<string, SimDraft>();
  const uploads = new Map<string, { readonly draft: SimDraft; readonly size: number; readonly pieces: Buffer[] }>();
  let ids = 0;

  function take(
    way: Letter['way'],
    { owner, raw, files }: SimDraft,
    by: Invocation | undefined,
    isLost: boolean,
  ): GraphAnswer {
    const head = headOf(raw);
    const listed = (name: string) => fieldOf(head, name)?.split(', ') ?? [];
    const recipients = [...listed('To'), ...listed('Bcc')];
    const letter: Letter = {
      ...{ way, raw, files, recipients, from: owner },
      submissionId: fieldOf(head, 'X-NocoBase-Submission') ?? '',
      messageId: fieldOf(head, 'Message-ID') ?? '',
    };
    office.take(letter, { login: owner, by, isLost, recipients });
    return { status: 202 };
  }

  /** A piece of a file, at the address of its session, which needs no token. */
  function upload(id: string, { range, body, token }: GraphRequest): GraphAnswer {
    const session = uploads.get(id);
    if (session === undefined || token !== undefined) return gone;
    const have = session.pieces.reduce((sum, { length }) => sum + length, 0);
    if (range !== `bytes ${have}-${have + body.length - 1}/${session.size}`) return refused(416, 'ErrorInvalidRange');
    session.pieces.push(body);
    if (have + body.length < session.size) return { status: 200, body: {} };
    session.draft.files.push(Buffer.concat(session.pieces));
    uploads.delete(id);
    return { status: 201 };
  }

  function ofDraft(id: string, rest: string, { method, body }: GraphRequest, send: (draft: SimDraft) => GraphAnswer) {
    const draft = drafts.get(id);
    if (draft === undefined) return gone;
    switch (`${method} ${rest}`) {
      case 'DELETE ':
        drafts.delete(id);
        return { status: 204 };
      case 'POST /attachments': {
        const content = Buffer.from(fileForm.parse(JSON.parse(body.toString())).contentBytes, 'base64');
        if (content.length >= mostSmallBytes) return refused(413, 'RequestEntityTooLarge');
        draft.files.push(content);
        return { status: 201, body: { id: `file${draft.files.length}` } };
      }
      case 'POST /attachments/createUploadSession': {
        const { size } = sessionForm.parse(JSON.parse(body.toString())).AttachmentItem;
        const session = `u${++ids}`;
        uploads.set(session, { draft, size, pieces: [] });
        return { status: 201, body: { uploadUrl: `https://graph.sim.example/upload/${session}` } };
      }
      case 'POST /send':
        drafts.delete(id);
        return send(draft);
      default:
        return refused(400, 'ErrorInvalidRequest');
    }
  }

  return {
    drafts,
    handle(request, by, isLost) {
      const { method, path, token = '', body } = request;
      const [, uploadId] = /^\/upload\/(\w+)$/.exec(path) ?? [];
      if (uploadId !== undefined) return upload(uploadId, request);
      const [address = '', ...permissions] = token.split(' ');
      const [, mailbox = '', what = ''] = /^\/v1\.0\/(me|users\/[^/]+)(\/.*)$/.exec(path) ?? [];
      const owner = mailbox === 'me' ? address : decodeURIComponent(mailbox.slice('users/'.length));
      // The app has no address of its own, and needs no permission that is meant for persons.
      const needed = owner === address || address === 'app' ? 'Mail.Send' : 'Mail.Send.Shared';
      const isDraft = what !== '/sendMail';
      if (!permissions.includes(needed) || (isDraft && !permissions.includes('Mail.ReadWrite')))
        return refused(403, 'ErrorAccessDenied');
      const decoded = () => Buffer.from(body.toString('latin1'), 'base64');
      if (!isDraft) {
        const raw = decoded();
        if (raw.length > mostSendMailBytes) return { status: 200 };
        return take('graph', { owner, raw, files: [] }, by, isLost);
      }
      if (method === 'POST' && what === '/messages') {
        const id = `AAMk${++ids}`;
        drafts.set(id, { owner, raw: decoded(), files: [] });
        return { status: 201, body: { id } };
      }
      if (what.startsWith('/mailFolders/drafts/messages?')) {
        const wanted = /'(.*)'/.exec(new URLSearchParams(what.split('?')[1]).get('$filter') ?? '')?.[1];
        const found = [...drafts].filter(
          ([, draft]) => draft.owner === owner && fieldOf(headOf(draft.raw), 'Message-ID') === wanted,
        );
        return { status: 200, body: { value: found.map(([id]) => ({ id })) } };
      }
      const [, id = '', rest = ''] = /^\/messages\/([^/]+)(.*)$/.exec(what) ?? [];
      return ofDraft(id, rest, request, (draft) => take('graph_draft', draft, by, isLost));
    },
  };
}
