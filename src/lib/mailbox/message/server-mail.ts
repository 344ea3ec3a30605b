import type { Header } from 'postal-mime';
import type { Address } from '../../domain/mail/message.ts';
import { answerSubject, programNames, reportSubjects, serverNames } from './bounce-words.ts';

/** The headers of a mail, as far as they tell who wrote it. */
export interface Letterhead {
  /** Names in lower case. */
  readonly headers: readonly Header[];
  readonly from: Address | undefined;
  /** Decoded. */
  readonly subject: string;
}

/** Every header that {@link serverMail} looks at, besides From and Subject. */
export const serverMailHeaders = [
  'Auto-Submitted',
  'Content-Type',
  'In-Reply-To',
  'List-Id',
  'List-Unsubscribe',
  'Precedence',
  'Return-Path',
  'User-Agent',
  'X-Failed-Recipients',
  'X-Mailer',
  'X-MS-Exchange-Message-Is-Ndr',
] as const;

/**
 * How sure it is that a mail server wrote a mail, by its headers. `certain`: only a server writes so. `named`: it bears
 * the name of one and another sign. `signs`: two signs without a name, which parcel services have too. `likely`: one,
 * which may be a person who signs as postmaster, or writes about mail that came back.
 */
export type ServerMail = 'certain' | 'named' | 'signs' | 'likely' | 'no';

export function serverMail({ headers, from, subject }: Letterhead): ServerMail {
  const header = (name: string) => headers.find(({ key }) => key === name)?.value.trim();
  if (reportType(headers) === 'delivery-status') return 'certain';
  if ((header('x-failed-recipients') ?? '') !== '' || header('x-ms-exchange-message-is-ndr') !== undefined)
    return 'certain';

  const names = [localPart(from?.address ?? ''), (from?.name ?? '').toLowerCase().trim()];
  const named = (words: readonly RegExp[]) => names.some((name) => words.some((word) => word.test(name)));
  if (named(programNames)) return 'certain';

  const told = subject.toLowerCase().replace(/\s+/g, ' ').trim();
  const isAnswer = answerSubject.test(told);
  const isReport = !isAnswer && reportSubjects.some((word) => word.test(told));
  // A report expects no answer, so its sender is empty (RFC 5321 section 4.5.5); so is that of people's automatic
  // answers.
  const isFromNobody = header('return-path') === '<>' || header('from')?.includes('<>') === true;
  const submitted = (header('auto-submitted') ?? '').toLowerCase();
  const isAutomatic = isFromNobody || (submitted !== '' && !submitted.startsWith('no'));
  const isServer = named(serverNames) || header('from') === '<>';
  if (isServer && (isAutomatic || isReport)) return 'named';
  const isBulk = /\b(bulk|list)\b/i.test(header('precedence') ?? '') || header('list-unsubscribe') !== undefined;
  if (isBulk) return 'no';
  if (isAutomatic && isReport) return 'signs';

  const marks = ['user-agent', 'x-mailer', 'in-reply-to', 'list-id'];
  const isOfProgram = marks.every((name) => header(name) === undefined);
  return isOfProgram && !isAnswer && (isServer || isReport || isFromNobody) ? 'likely' : 'no';
}

/**
 * Whether a mail may be a bounce, by what a poll reads first of every mail: for anyone who reads it only in that case.
 * Both
 * headers as they stand in the mail.
 */
export function mayBeBounce({
  from = '',
  subject = '',
}: {
  readonly from?: string | undefined;
  readonly subject?: string | undefined;
}): boolean {
  const address = /[^\s<>"]+@[^\s<>"]+/.exec(from)?.[0] ?? '';
  const name = from
    .replace(/<[^>]*>\s*$/, '')
    .replace(/^\s*"|"\s*$/g, '')
    .trim();
  return serverMail({ headers: [], from: { name, address }, subject }) !== 'no' || from.trim() === '<>';
}

/** The `report-type` of a multipart/report (RFC 6522); one that names none is taken for a delivery status. */
export function reportType(headers: readonly Header[]): string | undefined {
  const type =
    headers
      .find(({ key }) => key === 'content-type')
      ?.value.slice(0, longestType)
      .toLowerCase() ?? '';
  if (!/^\s*multipart\/report\b/.test(type)) return undefined;
  return /report-type\s*=\s*"?([a-z0-9.-]+)/.exec(type)?.[1] ?? 'delivery-status';
}

const longestType = 2_000;

const localPart = (address: string): string =>
  address
    .toLowerCase()
    .replace(/@[^@]*$/, '')
    .replace(/^"|"$/g, '');
