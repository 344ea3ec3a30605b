import type { Address } from '../domain/mail/message.ts';
import { BrokerError } from '../errors.ts';
import { htmlReader } from '../html/text.ts';
import { type Answer, identityOf, replyAll, replyTo } from './answer.ts';
import { composeBody } from './body.ts';
import type { ComposedMail } from './composed.ts';
import { type Answering, answeringOf, type SendContent } from './content.ts';
import { takeDataImages } from './data-images.ts';
import { type FileSources, filesOf, filesOfOriginal, inlineFiles } from './files.ts';
import { limitedSize } from './limited-size.ts';
import { bccHeader, buildMime, type MimeParts } from './mime.ts';
import type { Original } from './original.ts';
import { cleanText } from './plain-text.ts';
import { forwardQuote, type Quote, replyQuote } from './quote.ts';
import { eachOnce } from './recipients.ts';
import { ownAddress, type SendingMailbox } from './sending-mailbox.ts';
import type { UploadedFile } from './sources.ts';
import { forwardSubject, replySubject } from './subject.ts';
import { forwardThread, replyThread, type ThreadFields } from './thread.ts';

/** What composing needs of the mailbox and of NocoBase. */
export interface ComposePorts extends FileSources {
  /** The message that is answered or passed on. @throws BrokerError `not_found_here` | `message_gone`, and what opening the mailbox throws */
  readOriginal(messageRef: string, signal: AbortSignal): Promise<Original>;
  /** HTML of a stranger, safe to send on in our name; undefined where it is too intricate to be made so. */
  cleanHtml(html: string): Promise<string | undefined>;
}

export interface ComposeRequest {
  readonly content: SendContent;
  /** Files of a `multipart/form-data` request. */
  readonly uploads: readonly UploadedFile[];
  readonly mailbox: SendingMailbox;
  /** With angle brackets. */
  readonly messageId: string;
  /** Of the finished message. */
  readonly limitBytes: number;
  /** The conversation that a draft stands in; of an answer the original tells it. */
  readonly thread?: ThreadFields | undefined;
  /** Goes along as another form of the text. */
  readonly calendar?: MimeParts['calendar'];
}

/** A message with all its parts, before it is written. It may have no recipient yet. */
export interface ComposedParts {
  readonly parts: MimeParts;
  readonly bcc: readonly Address[];
}

/**
 * Makes the message that a request describes. Everything but the bytes of its files is read when it answers.
 * @throws BrokerError `invalid_request` (no recipient), `sender_not_own`, and what the ports throw
 */
export async function compose(
  request: ComposeRequest,
  ports: ComposePorts,
  signal: AbortSignal,
): Promise<ComposedMail> {
  const composed = await composeParts(request, ports, signal);
  if (recipientsOf(composed).length === 0) {
    const kind = answeringOf(request.content)?.kind;
    const isAnswer = kind === 'reply' || kind === 'replyAll';
    const message = isAnswer ? 'Is required: the original has no recipient other than this mailbox.' : 'Names nobody.';
    throw new BrokerError('invalid_request', { fields: [{ field: 'to', message }] });
  }
  return writeMail(composed, request.limitBytes);
}

/** It is kept in a row, which holds 1 MiB with all else: a thousand names of usual length. */
const longestBcc = 200_000;

/** @throws BrokerError `invalid_request`; what the files of the message throw, as it is read */
export async function writeMail({ parts, bcc }: ComposedParts, limitBytes: number): Promise<ComposedMail> {
  const header = await bccHeader(bcc);
  if (header !== undefined && header.length > longestBcc) {
    const message = 'Has names that are too long together; shorten them or leave them out.';
    throw new BrokerError('invalid_request', { fields: [{ field: 'bcc', message }] });
  }
  return {
    from: parts.from.address,
    recipients: recipientsOf({ parts, bcc }).map(({ address }) => address),
    messageId: parts.messageId,
    subject: parts.subject,
    bccHeader: header,
    mime: limitedSize(await buildMime(parts), limitBytes),
  };
}

const recipientsOf = ({ parts: { to, cc }, bcc }: ComposedParts): readonly Address[] =>
  eachOnce([...to, ...cc, ...bcc]);

/**
 * The first half of {@link compose}: what the message says, and its files, opened when their turn comes.
 * @throws BrokerError `invalid_request`, `sender_not_own`, and what the ports throw
 */
