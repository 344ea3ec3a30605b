import { z } from 'zod';
import { BrokerError, isBrokerError } from '../errors.ts';
import { sendPermission } from './graph.ts';
import { readGraphAnswer } from './graph-answer.ts';
import {
  createGraphMailboxes,
  type GraphMailbox,
  type GraphOptions,
  type GraphPorts,
  type GraphReply,
  graphUnreachable,
  wholeMail,
} from './graph-request.ts';
import { type MailFile, readFile, splitMail } from './split-mail.ts';
import {
  type Closed,
  type Deferred,
  largestGraphBytes,
  type OutgoingMail,
  type ReadyWay,
  type Refused,
  type Way,
  type WayResult,
} from './way.ts';

// https://learn.microsoft.com/graph/outlook-large-attachments: less than 3 MB in one request, more by an upload session.
const mostSmallBytes = 3_000_000;

// A multiple of 320 KiB below 4 MB, as upload sessions want it.
const pieceBytes = 10 * 320 * 1024;

const draftForm = z.object({ id: z.string().min(1) });
const foundForm = z.object({ value: z.array(z.object({ id: z.string().min(1) })) });
const sessionForm = z.object({ uploadUrl: z.url() });

type Failure = Refused | Deferred | Closed;

/**
 * A message that is too large for one request to Graph: a draft from its MIME without the files, then each file, then
 * `send`. The draft is there until it is sent, so that a request whose answer was lost cannot be repeated by mistake: what
 * was sent is no draft any more, and what is still a draft can be deleted. Not tried against the real Graph.
 * https://learn.microsoft.com/graph/api/user-post-messages, https://learn.microsoft.com/graph/api/message-send
 */
export function createGraphDraftWay(options: GraphOptions, ports: GraphPorts): Way {
  const mailboxes = createGraphMailboxes(options, ports);
  // Only one such message is held whole at a time in a process.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    name: 'graph_draft',
    async prepare({ mailbox }, signal) {
      const opened = await mailboxes.open(mailbox, [sendPermission(mailbox), 'Mail.ReadWrite'], signal);
      return 'kind' in opened ? opened : ready(opened, inTurn);
    },
  };
}

const ready = (mailbox: GraphMailbox, inTurn: <T>(work: () => Promise<T>) => Promise<T>): ReadyWay => ({
  kind: 'ready',
  stage: (mail, signal) => inTurn(() => stage(mailbox, mail, signal)),
  withdraw: (place, signal) => withdraw(mailbox, place, signal),
  sweep: (messageId, signal) => sweep(mailbox, messageId, signal),
  async send(_mail, signal, place = '') {
    const reply = await mailbox.ask({ method: 'POST', path: `/messages/${encodeURIComponent(place)}/send` }, signal);
    const result = sent(reply, signal);
    // The next attempt makes its own draft, and the old one should not stay in Drafts.
    if (result.kind !== 'accepted' && result.kind !== 'unknown') await forget(mailbox, place, signal);
    return result;
  },
  close: async () => undefined,
});

function sent(reply: GraphReply, signal: AbortSignal): WayResult {
  if (reply.kind === 'lost') return { kind: 'unknown', cause: reply.cause };
  if (reply.kind === 'unsent') return signal.aborted ? { ...graphUnreachable, retryAfterMs: 0 } : graphUnreachable;
  // The draft is gone: someone deleted it, or it was sent by a request of ours whose answer was lost.
  if (reply.status === 404) return { kind: 'unknown', cause: new Error('HTTP 404') };
  return readGraphAnswer(reply);
}

async function stage(
  mailbox: GraphMailbox,
  mail: OutgoingMail,
  signal: AbortSignal,
): Promise<{ readonly kind: 'staged'; readonly place: string } | Failure> {
  if (signal.aborted) return { ...graphUnreachable, retryAfterMs: 0 };
  const { mail: text, parts } = splitMail(await wholeMail(mail));
  if (text.length > largestGraphBytes) {
    const reply = `Without its files the message is larger than ${largestGraphBytes} bytes.`;
    return { kind: 'refused', code: 'mail_too_large', reply, recipients: [] };
  }
  const headers = { 'Content-Type': 'text/plain' };
  const made = await mailbox.ask({ method: 'POST', path: '/messages', headers, body: text.toString('base64') }, signal);
  const draft = bodyOf(made, draftForm);
  if ('kind' in draft) return draft;
  for (const part of parts) {
    const failure = await attach(mailbox, draft.id, await readFile(part), signal);
    if (failure === undefined) continue;
    await forget(mailbox, draft.id, signal);
    return failure;
  }
  return { kind: 'staged', place: draft.id };
}

