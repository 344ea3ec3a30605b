import { isUtf8 } from 'node:buffer';
import type { Header } from 'postal-mime';
import { type DecodeWords, recipientsOf, senderOf } from '../../domain/mail/address-list.ts';
import { mailDate } from '../../domain/mail/mail-date.ts';
import type { Address, ReadMessage } from '../../domain/mail/message.ts';
import { messageIdOf, messageIdsOf, repliedToOf, withoutBrackets } from '../../domain/mail/message-ids.ts';
import { oneLine } from './storable.ts';

/** Headers, to be looked at. */
export interface HeaderReader {
  /** The first of this name, as mail programs show it; empty if there is none. */
  first(name: string): string;
  all(name: string): readonly string[];
  readonly decode: DecodeWords;
}

/** @param headers names in lower case, values unfolded and in Unicode */
export function headerReader(headers: readonly Header[], decode: DecodeWords): HeaderReader {
  const all = (name: string) => headers.filter(({ key }) => key === name).map(({ value }) => value);
  return { first: (name) => headers.find(({ key }) => key === name)?.value ?? '', all, decode };
}

/** Who wrote it: of several From headers the first counts. */
export function fromOf({ first, decode }: HeaderReader): Address | undefined {
  const from = senderOf(first('from'), decode);
  return from === undefined ? undefined : shown([from])[0];
}

/** Who stands in one header, or in several of its name. */
export const peopleIn = ({ all, decode }: HeaderReader, name: string): Address[] =>
  shown(all(name).flatMap((header) => recipientsOf(header, decode)));

const shown = (people: readonly Address[]): Address[] =>
  people
    .map(({ name, address }) => ({ name: oneLine(name), address: oneLine(address) }))
    .filter(({ name, address }) => name !== '' || address !== '');

type Fields = Pick<
  ReadMessage,
  'messageId' | 'inReplyTo' | 'references' | 'threadIndex' | 'from' | 'to' | 'cc' | 'bcc' | 'replyTo' | 'date'
>;

/**
 * What the headers say of people, ids and the date.
 * @param messageId the Message-ID that was read first, its bytes as Latin-1
 */
export function fieldsOf(reader: HeaderReader, messageId: string | undefined): Fields {
  const { first, decode } = reader;
  const ids = (name: string) => {
    const header = first(name);
    return header.includes('=?') ? decode(header) : header;
  };
  const from = fromOf(reader);
  const [to, cc, bcc, replyTo] = [
    ...[peopleIn(reader, 'to'), peopleIn(reader, 'cc'), peopleIn(reader, 'bcc'), peopleIn(reader, 'reply-to')],
  ] as const;
  const people = new Set([from, ...to, ...cc, ...bcc, ...replyTo].map((one) => one?.address.toLowerCase()));
  const isPerson = (address: string) => people.has(address.toLowerCase());
  const read = messageId === undefined ? ids('message-id') : fromBytes(messageId);
  const own = messageIdOf(read.includes('=?') ? decode(read) : read);
  const inReplyTo = repliedToOf(ids('in-reply-to'), isPerson);
  // A mail that names itself is no answer to itself.
  const isOther = (id: string) => own === undefined || withoutBrackets(id) !== withoutBrackets(own);
  const threadIndex = beginningOf(first('thread-index'));
  const date = mailDate(first('date'));
  return {
    messageId: own,
    inReplyTo: inReplyTo !== undefined && isOther(inReplyTo) ? inReplyTo : undefined,
    references: messageIdsOf(ids('references'), isPerson).filter(isOther),
    ...(threadIndex === undefined ? {} : { threadIndex }),
    from,
    to,
    cc,
    bcc,
    replyTo,
    date: date === undefined || !isPlausible(date) ? undefined : date,
  };
}

const isPlausible = (date: Date): boolean => date.getTime() > 0 && date.getUTCFullYear() < 10_000;

function fromBytes(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : latin1;
}

/**
 * The first 28 characters of the Thread-Index of an answer: the time of the first mail and 15 of the 16 bytes that name
 * the conversation ([MS-OXOMSG] section 2.2.1.3). Each answer adds five bytes behind them.
 * @returns undefined in the first mail, whose answers name it by its Message-ID
 */
function beginningOf(header: string): string | undefined {
  const text = header.replace(/\s+/g, '');
  // A hundred answers; longer ones are made up.
  if (text.length > 1_000 || !/^[\w+/]{30,}={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes[0] === 1 && bytes.length > 22 && (bytes.length - 22) % 5 === 0 ? text.slice(0, 28) : undefined;
}