export async function composeParts(
  { content, uploads, mailbox, messageId, thread, calendar }: ComposeRequest,
  ports: ComposePorts,
  signal: AbortSignal,
): Promise<ComposedParts> {
  const answering = answeringOf(content);
  const original = answering && (await ports.readOriginal(answering.messageRef, signal));
  const { from, to, cc } = envelope(content, mailbox, answering, original);
  const bcc = content.bcc ?? [];
  if (eachOnce([...to, ...cc, ...bcc]).length > mostRecipients) {
    const message = `Has more than ${mostRecipients} recipients, together with cc and bcc.`;
    throw new BrokerError('invalid_request', { fields: [{ field: 'to', message }] });
  }

  const quoted = original && answering && (await quote(answering.kind, original, mailbox, ports));
  const idOf = (index: number) => `image${index + 1}.${messageId.replace(/[<>]/g, '')}`;
  const own = content.html === undefined ? undefined : takeDataImages(content.html, idOf);
  const read = await htmlReader();
  const body = composeBody(
    {
      text: content.text,
      html: own?.html,
      signature: content.signature ?? mailbox.signatureHtml,
      quote: quoted,
      quoteHasHtml: quoted?.hasHtml ?? false,
    },
    (html) => read(html).text,
  );
  const files = [
    ...(await filesOf(content.attachments, uploads, ports, signal)),
    ...(own?.images ?? []),
    ...(original && answering
      ? filesOfOriginal(
          original,
          answering.messageRef,
          answering.kind === 'forward' ? 'all' : { shownIn: quoted?.html ?? '' },
          ports,
          signal,
        )
      : []),
  ];

  const parts: MimeParts = {
    ...(answering === undefined && thread !== undefined ? thread : threadOf(answering, original)),
    from,
    to,
    cc,
    replyTo: content.replyTo ?? [],
    subject: subjectOf(content.subject, answering, original),
    messageId,
    text: body.text,
    html: body.html,
    priority: content.priority,
    listUnsubscribe: content.listUnsubscribe,
    files: inlineFiles(files, body.html),
    calendar,
  };
  return { parts, bcc };
}

// Exchange Online's default for one message. https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
const mostRecipients = 1_000;

/** Whom it is from and to: what the request names, and, field by field, the answer to the original where it names nothing. */
function envelope(
  content: SendContent,
  mailbox: SendingMailbox,
  answering: Answering | undefined,
  original: Original | undefined,
): Answer {
  const answer = answerTo(answering?.kind, original, mailbox);
  return {
    from: content.from === undefined ? answer.from : ownSender(content.from, mailbox),
    to: content.to ?? answer.to,
    cc: content.cc ?? answer.cc,
  };
}

function answerTo(
  kind: Answering['kind'] | undefined,
  original: Original | undefined,
  mailbox: SendingMailbox,
): Answer {
  if (original === undefined) return { from: mailbox.addresses[0], to: [], cc: [] };
  if (kind === 'reply') return replyTo(original, mailbox);
  if (kind === 'replyAll') return replyAll(original, mailbox);
  return { from: identityOf(original, mailbox), to: [], cc: [] };
}

/** @throws BrokerError `sender_not_own` */
function ownSender(from: Address, mailbox: SendingMailbox): Address {
  const own = ownAddress(mailbox, from.address);
  if (own === undefined) throw new BrokerError('sender_not_own');
  return { name: from.name === '' ? own.name : from.name, address: own.address };
}

const subjectOf = (
  own: string | undefined,
  answering: Answering | undefined,
  original: Original | undefined,
): string => {
  if (own !== undefined || original === undefined || answering === undefined) return own ?? '';
  return answering.kind === 'forward' ? forwardSubject(original.subject) : replySubject(original.subject);
};

function threadOf(answering: Answering | undefined, original: Original | undefined): ThreadFields {
  if (answering === undefined || original === undefined) return { references: [] };
  return answering.kind === 'forward' ? forwardThread(original) : replyThread(original);
}

async function quote(
  kind: Answering['kind'],
  original: Original,
  mailbox: SendingMailbox,
  ports: Pick<ComposePorts, 'cleanHtml'>,
): Promise<Quote & { readonly hasHtml: boolean }> {
  const html = original.html === undefined ? undefined : await ports.cleanHtml(original.html);
  // A mark stands in front of each line, whatever ends it.
  const readable = { ...original, text: cleanText(original.text) };
  const made = (kind === 'forward' ? forwardQuote : replyQuote)(readable, mailbox, html);
  return { ...made, hasHtml: html !== undefined };
}