async function attach(
  mailbox: GraphMailbox,
  draft: string,
  { content, ...file }: MailFile,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const path = `/messages/${encodeURIComponent(draft)}/attachments`;
  const headers = { 'Content-Type': 'application/json' };
  if (content.length < mostSmallBytes) {
    const contentBytes = Buffer.from(content).toString('base64');
    const body = JSON.stringify({ '@odata.type': '#microsoft.graph.fileAttachment', ...file, contentBytes });
    const reply = await mailbox.ask({ method: 'POST', path, headers, body }, signal);
    return isAnswered(reply, 201) ? undefined : notStaged(reply);
  }
  const AttachmentItem = { attachmentType: 'file', size: content.length, ...file };
  const body = JSON.stringify({ AttachmentItem });
  const opened = await mailbox.ask({ method: 'POST', path: `${path}/createUploadSession`, headers, body }, signal);
  const session = bodyOf(opened, sessionForm);
  if ('kind' in session) return session;
  for (let from = 0; from < content.length; from += pieceBytes) {
    const to = Math.min(content.length, from + pieceBytes);
    const range = { 'Content-Range': `bytes ${from}-${to - 1}/${content.length}` };
    const piece = { method: 'PUT', headers: range, body: content.subarray(from, to) } as const;
    const reply = await mailbox.askAt(session.uploadUrl, piece, signal);
    if (!isAnswered(reply, to < content.length ? 200 : 201)) return notStaged(reply);
  }
  return undefined;
}

const isAnswered = (reply: GraphReply, status: number): reply is Extract<GraphReply, { kind: 'answered' }> =>
  reply.kind === 'answered' && reply.status === status;

/** What was made, or why it was not. */
function bodyOf<T>(reply: GraphReply, form: z.ZodType<T>): T | Failure {
  if (!isAnswered(reply, 201)) return notStaged(reply);
  const parsed = form.safeParse(jsonIn(reply.body));
  return parsed.success ? parsed.data : graphUnreachable;
}

/** Assembling a draft sends nothing: if the outcome of a request is unknown, the request is repeated. */
function notStaged(reply: GraphReply): Failure {
  const result = reply.kind === 'answered' ? readGraphAnswer(reply) : graphUnreachable;
  return result.kind === 'accepted' || result.kind === 'unknown' ? graphUnreachable : result;
}

/** @throws BrokerError `graph_unreachable` */
async function withdraw(mailbox: GraphMailbox, place: string, signal: AbortSignal): Promise<boolean> {
  const reply = await mailbox.ask({ method: 'DELETE', path: `/messages/${encodeURIComponent(place)}` }, signal);
  if (isAnswered(reply, 204)) return true;
  if (isAnswered(reply, 404)) return false;
  const { kind } = reply;
  throw new BrokerError('graph_unreachable', { cause: kind === 'lost' ? reply.cause : new Error(kind) });
}

/**
 * https://learn.microsoft.com/graph/api/mailfolder-list-messages; `internetMessageId` of a draft made from MIME is that of
 * its header. Only Drafts is looked into: in Sent lies what was sent.
 */
async function sweep(mailbox: GraphMailbox, messageId: string, signal: AbortSignal): Promise<boolean> {
  const query = new URLSearchParams({
    $filter: `internetMessageId eq '${messageId.replaceAll("'", "''")}'`,
    $select: 'id',
    $top: '50',
  });
  const reply = await mailbox.ask({ method: 'GET', path: `/mailFolders/drafts/messages?${query}` }, signal);
  if (!isAnswered(reply, 200)) return false;
  const found = foundForm.safeParse(jsonIn(reply.body));
  if (!found.success) return false;
  for (const { id } of found.data.value) {
    try {
      await withdraw(mailbox, id, signal);
    } catch (error) {
      if (!isBrokerError(error, 'graph_unreachable')) throw error;
      return false;
    }
  }
  return true;
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Deletes an unneeded draft; if that fails, it stays in Drafts. */
const forget = async (mailbox: GraphMailbox, place: string, signal: AbortSignal): Promise<void> => {
  await withdraw(mailbox, place, signal).catch(() => false);
};
