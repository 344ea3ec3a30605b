import type { Attachment as Part } from 'postal-mime';
import type { BouncedRecipient, BounceInfo } from '../../domain/mail/message.ts';
import { submissionHeader } from '../../domain/submission.ts';
import { textOf } from '../mime/part-text.ts';
import { isDeliveryStatus, isReturnedMail } from '../mime/structure.ts';
import { everyAddress, type Notice, noticeOf } from './bounce-notice.ts';
import { type DeliveryStatus, deliveryStatusOf, fieldsOf } from './delivery-status.ts';
import { type Letterhead, reportType, serverMail } from './server-mail.ts';
import { isSns, sesBounceOf } from './ses-notice.ts';

export interface MaybeBounce extends Letterhead {
  /** Addresses that it was sent to. */
  readonly to: readonly string[];
  readonly parts: readonly Part[];
  readonly text: string;
}

/**
 * The report of a mail that did not arrive, or is late; undefined if there is none. By the delivery status that a
 * server adds (RFC 3464), else by its words. Only mail that a server has written counts, so that a forwarded or quoted
 * report is none; neither are receipts of mail that arrived.
 */
export function bounceOf(mail: MaybeBounce): BounceInfo | undefined {
  if (isSns(mail.from)) {
    const ses = sesBounceOf(mail.text);
    return ses === undefined ? undefined : bounce(ses.recipients, ses.originalMessageId);
  }
  const by = serverMail(mail);
  if (by === 'no' || isOtherReport(mail)) return undefined;
  const told = statusOf(mail);
  const named = told?.recipients.filter(({ recipient }) => recipient !== '') ?? [];
  if (told !== undefined && named.length > 0) return bounce(named, originalId(mail, told, ''));
  // It names recipients, and none of them failed.
  if (told?.speaks === true && told.recipients.length === 0) return undefined;

  const notice = noticeOf({ ...mail, named: failedHeader(mail), parties: parties(mail) });
  const original = () => originalId(mail, told, notice?.returned ?? '');
  if (notice === undefined) return told === undefined ? undefined : bounce(told.recipients, original());
  const returned = returnedHeaders(mail, notice.returned);
  if ((by === 'signs' || by === 'likely') && !isServerLike(notice, returned)) return undefined;
  if (by === 'likely' && !notice.atOnce) return undefined;
  if (notice.recipients.length > 0) return bounce(notice.recipients, original());
  // It names no recipient, or only a mailbox name: the recipient of the mail counts, if there was one.
  const recipient = onlyRecipient(returned);
  if (recipient === undefined && (by !== 'certain' || (returned === '' && !isReport(mail)))) return undefined;
  return bounce(
    (told === undefined || told.recipients.length === 0 ? [notice.about] : told.recipients).map((each) => ({
      ...each,
      recipient: recipient ?? '',
    })),
    original(),
  );
}

/** What our header says in the mail that came back, as a part of its own or below the words. Not checked. */
export function returnedSubmissionId({ parts, text }: Pick<MaybeBounce, 'parts' | 'text'>): string | undefined {
  const returned = parts.find(({ mimeType }) => isReturnedMail(mimeType));
  const block = returned === undefined ? text.slice(0, mostCharacters) : headersIn(textOf(returned));
  return ourHeader.exec(block)?.[1];
}

const ourHeader = new RegExp(`^[ \\t>]*${submissionHeader}:\\s*(sub_[\\w-]{43})\\s*$`, 'im');

const headersIn = (mail: string): string => mail.split(/\r?\n\r?\n/, 1)[0] ?? '';

function bounce(all: readonly BouncedRecipient[], originalMessageId: string | undefined): BounceInfo | undefined {
  const first = all.find(({ action }) => action === 'failed') ?? all[0];
  if (first === undefined) return undefined;
  return { ...first, recipients: all, ...(originalMessageId === undefined ? {} : { originalMessageId }) };
}

/** What a person, a ticket system or a parcel service does not write: a list of recipients with a reply, or the mail itself. */
const isServerLike = ({ listed, replies }: Notice, returned: string): boolean => returned !== '' || (listed && replies);

const isReport = ({ headers }: MaybeBounce): boolean => reportType(headers) === 'delivery-status';

/** The delivery status: a part of its own, or, as some servers write it, lines of the text. */
function statusOf({ parts, text }: MaybeBounce): DeliveryStatus | undefined {
  const part = parts.find(({ mimeType }) => isDeliveryStatus(mimeType));
  if (part !== undefined) return deliveryStatusOf(textOf(part));
  const start = text.slice(0, mostCharacters);
  return /^final-recipient:/im.test(start) ? deliveryStatusOf(start) : undefined;
}

const mostCharacters = 32 * 1024;

/** A complaint (RFC 5965) or a receipt of a reader (RFC 8098), which a mail filter uses to refuse one, too. */
function isOtherReport({ headers, subject }: MaybeBounce): boolean {
  const type = reportType(headers);
  if (type === 'disposition-notification') return !/^\s*(rejected|automatically rejected)\b/i.test(subject);
  return type !== undefined && type !== 'delivery-status';
}

const failedHeader = ({ headers }: MaybeBounce): string[] =>
  headers
    .filter(({ key }) => key === 'x-failed-recipients')
    .flatMap(({ value }) => value.split(/[\s,;]+/))
    .map((address) => address.replace(/^<|>$/g, ''))
    .filter((address) => address.includes('@'));

const parties = ({ from, to }: MaybeBounce): string[] => [from?.address ?? '', ...to];

/** The headers of the mail that came back, as a part of its own or below the words. */
function returnedHeaders(mail: MaybeBounce, below: string): string {
  const returned = mail.parts.find((part) => isReturnedMail(part.mimeType));
  const block = returned === undefined ? below : textOf(returned);
  return /^[ \t>]*(?:Received|From|To|Message-ID):/im.test(block) ? block : '';
}

function onlyRecipient(block: string): string | undefined {
  const to = /^[ \t>]*To:[ \t]*([^\r\n]{1,500})(?=\r?\n(?![ \t])|$)/im.exec(block)?.[1] ?? '';
  const found = [...to.matchAll(everyAddress)].map(([address]) => address);
  return found.length === 1 ? found[0] : undefined;
}

function originalId(mail: MaybeBounce, told: DeliveryStatus | undefined, below: string): string | undefined {
  const returned = mail.parts.find((part) => isReturnedMail(part.mimeType));
  const header = (name: string) => mail.headers.find(({ key }) => key === name)?.value;
  const ids = [
    returned === undefined ? undefined : fieldsOf(headersIn(textOf(returned))).get('message-id'),
    told?.originalMessageId,
    /^[ \t>]*Message-ID:\s*(<[^<>\s]{1,900}>)/im.exec(below)?.[1],
    header('x-ms-exchange-parent-message-id'),
    // Gmail and Exchange answer the mail that failed.
    /<[^<>\s]{1,900}>/.exec(header('in-reply-to') ?? '')?.[0],
  ];
  return ids.find((id) => id !== undefined && id !== '');
}
